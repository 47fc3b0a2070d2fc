"""The checks of an input workbook: a tuple of functions, each telling every problem of its kind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from statistics import median

import numpy as np

from transfer_opt.domain import ModelSpec
from transfer_opt.errors import Problem
from transfer_opt.factors import NEED_COLUMNS
from transfer_opt.linear import NOWHERE
from transfer_opt.matching import Found, Register, name_problems
from transfer_opt.requirements import ELIGIBILITY, REQUIRED_SPENDING, Need, burdened, requirements
from transfer_opt.settings import Settings
from transfer_opt.sheets import Budget, Sheet, SheetRow, Value
from transfer_opt.units import CODE, NAME, PREFECTURE, TEXT_COLUMNS, eligible, ordered_rows
from transfer_opt.workbook.columns import SHEETS
from transfer_opt.workbook.reader import total_mismatches
from transfer_opt.workbook.values import normalise

COUNTIES, POOLS, BOUNDS = "县区数据", "资金总额", "县区上下限"
LARGEST = 1e13
FAR = 1000.0
"""A positive value this many times above or below the median is questioned."""
MAY_BE_NEGATIVE = ("可用财力",)
POSITIVE = ("常住人口", "标准财政支出")
EXACT_CHOICES = {"功能区类型": ("国家重点生态功能区", "省级重点生态功能区", "禁止开发区"),
                 "生态考核结果": ("变好", "基本稳定", "变差")}


@dataclass(frozen=True)
class Draft:
    """What the checks look at: sheets read, settings resolved, nothing computed yet."""

    spec: ModelSpec
    budget: Budget
    settings: Settings
    objective: tuple[str, ...]

    @property
    def counties(self) -> Sheet:
        """The sheet 「县区数据」."""
        return self.budget.sheets[COUNTIES]

    @property
    def pools(self) -> Sheet:
        """The sheet 「资金总额」."""
        return self.budget.sheets[POOLS]

    def value(self, row: SheetRow, column: str) -> Value:
        """A cell with the model's spelling aliases applied."""
        raw = row.values.get(column)
        return self.spec.value_aliases.get(column, {}).get(str(raw), raw)


def structure(budget: Budget) -> tuple[Problem, ...]:
    """Sheets and columns without which nothing else can be checked."""
    problems = []
    for name, columns in ((COUNTIES, (NAME, PREFECTURE)), (POOLS, ("资金", "本年总额"))):
        sheet = budget.sheets.get(name)
        if sheet is None:
            problems.append(Problem("E301", f"工作簿里没有工作表「{name}」。", "补上这张表；用 transfer-opt init 可生成模板。", name))
            continue
        headless = [note for note in sheet.notes if note.code == "E121"]
        if headless:
            problems += headless
            continue
        problems += [Problem("E302", "缺少这一列。", "补上这一列，或用 --rename 列=标准列 指明。", name, column=column)
                     for column in columns if column not in sheet.letters]
        if not sheet.rows:
            problems.append(Problem("E303", "没有数据行。", "至少填一行。", name))
    return tuple(problems)


def all_problems(draft: Draft) -> tuple[Problem, ...]:
    """Every problem and warning of a workbook whose structure is sound, each once."""
    notes = [note for sheet in draft.budget.sheets.values() for note in sheet.notes]
    return tuple(dict.fromkeys([*notes, *(problem for check in CHECKS for problem in check(draft))]))


def names_complete(draft: Draft) -> Iterator[Problem]:
    """Every row has a name, a prefecture and, where the sheet has the column, a code; none twice."""
    sheet = draft.counties
    for column in (NAME, PREFECTURE, CODE):
        if column not in sheet.letters:
            continue
        for row in sheet.rows:
            if not str(row.values.get(column, "")):
                yield _at(sheet, row, column, "E304", "空着，这一行的数字不知是谁的。", "填上，或删去这一行。")
    for column in (NAME, CODE):
        seen: dict[str, SheetRow] = {}
        for row in sheet.rows:
            key = normalise(str(row.values.get(column, "")))
            if key and key in seen:
                yield _at(sheet, row, column, "E305", f"与第{seen[key].number}行重复。", "改正，或删去其中一行。")
            seen.setdefault(key, row)


