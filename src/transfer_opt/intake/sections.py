"""「断面」 → the sections of rivers, what is agreed about them, and under the settings that hold, who pays whom."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from gmpy2 import mpq

from transfer_opt.core.budget import LARGEST, Budget, Sheet, SheetRow, is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import ONE, exact, exacts, spelled, total
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_number, to_text
from transfer_opt.core.vocabulary import FLOW_RULE, SECTIONS
from transfer_opt.intake.cells import at, word
from transfer_opt.intake.unit_names import Register
from transfer_opt.policy.case import OWN
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.sections import (
    CLASSES,
    COUNTED,
    IN_NEED,
    LIMIT,
    POLLUTANTS,
    TRIAL,
    Flows,
    Section,
    Terms,
    weight_of,
)
from transfer_opt.policy.settings import Settings
from transfer_opt.workbook.input.section_columns import BASE, FOUND

BETWEEN = "、"
"""Between the counties downstream, and between their shares."""
CHANGE = "指标变化"
MOST_CHANGE = 10.0
"""No pollutant grows to more than eleven times itself: -4 for -4% is found."""
_CLASS_WORDS: Mapping[str, int] = {
    word: at
    for at, words in enumerate(
        (
            ("I", "1", "一"),
            ("II", "2", "二"),
            ("III", "3", "三"),
            ("IV", "4", "四"),
            ("V", "5", "五"),
        )
    )
    for word in words
} | {"劣V": 5, "劣5": 5, "劣五": 5}
_SEPARATORS = str.maketrans(dict.fromkeys(",，;；和", BETWEEN))


def flows_of(spec: ModelSpec, budget: Budget, settings: Settings, unit: mpq) -> Flows | None:
    """Who pays whom of the workbook's sections; None where it has none. The sheet must have passed its checks."""
    sheet = budget.sheets.get(SECTIONS)
    found = read_sections(spec, sheet, settings.recipients)[0] if sheet else ()
    if not found:
        return None
    return Flows(found, terms(settings), exacts(settings.recipients.number(OWN)), unit)


def terms(settings: Settings) -> Terms:
    """What the settings say of all sections."""
    limit = settings.number(FLOW_RULE, LIMIT)
    return Terms(
        tuple(exact(settings.number(FLOW_RULE, weight_of(name))) for name in POLLUTANTS),
        exact(limit) if isfinite(limit) else None,
        settings.text(FLOW_RULE, COUNTED) == "是",
        settings.text(FLOW_RULE, IN_NEED) == "是",
    )


def read_sections(
    spec: ModelSpec, sheet: Sheet, units: Recipients
) -> tuple[tuple[Section, ...], tuple[Problem, ...]]:
    """The sound rows, and what is wrong with the others; a sheet that says nothing has neither."""
    reader = _Reader(sheet, Register(units.code, units.name, spec.former), units)
    rows = [
        row for row in sheet.rows if any(row.values.get(name) is not None for name in sheet.letters)
    ]
    found = [section for row in rows if (section := reader.section(row))]
    return tuple(found), tuple(reader.problems)


