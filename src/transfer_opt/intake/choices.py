"""The sheets 「约束参数」 and 「方案」 → changes to the model's rules, with every problem found on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from types import MappingProxyType

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.errors import Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_number, to_text
from transfer_opt.core.vocabulary import (
    BASELINE,
    GIVEN_RULE,
    GIVEN_TOTAL_RULE,
    HARD,
    NO,
    POOL_AMOUNT,
    POOLS,
    RULES,
    SCENARIOS,
    SOFT,
    WEIGHTS,
    YES,
)
from transfer_opt.intake.row_reader import RowReader
from transfer_opt.intake.signatures import signature_problems, unsigned
from transfer_opt.intake.switches import disagreeing_switches
from transfer_opt.policy.admissible import changed_amount, wrong_text
from transfer_opt.policy.factor_weights import WITHIN
from transfer_opt.policy.given import is_bound
from transfer_opt.policy.model import (
    Change,
    ModelSpec,
    ParameterSpec,
    RuleSpec,
    ScenarioSpec,
    Setting,
)
from transfer_opt.policy.recipients import Recipients

SWITCHES = ("启用", "刚性", "优先级")
"""What a scenario may say of a rule in the place of a parameter."""
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
        problems += disagreeing_switches(spec, rules.name, changes)
    if weights := sheets.get(WEIGHTS):
        changes += _weights(spec, weights, recipients, changes, problems)
    scenarios = None
    if overlay:
        reader = _Reader(spec, overlay, recipients, problems, pools_given(spec, sheets))
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


def pools_given(spec: ModelSpec, sheets: Mapping[str, Sheet]) -> dict[str, float]:
    """Fund → 本年总额 as 「资金总额」 gives it."""
    rows = sheets[POOLS].rows if POOLS in sheets else ()
    return {
        fund.name: float(amount)
        for row in rows
        if (fund := spec.fund(normalise(to_text(row.values.get("资金")))))
        and isinstance(amount := row.values.get(POOL_AMOUNT), float | int)
    }


def _weights(
    spec: ModelSpec,
    sheet: Sheet,
    recipients: Recipients,
    others: Sequence[Change],
    problems: list[Problem],
) -> Iterator[Change]:
    """「因素权重」, read as rows of one rule whose parameters are the factors."""
    found: list[Problem] = []
    same = {"参数": "因素", "取值": "权重"}
    as_rule = replace(
        sheet,
        letters={
            name: sheet.letters[of]
            for name, of in (*same.items(), ("资金", "资金"))
            if of in sheet.letters
        },
        rows=tuple(_as_rule(row) for row in sheet.rows),
    )
    for change in _Reader(spec, as_rule, recipients, found).changes():
        if any(other.key == change.key and other.value is not None for other in others):
            name = change.parameter
            found.append(
                Problem(
                    "E205",
                    f"{change.fund}的「{name}」在「{RULES}」里也写了一行，不知以哪个为准。",
                    "删去其中一行。",
                    sheet.name,
                )
            )
        yield change
    problems += [
        replace(problem, column=same.get(problem.column, problem.column)) for problem in found
    ]


def _as_rule(row: SheetRow) -> SheetRow:
    """A row of 「因素权重」 as it would stand in 「约束参数」."""
    within = to_text(row.values.get("参数"))
    return SheetRow(
        row.number,
        {
            "规则": WEIGHTS,
            "资金": row.values.get("资金"),
            "参数": to_text(row.values.get("因素")) + (WITHIN + within if within else ""),
            "取值": row.values.get("权重"),
        },
    )


def _moves_pool(change: Change) -> bool:
    """Whether it speaks of this year's 本年总额."""
    return (change.rule, change.parameter) == (POOLS, POOL_AMOUNT)