def amounts_valid(draft: Draft) -> Iterator[Problem]:
    """Amounts in the known numeric columns are finite numbers ≥ 0, not absurdly large."""
    for name, sheet in draft.budget.sheets.items():
        for column in _amount_columns(draft, name):
            if column in sheet.letters:
                for row in sheet.rows:
                    yield from _amount_problem(sheet, row, column)


def needs_met(draft: Draft) -> Iterator[Problem]:
    """A switched-on rule has its data: the column is there, and a value in every row it speaks of."""
    for need in requirements(draft.spec, draft.settings, draft.objective, draft.counties.letters):
        if need.column not in draft.counties.letters:
            yield Problem("E310", f"{need.reason}需要这一列，表里没有。", f"补上这一列；或{need.way_out}", COUNTIES, column=need.column)
        elif need.column not in TEXT_COLUMNS:
            yield from _blanks(draft, need)


def words_known(draft: Draft) -> Iterator[Problem]:
    """功能区类型 and 生态考核结果 use the words the formulas know."""
    sheet = draft.counties
    for column, allowed in EXACT_CHOICES.items():
        for row in sheet.rows:
            value = draft.value(row, column)
            if value is not None and value not in allowed:
                yield _at(sheet, row, column, "E311", "不认识这个写法。", f"填「{'」「'.join(allowed)}」之一，没有的留空。")


def pools_valid(draft: Draft) -> Iterator[Problem]:
    """Every fund is one the model knows, once, with an amount; a pool below last year's is questioned."""
    sheet = draft.pools
    seen: dict[str, SheetRow] = {}
    for row in sheet.rows:
        text = normalise(str(row.values.get("资金", "")))
        fund = draft.spec.fund(text)
        if fund is None:
            known = "、".join(f.name for f in draft.spec.funds)
            yield _at(sheet, row, "资金", "E320", "模型里没有这项资金。" if text else "空着。",
                      f"填 {known} 之一，或用 --model 指定含有它的模型文件。")
            continue
        if fund.name in seen:
            yield _at(sheet, row, "资金", "E321", f"与第{seen[fund.name].number}行重复。", "合并成一行。")
        seen[fund.name] = row
        if row.values.get("本年总额") is None:
            yield _at(sheet, row, "本年总额", "E322", "空着。", "填本年总额。")
        yield from _against_last_year(draft, row, fund.name)


def revenue_under_need(draft: Draft) -> Iterator[Problem]:
    """标准财政收入 of 0 with something to pay makes the burden infinite."""
    column = "标准财政收入"
    for fund, way_out in burdened(draft.spec, draft.settings):
        members = eligible(draft.settings, fund)
        for row, takes_part in zip(ordered_rows(draft.counties), members, strict=True):
            if takes_part and row.values.get(column) == 0 and _must_spend(row):
                yield _at(draft.counties, row, column, "E312", "为 0，无法计算困难程度（必保支出÷标准财政收入）。",
                          f"填实际的标准财政收入；或{way_out}")


def _must_spend(row: SheetRow) -> bool:
    columns = (REQUIRED_SPENDING,) if row.values.get(REQUIRED_SPENDING) is not None else NEED_COLUMNS
    return any(_positive(row, column) for column in columns)


def far_values(draft: Draft) -> Iterator[Problem]:
    """Positive values 1,000 times above or below the column's median are questioned: often a wrong unit."""
    sheet = draft.counties
    columns = [c.for_fund(f.name) for c in SHEETS[COUNTIES] if c.kind == "number" and c.measure in ("金额", "人")
               for f in draft.spec.funds]
    for column in dict.fromkeys(columns):
        cells = [(row, value) for row in sheet.rows if (value := _positive(row, column))]
        middle = median(value for _, value in cells) if len(cells) > 2 else 0.0
        for row, value in cells:
            if middle and not middle / FAR < value < middle * FAR:
                yield _at(sheet, row, column, "W340", f"与本列中位数 {middle:,.12g} 相差 1000 倍以上。", "核对数字和单位。")


