"""The sheets 「约束参数」 and 「方案」 → changes to the model's rules, with every problem found on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.errors import Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_number, to_text
from transfer_opt.core.vocabulary import BASELINE, HARD, NO, RULES, SCENARIOS, SOFT, YES
from transfer_opt.intake.signatures import signature_problems, unsigned
from transfer_opt.intake.unit_names import Register
from transfer_opt.policy.admissible import wrong_number, wrong_text
from transfer_opt.policy.case import Recipients
from transfer_opt.policy.model import (
    Change,
    ModelSpec,
    ParameterSpec,
    RuleSpec,
    ScenarioSpec,
    Setting,
)
from transfer_opt.workbook.input.totals import same_prefecture

ADDRESS_COLUMNS = ("规则", "资金", "参数", "对象")


@dataclass(frozen=True)
class Choices:
    """What the two sheets say: the workbook's own changes, its scenarios (None: the model's), and the problems."""

    changes: tuple[Change, ...]
    scenarios: tuple[ScenarioSpec, ...] | None
    problems: tuple[Problem, ...]


def read_choices(spec: ModelSpec, sheets: Mapping[str, Sheet], recipients: Recipients) -> Choices:
    """Read both sheets; nothing is dropped silently."""
    problems: list[Problem] = []
    given = [sheets.get(name) for name in (RULES, SCENARIOS)]
    rules, overlay = map(unsigned, given)
    problems += [problem for sheet in given for problem in signature_problems(sheet)]
    changes = list(_Reader(spec, rules, recipients, problems).changes()) if rules else []
    if rules:
        problems += _disagreeing_switches(spec, rules.name, changes)
    scenarios = None
    if overlay:
        reader = _Reader(spec, overlay, recipients, problems)
        names = [
            name for name in overlay.letters if name not in (*ADDRESS_COLUMNS, "依据条款", "说明")
        ]
        scenarios = tuple(ScenarioSpec(name, tuple(reader.changes(name))) for name in names)
        if any(scenario.name == BASELINE and scenario.changes for scenario in scenarios):
            problems.append(
                Problem(
                    "E222",
                    f"「{BASELINE}」是工作簿的现状，这一列不能有取值。",
                    "把取值写进「约束参数」，或给这一列另起方案名。",
                    overlay.name,
                    column=BASELINE,
                )
            )
    return Choices(tuple(changes), scenarios, tuple(dict.fromkeys(problems)))


class _Reader:
    """One of the two sheets, row by row."""

    def __init__(
        self, spec: ModelSpec, sheet: Sheet, recipients: Recipients, problems: list[Problem]
    ) -> None:
        self._spec, self._sheet, self._recipients, self._problems = (
            spec,
            sheet,
            recipients,
            problems,
        )

    def changes(self, column: str = "取值") -> Iterator[Change]:
        """The changes of one value column, each address once."""
        seen: dict[tuple[str, ...], SheetRow] = {}
        for row in self._sheet.rows:
            change = self._change(row, column)
            if change is None:
                continue
            if change.key in seen:
                self._tell(
                    row,
                    "规则",
                    "E205",
                    f"与第{seen[change.key].number}行说的是同一格，不知以哪个为准。",
                    "删去其中一行。",
                )
                continue
            seen[change.key] = row
            yield change

    def _change(self, row: SheetRow, column: str) -> Change | None:
        rule = self._spec.rules.get(self._text(row, "规则"))
        if rule is None:
            self._unknown(row, "规则", "E201", self._spec.rules)
            return None
        fund, parameter, place = self._fund(row), self._parameter(row, rule), self._object(row)
        if fund is None or parameter is None or place is None:
            return None
        spec = rule.parameters.get(parameter)
        if not self._addressed(row, rule, spec, fund, place):
            return None
        value = self._value(row, column, spec)
        if column != "取值":
            return None if value is None else Change(rule.name, fund, parameter, place, value)
        change = Change(
            rule.name,
            fund,
            parameter,
            place,
            value,
            self._switch(row, "启用", YES, NO),
            self._switch(row, "刚性", HARD, SOFT),
            self._priority(row),
        )
        if rule.fixed and (change.on is False or change.hard is False):
            self._tell(
                row,
                "启用" if change.on is False else "刚性",
                "E206",
                f"规则「{rule.name}」必须启用且为硬。",
                "改回「是」「硬」或留空。",
            )
        return change if not rule.fixed else replace(change, on=None, hard=None, priority=None)

    def _fund(self, row: SheetRow) -> str | None:
        text = self._text(row, "资金")
        if text in ("", "全部"):
            return ""
        fund = self._spec.fund(text)
        if fund is None:
            self._unknown(
                row, "资金", "E202", [name for f in self._spec.funds for name in (f.name, f.short)]
            )
        return fund.name if fund else None

    def _parameter(self, row: SheetRow, rule: RuleSpec) -> str | None:
        text = self._text(row, "参数")
        if text and text not in rule.parameters:
            self._unknown(row, "参数", "E203", rule.parameters or ("（本规则没有参数，留空）",))
            return None
        return text

    def _object(self, row: SheetRow) -> str | None:
        text = self._text(row, "对象")
        if text in ("", "全部", "全省"):
            return ""
        units = self._recipients
        for names, shown in (
            (units.name, units.name),
            (units.code, units.name),
            (units.prefecture, units.prefecture),
        ):
            for name, found in zip(names, shown, strict=True):
                if name and normalise(name) == text:
                    return str(found)
        meant = self._meant(text)
        if len(meant) == 1:
            self._tell(
                row,
                "对象",
                "W214",
                f"按「{meant[0]}」处理。",
                "如不正确，请写「县区数据」里的名称。",
            )
            return meant[0]
        self._unknown(row, "对象", "E204", [*units.name, *units.prefectures])
        return None

    def _meant(self, text: str) -> list[str]:
        """The units and prefectures a short or former name or a former code may mean."""
        units = self._recipients
        place = Register(units.code, units.name, self._spec.former).find(text, text).place
        prefectures = [
            str(name)
            for name in units.prefectures
            if same_prefecture(text, normalise(name)) or normalise(name).startswith(text)
        ]
        return prefectures + ([] if place is None else [str(units.name[place])])

    def _addressed(
        self, row: SheetRow, rule: RuleSpec, spec: ParameterSpec | None, fund: str, place: str
    ) -> bool:
        """Whether the rule tells funds and objects apart as the row does."""
        scope = spec.by if spec else rule.by
        if fund and scope in ("recipient", "model"):
            self._tell(row, "资金", "E207", f"规则「{rule.name}」这一项不分资金。", "资金留空。")
            return False
        if place and scope in ("fund", "model"):
            self._tell(row, "对象", "E207", f"规则「{rule.name}」这一项不分对象。", "对象留空。")
            return False
        if place and scope == "prefecture" and place not in self._recipients.prefectures:
            self._tell(row, "对象", "E207", f"规则「{rule.name}」的对象是市州。", "填市州名称。")
            return False
        return True

    def _value(self, row: SheetRow, column: str, spec: ParameterSpec | None) -> Setting | None:
        raw = row.values.get(column)
        if raw is None or (isinstance(raw, str) and not normalise(raw)):
            return None
        if spec is None:
            self._tell(
                row,
                column,
                "E208",
                "没有写参数名，不知这个取值是什么。",
                "在「参数」列写明参数，或清空取值。",
            )
            return None
        if spec.numeric:
            return self._number(row, column, spec, raw)
        text = normalise(raw) if isinstance(raw, str) else f"{raw:g}"
        wrong = wrong_text(spec, text)
        if wrong:
            self._tell(row, column, "E209", wrong[0], wrong[1])
            return None
        return text

    def _number(self, row: SheetRow, column: str, spec: ParameterSpec, raw: object) -> float | None:
        number = (
            float(raw)
            if isinstance(raw, float | int) and not isinstance(raw, bool)
            else to_number(str(raw))
        )
        wrong = wrong_number(spec, number)
        if wrong:
            self._tell(row, column, "E209" if number is None else "E210", *wrong)
            return None
        return number

    def _switch(self, row: SheetRow, column: str, yes: str, no: str) -> bool | None:
        text = self._text(row, column)
        if text in ("", yes, no):
            return None if not text else text == yes
        self._tell(row, column, "E211", f"只能填「{yes}」或「{no}」。", "改正或留空。")
        return None

    def _priority(self, row: SheetRow) -> int | None:
        raw = row.values.get("优先级")
        number = (
            raw
            if isinstance(raw, float | int)
            else to_number(str(raw))
            if raw is not None
            else None
        )
        if raw is None:
            return None
        if number is None or not isfinite(number) or number != int(number) or number < 1:
            self._tell(row, "优先级", "E212", "优先级应是 1、2、3 这样的整数。", "改正或留空。")
            return None
        return int(number)

    def _text(self, row: SheetRow, column: str) -> str:
        return normalise(to_text(row.values.get(column)))

    def _unknown(self, row: SheetRow, column: str, code: str, known: Iterable[str]) -> None:
        text = self._text(row, column)
        self._tell(
            row,
            column,
            code,
            f"{column}不认识。" if text else f"{column}不能空着。",
            did_you_mean(text, known),
        )

    def _tell(self, row: SheetRow, column: str, code: str, message: str, remedy: str) -> None:
        value = row.values.get(column)
        self._problems.append(
            Problem(
                code,
                message,
                remedy,
                self._sheet.name,
                self._sheet.cell(row, column),
                column,
                ""
                if value is None
                else f"{value:.12g}"
                if isinstance(value, float)
                else str(value),
            )
        )


def _disagreeing_switches(
    spec: ModelSpec, sheet: str, changes: Sequence[Change]
) -> Iterator[Problem]:
    """启用, 刚性 and 优先级 belong to the rule: rows that speak of the same fund and object must agree."""
    said: dict[tuple[str, ...], object] = {}
    for change in changes:
        by_fund = spec.rules[change.rule].by in ("line", "fund", "prefecture")
        if (
            by_fund
            and change.on is False
            and not change.fund
            and any(
                other.rule == change.rule
                and other.fund
                and other.on
                and other.object == change.object
                for other in changes
            )
        ):
            yield Problem(
                "E213",
                f"规则「{change.rule}」有一行资金留空、启用「否」，另有写明资金的行启用「是」，不知要不要停用。",
                "要全部停用，把写明资金的行也改成「否」；只停用一部分，就不要写资金留空的行。",
                sheet,
            )
        for column, value in (
            ("启用", change.on),
            ("刚性", change.hard),
            ("优先级", change.priority),
        ):
            key = (column, change.rule, change.fund if by_fund else "", change.object)
            if value is not None and said.setdefault(key, value) != value:
                yield Problem(
                    "E213",
                    f"规则「{change.rule}」有几行的「{column}」写得不一样，不知以哪行为准。",
                    f"把同一规则、同一资金各行的「{column}」改成一致。",
                    sheet,
                )