class _Reader:
    """The rows of the sheet, one by one; what is wrong is added to `problems`."""

    def __init__(self, sheet: Sheet, register: Register, units: Recipients) -> None:
        self.sheet, self.problems = sheet, list[Problem]()
        self._register, self._units = register, units
        self._seen: dict[str, int] = {}

    def section(self, row: SheetRow) -> Section | None:
        """What the row says; None where something in it is wrong, which is told."""
        before = len(self.problems)
        name, upstream = self._name(row), self._county(row, "上游", word(row, "上游"))
        downstream = self._downstream(row, upstream)
        shares = self._shares(row, len(downstream))
        target, actual = self._class(row, "目标类别"), self._class(row, "实际类别")
        per_class, per_percent = self._money(row, "每级金额"), self._money(row, "每1%金额")
        most = None if row.values.get("指标上限") is None else self._money(row, "指标上限")
        changes = self._changes(row, needed=per_percent > 0)
        basis = to_text(row.values.get("依据"))
        if word(row, "依据") == TRIAL:
            basis = TRIAL
        elif not normalise(basis):
            self._tell(
                row, "依据", "E389", "没有协议文号，不计入。", "填协议文号；要试算请写「试算」。"
            )
        if len(self.problems) > before or upstream is None:
            return None
        return Section(
            name,
            upstream,
            downstream,
            shares,
            target,
            actual,
            per_class,
            per_percent,
            most,
            changes,
            basis,
            row.number,
        )  # fmt: skip

    def _name(self, row: SheetRow) -> str:
        shown, name = to_text(row.values.get("断面名称")), word(row, "断面名称")
        if not name:
            self._tell(row, "断面名称", "E383", "空着，不知是哪个断面。", "填断面的名称。")
        elif name in self._seen:
            told = f"与第{self._seen[name]}行是同一个断面，不知以哪个为准。"
            self._tell(row, "断面名称", "E383", told, "删去其中一行，或改名。")
        self._seen.setdefault(name, row.number)
        return shown

    def _downstream(self, row: SheetRow, upstream: int | None) -> tuple[int, ...]:
        """The counties downstream, each once and none the one upstream."""
        words = [part for part in self._parts(row, "下游") if part] or [""]
        found = [place for word in words if (place := self._county(row, "下游", word)) is not None]
        if upstream in found:
            told = f"上游与下游同为{self._units.name[upstream]}。"
            self._tell(row, "下游", "E384", told, "改正上游或下游。")
        elif len(set(found)) < len(found):
            self._tell(row, "下游", "E384", "同一个县区写了两次。", "删去重复的一个。")
        return tuple(found)

    def _county(self, row: SheetRow, column: str, word: str) -> int | None:
        place = self._register.find(word, word).place if word else None
        if place is None:
            self._tell(
                row,
                column,
                "E384",
                f"「县区数据」里没有{word or '这个县区'}。" if word else "未填写。",
                did_you_mean(word, self._units.name) if word else "填县区的全称。",
            )
        return place

    def _shares(self, row: SheetRow, count: int) -> tuple[mpq, ...]:
        """What part each county downstream pays or gets."""
        column, value = "分担比例", row.values.get("分担比例")
        if value is None and count < 2:
            return (ONE,) * count
        if value is None:
            told = f"下游有 {count} 个县区，没有写各自的比例。"
            self._tell(row, column, "E385", told, "按下游的次序写成「60%、40%」。")
            return ()
        typed = [float(value)] if is_number(value) else map(to_number, self._parts(row, column))
        found = [exact(number) for number in typed if number is not None and 0 <= number <= 1]
        if len(found) != count or not is_number(value) and len(self._parts(row, column)) != count:
            told = f"应是与下游同样多（{count} 个）、0% 至 100% 的比例。"
            self._tell(row, column, "E385", told, "按下游的次序写成「60%、40%」。")
        elif total(found) != ONE:
            told = f"合计 {spelled(total(found) * 100)}%，应为 100%。"
            self._tell(row, column, "E385", told, "改正各个比例。")
        return tuple(found)

    def _class(self, row: SheetRow, column: str) -> int:
        text = word(row, column)
        found = _CLASS_WORDS.get(text.removesuffix("类"))
        if found is None:
            self._tell(
                row,
                column,
                "E386",
                "不认识这个水质类别。" if text else "未填写。",
                f"填 {'、'.join(CLASSES)} 之一。",
            )
        return found or 0

    def _money(self, row: SheetRow, column: str) -> mpq:
        value = row.values.get(column)
        if is_number(value) and 0 <= value <= LARGEST:
            return exact(float(value))
        told = "未填写。" if value is None else "不是不小于 0 的金额。"
        self._tell(row, column, "E387", told, "填金额，没有约定的写 0。")
        return exact(0)

    def _changes(self, row: SheetRow, *, needed: bool) -> tuple[mpq, ...]:
        """By how much the pollutants changed: from the six concentrations, or as it is typed."""
        columns = [f"{name}{when}" for name in POLLUTANTS for when in (BASE, FOUND)]
        typed, given = row.values.get(CHANGE), [c for c in columns if row.values.get(c) is not None]
        if typed is not None and given:
            told = "与各项浓度只能填一种，不知以哪个为准。"
            self._tell(row, CHANGE, "E388", told, "删去「指标变化」，或删去各项浓度。")
        elif typed is not None:
            return self._typed_change(row)
        elif given:
            return self._measured(row)
        elif needed:
            told = "填了每1%金额，没有填指标变化或各项浓度。"
            self._tell(row, CHANGE, "E388", told, "填六个浓度或指标变化；没有变化写 0。")
        return ()

    def _typed_change(self, row: SheetRow) -> tuple[mpq, ...]:
        value = row.values.get(CHANGE)
        if is_number(value) and -1 <= value <= MOST_CHANGE:
            return (exact(float(value)),)
        meant = f"要 {value:g}%，写 {value:g}%。" if is_number(value) else "写成 -4% 或 -0.04。"
        self._tell(row, CHANGE, "E388", f"不是 -100% 至 {MOST_CHANGE * 100:g}% 的比例。", meant)
        return ()

    def _measured(self, row: SheetRow) -> tuple[mpq, ...]:
        pairs = []
        for name in POLLUTANTS:
            pair = [self._concentration(row, f"{name}{when}", when) for when in (BASE, FOUND)]
            pairs.append(pair)
        if any(value is None for pair in pairs for value in pair):
            return ()
        return tuple((now - base) / base for base, now in pairs)  # type: ignore[operator]

    def _concentration(self, row: SheetRow, column: str, when: str) -> mpq | None:
        value, least = row.values.get(column), "大于 0" if when == BASE else "不小于 0"
        if is_number(value) and (value > 0 or value == 0 and when != BASE) and value <= LARGEST:
            return exact(float(value))
        told = "未填写。" if value is None else f"不是{least}的浓度。"
        self._tell(row, column, "E388", told, "六个浓度都要填，或都留空、只填指标变化。")
        return None

    def _parts(self, row: SheetRow, column: str) -> list[str]:
        return word(row, column).translate(_SEPARATORS).split(BETWEEN)

    def _tell(self, row: SheetRow, column: str, code: str, message: str, remedy: str) -> None:
        self.problems.append(at(self.sheet, row, column, code, message, remedy))