def advance_far_from_last_year(draft: Draft) -> Iterator[Problem]:
    """An advance 1,000 times above or below last year's amount is questioned."""
    for fund in draft.settings.funds:
        for row in draft.counties.rows:
            last, value = _positive(row, f"上年{fund}"), _positive(row, f"提前下达{fund}")
            if last and value and not last / FAR < value < last * FAR:
                yield _at(draft.counties, row, f"提前下达{fund}", "W341", f"与上年 {last:,.12g} 相差 1000 倍以上。", "核对数字和单位。")


def own_without_transfers(draft: Draft) -> Iterator[Problem]:
    """可用财力 should not already contain last year's transfers."""
    both = [(own, revenue + sum(_positive(row, f"上年{fund}") for fund in draft.settings.funds))
            for row in draft.counties.rows
            if (own := _positive(row, "可用财力")) and (revenue := _positive(row, "标准财政收入"))]
    if sum(own >= total for own, total in both) * 2 > len(draft.counties.rows):
        yield Problem("W342", "半数以上县区的可用财力，不小于标准财政收入加上年各项资金，可能已把上年的转移支付算了进去。",
                      "可用财力不应含本表所列资金的上年数。", COUNTIES, column="可用财力")


def zones_in_question(draft: Draft) -> Iterator[Problem]:
    """Units with protected area but without a zone type take no part in the ecology fund: is that meant?"""
    for position, fund in enumerate(draft.settings.funds):
        subject = draft.settings.by_fund()[position : position + 1]
        if draft.settings.texts("资格", "仅功能区", subject)[0] == "是":
            names = [str(row.values.get(NAME, "")) for row in ordered_rows(draft.counties)
                     if _positive(row, "禁止开发区面积") and not row.values.get("功能区类型")]
            if names:
                yield Problem("W343", f"有禁止开发区面积而没有功能区类型，不参加{fund}分配：{'、'.join(names)}。",
                              "核对功能区类型；要让它们参加，把「资格」·仅功能区改为「含禁止开发」。", COUNTIES, column="功能区类型")


def bounds_valid(draft: Draft) -> Iterator[Problem]:
    """Each row of 「县区上下限」 names a line that exists, once, with a reason, and its floor is not above its cap."""
    sheet = draft.budget.sheets.get(BOUNDS)
    seen: dict[tuple[int, int], SheetRow] = {}
    units = register(draft.spec, draft.settings)
    for row in sheet.rows if sheet else ():
        assert sheet is not None
        fund, found = bound_line(draft.spec, draft.settings, row, units)
        place = found.place
        if fund is None:
            yield _at(sheet, row, "资金", "E330", "不是「资金总额」里的资金。", "填资金全称。")
        if place is None:
            column = NAME if row.values.get(NAME) else CODE
            yield _at(sheet, row, column, "E331", "「县区数据」里没有这个县区。", "核对代码和名称。")
        elif found.clash or not found.exact:
            yield _spelling(sheet, row, found, str(draft.settings.recipients.name[place]))
        if not row.values.get("理由"):
            yield _at(sheet, row, "理由", "E332", "没有写理由。", "写明依据，结果表会原样列出。")
        if fund is None or place is None:
            continue
        if not eligible(draft.settings, fund)[place]:
            yield _at(sheet, row, "资金", "E333", "这个县区不参加该项资金的分配。", "删去这一行，或改「资格」。")
        if (fund, place) in seen:
            yield _at(sheet, row, NAME, "E334", f"与第{seen[fund, place].number}行说的是同一笔。", "合并成一行。")
        seen[fund, place] = row
        low, high = row.values.get("下限"), row.values.get("上限")
        if _is_number(low) and _is_number(high) and low > high:  # type: ignore[operator]
            yield _at(sheet, row, "下限", "E335", "大于上限。", "改正其中一个。")


def _spelling(sheet: Sheet, row: SheetRow, found: Found, name: str) -> Problem:
    column = NAME if row.values.get(NAME) else CODE
    if found.clash:
        return _at(sheet, row, column, "E336", f"与代码不是同一个县区，代码是「{name}」的。", "改正代码或名称。")
    return _at(sheet, row, column, "W347", f"按「{name}」处理。", "如不正确，请写「县区数据」里的代码和名称。")


def spellings(draft: Draft) -> Iterator[Problem]:
    """Units under two spellings, former names, what looks like no name or code."""
    return name_problems(draft.counties, draft.spec.former)