class _Reader(RowReader):
    """One of the two sheets, row by row."""

    def __init__(
        self,
        spec: ModelSpec,
        sheet: Sheet,
        recipients: Recipients,
        problems: list[Problem],
        pools: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        super().__init__(spec, sheet, recipients, problems)
        self._pools = pools

    def changes(self, column: str = "取值") -> Iterator[Change]:
        """The changes of one value column, each address once; a scenario's switches of a rule, in rows of their own, together."""
        seen: dict[tuple[str, ...], SheetRow] = {}
        found: dict[tuple[str, ...], Change] = {}
        for row, change in self._read(column):
            cell = (*change.key, self.text(row, "参数"))
            if cell in seen:
                self.tell(
                    row,
                    "规则",
                    "E205",
                    f"与第{seen[cell].number}行说的是同一格，不知以哪个为准。",
                    "删去其中一行。",
                )
                continue
            seen[cell] = row
            found[change.key] = change.over(found.get(change.key, change))
        yield from found.values()

    def _read(self, column: str) -> Iterator[tuple[SheetRow, Change]]:
        for row in self.sheet.rows:
            change = self._change(row, column)
            if change is not None and _moves_pool(change) and column != "取值":
                yield from ((row, each) for each in self._amounts(row, column, change))
            elif change is not None:
                yield row, change

    def _amounts(self, row: SheetRow, column: str, typed: Change) -> Iterator[Change]:
        """本年总额 of a fund, or of each of them, as a scenario sets or moves it."""
        assert typed.value is not None, "nothing typed is no change"
        for fund, now in self._pools.items():
            if typed.fund in ("", fund):
                found = changed_amount(typed.value, now)
                if isinstance(found, tuple):
                    self.tell(row, column, "E217", *found)
                    return
                yield replace(typed, fund=fund, value=found)

    def _change(self, row: SheetRow, column: str) -> Change | None:
        rule = self.spec.rules.get(self.text(row, "规则"))
        if rule is None:
            self.unknown(row, "规则", "E201", self.spec.rules)
            return None
        if column != "取值" and self.text(row, "参数") in SWITCHES:
            return self._switched(row, column, rule)
        fund, parameter, place = self.fund(row), self._parameter(row, rule), self.place(row)
        if fund is None or parameter is None or place is None:
            return None
        spec = rule.parameters.get(parameter)
        if rule.name == WEIGHTS and not self._weighs(row, spec, fund):
            return None
        if not self._addressed(row, rule, spec, fund, place):
            return None
        as_typed = column != "取值" and _moves_pool(Change(rule.name, fund, parameter))
        value = self.typed(row, column) if as_typed else self._value(row, column, spec)
        if value is not None and not self._bounds_one(row, rule, parameter, fund, place):
            return None
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
            self._priority(row, "优先级"),
        )
        if rule.fixed and (change.on is False or change.hard is False):
            self._must_hold(row, "启用" if change.on is False else "刚性", rule)
        return change if not rule.fixed else replace(change, on=None, hard=None, priority=None)

    def _switched(self, row: SheetRow, column: str, rule: RuleSpec) -> Change | None:
        """A scenario's word on 启用, 刚性 or 优先级 of a rule."""
        what, fund, place = self.text(row, "参数"), self.fund(row), self.place(row)
        if fund is None or place is None or not self._addressed(row, rule, None, fund, place):
            return None
        change = Change(rule.name, fund, "", place)
        if what == "启用":
            change = replace(change, on=self._switch(row, column, YES, NO))
        elif what == "刚性":
            change = replace(change, hard=self._switch(row, column, HARD, SOFT))
        else:
            change = replace(change, priority=self._priority(row, column))
        if rule.fixed and change != Change(rule.name, fund, "", place):
            self._must_hold(row, column, rule)
            return None
        return change if change != Change(rule.name, fund, "", place) else None

    def _must_hold(self, row: SheetRow, column: str, rule: RuleSpec) -> None:
        self.tell(
            row,
            column,
            "E206",
            f"规则「{rule.name}」必须启用且为硬。",
            "改回「是」「硬」或留空。",
        )

    def _weighs(self, row: SheetRow, spec: ParameterSpec | None, fund: str) -> bool:
        """Whether the row names a factor and a fund that has it."""
        defaults = spec.default if spec else None
        if not isinstance(defaults, Mapping):
            self.tell(row, "参数", "E203", "没有写是哪个因素。", "写明因素，或删去这一行。")
            return False
        if fund not in defaults:
            own = [
                name
                for name, each in self.spec.rules[WEIGHTS].parameters.items()
                if isinstance(each.default, Mapping) and fund in each.default
            ]
            self.tell(
                row,
                "参数" if fund else "资金",
                "E203" if fund else "E202",
                f"{fund}没有这个因素。" if fund else "权重要写明是哪项资金的。",
                did_you_mean(self.text(row, "参数"), own)
                if fund
                else f"填 {'、'.join(defaults)} 之一。",
            )
        return fund in defaults

    def _parameter(self, row: SheetRow, rule: RuleSpec) -> str | None:
        text = self.text(row, "参数")
        if text and text not in rule.parameters:
            self.unknown(row, "参数", "E203", rule.parameters or ("（本规则没有参数，留空）",))
            return None
        return text

    def _addressed(
        self, row: SheetRow, rule: RuleSpec, spec: ParameterSpec | None, fund: str, place: str
    ) -> bool:
        """Whether the rule tells funds and objects apart as the row does."""
        scope = spec.by if spec else rule.by
        if fund and scope in ("recipient", "model"):
            self.tell(row, "资金", "E207", f"规则「{rule.name}」这一项不分资金。", "资金留空。")
            return False
        if place and scope in ("fund", "model"):
            self.tell(row, "对象", "E207", f"规则「{rule.name}」这一项不分对象。", "对象留空。")
            return False
        if place and scope == "prefecture" and place not in self.recipients.prefectures:
            self.tell(row, "对象", "E207", f"规则「{rule.name}」的对象是市州。", "填市州名称。")
            return False
        return True

    def _bounds_one(
        self, row: SheetRow, rule: RuleSpec, parameter: str, fund: str, place: str
    ) -> bool:
        """Whether a bound names what it bounds; other parameters need not."""
        if not is_bound(rule.name, parameter):
            return True
        if not place:
            self.tell(
                row,
                "对象",
                "E204",
                f"规则「{rule.name}」的{parameter}要写明是谁的。",
                "填一个县区；填市州，就是这个市州的合计。",
            )
        elif rule.name == GIVEN_RULE and not fund:
            self.tell(
                row,
                "资金",
                "E202",
                f"规则「{rule.name}」的{parameter}要写明是哪项资金的。",
                f"填资金；各项资金合计的{parameter}，用规则「{GIVEN_TOTAL_RULE}」。",
            )
        return bool(place and (fund or rule.name == GIVEN_TOTAL_RULE))

    def _value(self, row: SheetRow, column: str, spec: ParameterSpec | None) -> Setting | None:
        raw = self.typed(row, column)
        if raw is None:
            return None
        if spec is None:
            self.tell(
                row,
                column,
                "E208",
                "没有写参数名，不知这个取值是什么。",
                "在「参数」列写明参数，或清空取值。",
            )
            return None
        if spec.numeric:
            return self.number(row, column, spec, raw)
        text = normalise(raw) if isinstance(raw, str) else f"{raw:g}"
        wrong = wrong_text(spec, text)
        if wrong:
            self.tell(row, column, "E209", wrong[0], wrong[1])
            return None
        return text

    def _switch(self, row: SheetRow, column: str, yes: str, no: str) -> bool | None:
        text = self.text(row, column)
        if text in ("", yes, no):
            return None if not text else text == yes
        self.tell(row, column, "E211", f"只能填「{yes}」或「{no}」。", "改正或留空。")
        return None

    def _priority(self, row: SheetRow, column: str) -> int | None:
        raw = self.typed(row, column)
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
            self.tell(row, column, "E212", "优先级应是 1、2、3 这样的整数。", "改正或留空。")
            return None
        return int(number)