def funds_listed(draft: Draft) -> Iterator[Problem]:
    """Funds that 「县区数据」 speaks of are listed in 「资金总额」."""
    sheet = draft.counties
    for fund in draft.spec.funds:
        for column in (f"上年{fund.name}", f"提前下达{fund.name}"):
            if fund.name not in draft.settings.funds and column in sheet.letters and _paid(sheet, column):
                yield Problem("W348", f"「{POOLS}」没有{fund.name}这一行，今年不分配这项资金。", "要分配就在「资金总额」补上。",
                              sheet.name, f"{sheet.letters[column]}{sheet.rows[0].number - 1}", column)


def _paid(sheet: Sheet, column: str) -> bool:
    return any(_positive(row, column) for row in sheet.rows)


def someone_eligible(draft: Draft) -> Iterator[Problem]:
    """A fund has somebody to go to."""
    needed = {need.column for need in requirements(draft.spec, draft.settings, draft.objective, draft.counties.letters)}
    missing = needed - {*draft.counties.letters}
    for position, fund in enumerate(draft.settings.funds):
        if not missing & {*chain(*ELIGIBILITY.values())} and not eligible(draft.settings, position).any():
            yield Problem("E323", f"没有一个县区符合{fund}的分配资格。", "核对标准收支、功能区类型，或改「约束参数」里的「资格」。", COUNTIES)


def columns_named(draft: Draft) -> Iterator[Problem]:
    """Columns that parameters name exist."""
    letters = {*draft.counties.letters, "全省"}
    for rule, keys in (("保障水平下限", ("分组列",)), ("位次不逆转", ("分组列",))):
        for key in keys:
            column = draft.settings.text(rule, key)
            if column not in letters and draft.settings.on_anywhere(rule):
                yield Problem("E313", f"规则「{rule}」·{key}写的列「{column}」，表里没有。", "改成表里有的列名，或写「全省」。", COUNTIES)
    for position, fund in enumerate(draft.settings.funds):
        if draft.settings.on_anywhere("财力薄弱倾斜", position):
            subject = draft.settings.by_fund()[position : position + 1]
            column, _, values = draft.settings.texts("财力薄弱倾斜", "组别", subject)[0].partition("=")
            listed = [value.strip() for value in values.split("、")]
            if values and column in letters and not np.isin(draft.settings.recipients.groups(column), listed).any():
                yield Problem("E315", f"规则「财力薄弱倾斜」（{fund}）·组别「{column}={values}」在表里一个县也没有。",
                              "核对写法，几个取值之间用顿号。", COUNTIES, column=column)
            elif values and column not in letters:
                yield Problem("E313", f"规则「财力薄弱倾斜」（{fund}）·组别写的列「{column}」，表里没有。", "改成表里有的列名。", COUNTIES)


def unit_said(draft: Draft) -> Iterator[Problem]:
    """The workbook says its money unit."""
    if not any(sheet.unit for sheet in draft.budget.sheets.values()):
        yield Problem("W344", "没有写明金额单位，按万元处理。", "在标题下面写「单位：万元」（或元、亿元）。", COUNTIES)


def totals_agree(draft: Draft) -> Iterator[Problem]:
    """小计 and 合计 rows agree with the rows they add up."""
    for sheet in draft.budget.sheets.values():
        if sheet.name in (COUNTIES, POOLS):
            amounts = [column for column in sheet.letters if any(_is_number(row.values.get(column)) for row in sheet.rows)]
            yield from total_mismatches(sheet, amounts)


CHECKS = (
    names_complete, spellings, amounts_valid, funds_listed, words_known, pools_valid, needs_met, revenue_under_need, someone_eligible,
    columns_named,
    bounds_valid, unit_said, totals_agree, far_values, advance_far_from_last_year, own_without_transfers,
    zones_in_question,
)


def bound_line(spec: ModelSpec, settings: Settings, row: SheetRow, units: Register) -> tuple[int | None, Found]:
    """The fund and recipient a row of 「县区上下限」 speaks of."""
    fund = spec.fund(normalise(str(row.values.get("资金", ""))))
    known = fund is not None and fund.name in settings.funds
    found = units.find(str(row.values.get(CODE, "")), str(row.values.get(NAME, "")))
    return (settings.funds.index(fund.name) if fund is not None and known else None), found


def register(spec: ModelSpec, settings: Settings) -> Register:
    """The units of 「县区数据」, to be found by any spelling."""
    return Register(settings.recipients.code, settings.recipients.name, spec.former)


def _amount_columns(draft: Draft, sheet: str) -> list[str]:
    """The columns of a sheet that must hold amounts wherever they hold anything."""
    if sheet not in (COUNTIES, POOLS, BOUNDS):
        return []
    known = [c.for_fund(f.name) for c in SHEETS[sheet] if c.kind == "number" for f in draft.spec.funds]
    used = [draft.settings.text("保障水平最大化", key) for key in ("需求列", "财力列", "分母列")]
    return sorted({*known, *(used if sheet == COUNTIES else ())})


def _blanks(draft: Draft, need: Need) -> Iterator[Problem]:
    sheet, units = draft.counties, draft.settings.recipients
    members = eligible(draft.settings, need.fund) if need.fund != NOWHERE and need.eligible_only else None
    for position, row in enumerate(ordered_rows(sheet)):
        if row.values.get(need.column) is None and (members is None or members[position]) and len(units):
            hint = "上年没有得到的填 0；" if need.column.startswith("上年") else "填上数字；"
            yield _at(sheet, row, need.column, "E314", f"空着，{need.reason}需要它。", f"{hint}或{need.way_out}")


def _amount_problem(sheet: Sheet, row: SheetRow, column: str) -> Iterator[Problem]:
    value = row.values.get(column)
    if value is None:
        return
    if not _is_number(value):
        yield _at(sheet, row, column, "E102", "不是数字。", f"填写数字{_measured(sheet, column)}。")
    elif not math.isfinite(value) or abs(value) > LARGEST:  # type: ignore[arg-type]
        yield _at(sheet, row, column, "E103", "大得不可能。", "核对数字和单位。")
    elif value < 0 and column not in MAY_BE_NEGATIVE:  # type: ignore[operator]
        yield _at(sheet, row, column, "E104", "不能是负数。", "改正，没有的填 0。")
    elif value <= 0 and column in POSITIVE:  # type: ignore[operator]
        yield _at(sheet, row, column, "E105", "必须大于 0。", "填实际数字。")


def _against_last_year(draft: Draft, row: SheetRow, fund: str) -> Iterator[Problem]:
    now, then = row.values.get("本年总额"), row.values.get("上年总额")
    if not (_is_number(now) and _is_number(then)):
        return
    if now < then:  # type: ignore[operator]
        yield _at(draft.pools, row, "本年总额", "W345", f"少于上年总额 {then:,.12g}。", "核对；确实减少时，上年保底可能做不到。")
    listed = math.fsum(min(_positive(county, f"上年{fund}"), 2 * LARGEST) for county in draft.counties.rows)
    other = row.values.get("州本级及其他")
    if f"上年{fund}" in draft.counties.letters and round(listed - float(then), 6) and not _is_number(other):  # type: ignore[arg-type]
        yield _at(draft.pools, row, "上年总额", "W346", f"与「县区数据」上年{fund}各县之和 {listed:,.12g} 不一致。",
                  "核对；差额若属州本级，可以不管。")


def _measured(sheet: Sheet, column: str) -> str:
    known = {c.name: c.measure for c in SHEETS.get(sheet.name, ())}
    measure = known.get(column, "金额" if column.startswith(("上年", "提前下达")) else "")
    return f"，单位{sheet.unit or '万元'}" if measure == "金额" else ""


def _at(sheet: Sheet, row: SheetRow, column: str, code: str, message: str, remedy: str) -> Problem:
    value = row.values.get(column)
    shown = "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)
    return Problem(code, message, remedy, sheet.name, sheet.cell(row, column), column, shown)


def _positive(row: SheetRow, column: str) -> float:
    """The cell's value where it is a positive number, else 0 (there is nothing to compare)."""
    value = row.values.get(column)
    return float(value) if _is_number(value) and value > 0 else 0.0  # type: ignore[operator,arg-type]


def _is_number(value: Value) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def warnings_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that do not stop the work."""
    return tuple(problem for problem in problems if problem.is_warning)


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that stop the work."""
    return tuple(problem for problem in problems if not problem.is_warning)
