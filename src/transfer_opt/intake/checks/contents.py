"""What must be there: names, amounts, the columns the rules need, words the formulas know."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain

import numpy as np

from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.budget import LARGEST, Sheet, SheetRow, is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import (
    BOUNDS,
    CODE,
    COUNTIES,
    NAME,
    POOLS,
    PREFECTURE,
    WARNING_LEVEL,
)
from transfer_opt.intake.cells import at
from transfer_opt.intake.checks.subject import Draft, Sheets, positive
from transfer_opt.intake.recipients import TEXT_COLUMNS, eligible, ordered_rows
from transfer_opt.intake.requirements import (
    ELIGIBILITY,
    REQUIRED_SPENDING,
    WRITE,
    Needed,
    burdened,
    requirements,
)
from transfer_opt.intake.unit_names import name_problems
from transfer_opt.policy.admissible import TOO_LARGE
from transfer_opt.policy.factors import NEED_COLUMNS
from transfer_opt.policy.warning_levels import LEVELS
from transfer_opt.workbook.input.columns import SHEETS

MAY_BE_NEGATIVE = tuple(column.name for column in SHEETS[COUNTIES] if column.signed)
POSITIVE = ("常住人口", "标准财政支出")
EXACT_CHOICES = {
    "功能区类型": ("国家重点生态功能区", "省级重点生态功能区", "禁止开发区"),
    "生态考核结果": ("变好", "基本稳定", "变差"),
    WARNING_LEVEL: LEVELS,
}


def names_complete(draft: Sheets) -> Iterator[Problem]:
    """Every row has a name, a prefecture and, where the sheet has the column, a code; none twice."""
    sheet = draft.counties
    for column in (NAME, PREFECTURE, CODE):
        if column not in sheet.letters:
            continue
        for row in sheet.rows:
            if not str(row.values.get(column, "")):
                yield at(
                    sheet,
                    row,
                    column,
                    "E304",
                    "空着，这一行的数字不知是谁的。",
                    "填上，或删去这一行。",
                )
    for column in (NAME, CODE):
        seen: dict[str, SheetRow] = {}
        for row in sheet.rows:
            key = normalise(str(row.values.get(column, "")))
            if key and key in seen:
                yield at(
                    sheet,
                    row,
                    column,
                    "E305",
                    f"与第{seen[key].number}行重复。",
                    "改正，或删去其中一行。",
                )
            seen.setdefault(key, row)


def spellings(draft: Sheets) -> Iterator[Problem]:
    """Units under two spellings, former names, what looks like no name or code."""
    return name_problems(draft.counties, draft.spec.former)


def amounts_valid(draft: Sheets) -> Iterator[Problem]:
    """Amounts in the known numeric columns are finite numbers ≥ 0, not absurdly large."""
    for name in (COUNTIES, POOLS, BOUNDS):
        if name in draft.budget.sheets:
            yield from _amount_problems(draft.budget.sheets[name], _known_amounts(draft, name))


def chosen_amounts_valid(draft: Draft) -> Iterator[Problem]:
    """The same for columns of the user's own that the settings make need, capacity or denominator."""
    chosen = {draft.settings.text("保障水平最大化", key) for key in ("需求列", "财力列", "分母列")}
    yield from _amount_problems(draft.counties, chosen - _known_amounts(draft, COUNTIES))


def _known_amounts(draft: Sheets, sheet: str) -> set[str]:
    """The columns of a sheet that must hold amounts wherever they hold anything."""
    return {
        c.for_fund(f.name) for c in SHEETS[sheet] if c.kind == "number" for f in draft.spec.funds
    }


def _amount_problems(sheet: Sheet, columns: set[str]) -> Iterator[Problem]:
    for column in sorted(columns & sheet.letters.keys()):
        for row in sheet.rows:
            yield from _amount_problem(sheet, row, column)


def _amount_problem(sheet: Sheet, row: SheetRow, column: str) -> Iterator[Problem]:
    value = row.values.get(column)
    if value is None:
        return
    if not is_number(value):
        message, remedy = _no_number(str(value))
        yield at(
            sheet, row, column, "E102", message, f"{remedy}填写数字{_measured(sheet, column)}。"
        )
    elif not math.isfinite(value) or abs(value) > LARGEST:
        yield at(sheet, row, column, "E103", *TOO_LARGE)
    elif value < 0 and column not in MAY_BE_NEGATIVE:
        yield at(sheet, row, column, "E104", "不能是负数。", "改正，没有的填 0。")
    elif value <= 0 and column in POSITIVE:
        yield at(sheet, row, column, "E105", "必须大于 0。", "填实际数字。")


def _no_number(shown: str) -> tuple[str, str]:
    """What stands there instead of a number, and what comes before typing one."""
    if shown.startswith("="):
        return "是没有保存计算结果的公式。", "用 Excel 或 WPS 打开、重新计算并保存，或直接"
    if shown.startswith("#") and shown.strip("#").isascii():
        return "是错误值。", "改正公式，或直接"
    return "不是数字。", ""


def _measured(sheet: Sheet, column: str) -> str:
    known = {c.name: c.measure for c in SHEETS.get(sheet.name, ())}
    measure = known.get(column, "金额" if column.startswith(("上年", "提前下达")) else "")
    return f"，单位{sheet.unit or '万元'}" if measure == "金额" else ""


def needs_met(draft: Draft) -> Iterator[Problem]:
    """A switched-on rule has its data: the column is there, and a value in every row it speaks of."""
    for need in requirements(draft.spec, draft.settings, draft.objective, draft.counties.letters):
        if need.column not in draft.counties.letters:
            yield Problem(
                "E310",
                f"{need.reason}需要这一列，表里没有。",
                f"补上这一列；或{need.way_out}",
                COUNTIES,
                column=need.column,
            )
        elif need.column not in TEXT_COLUMNS:
            yield from _blanks(draft, need)


def _blanks(draft: Draft, need: Needed) -> Iterator[Problem]:
    sheet, units = draft.counties, draft.settings.recipients
    everybody = any(each.fund == NOWHERE or not each.eligible_only for each in need.needs)
    members = np.any(
        [
            np.ones(len(units), dtype=bool) if everybody else eligible(draft.settings, each.fund)
            for each in need.needs
        ],
        axis=0,
    )
    hint = "上年没有得到的填 0；" if need.column.startswith("上年") else "填上数字；"
    blank = [
        row
        for position, row in enumerate(ordered_rows(sheet))
        if row.values.get(need.column) is None and members[position]
    ]
    if len(blank) == len(sheet.rows) > 1:
        yield Problem(
            "E314",
            f"整列空着，{need.reason}需要它。",
            f"{hint}或{need.way_out}",
            sheet.name,
            sheet.header_cell(need.column),
            need.column,
        )
        return
    for row in blank:
        yield at(
            sheet,
            row,
            need.column,
            "E314",
            f"空着，{need.reason}需要它。",
            f"{hint}或{need.way_out}",
        )


def words_known(draft: Sheets) -> Iterator[Problem]:
    """功能区类型 and 生态考核结果 use the words the formulas know."""
    sheet = draft.counties
    for column, allowed in EXACT_CHOICES.items():
        for row in sheet.rows:
            value = draft.value(row, column)
            if value is not None and value not in allowed:
                yield at(
                    sheet,
                    row,
                    column,
                    "E311",
                    "不认识这个写法。",
                    f"填「{'」「'.join(allowed)}」之一，没有的留空。",
                )


def pools_valid(draft: Sheets) -> Iterator[Problem]:
    """Every fund is one the model knows, once, with an amount; a pool below last year's is questioned."""
    sheet = draft.pools
    seen: dict[str, SheetRow] = {}
    for row in sheet.rows:
        text = normalise(str(row.values.get("资金", "")))
        fund = draft.spec.fund(text)
        if fund is None:
            known = "、".join(f.name for f in draft.spec.funds)
            yield at(
                sheet,
                row,
                "资金",
                "E320",
                "模型里没有这项资金。" if text else "空着。",
                f"填 {known} 之一，或用 --model 指定含有它的模型文件。",
            )
            continue
        if fund.name in seen:
            yield at(
                sheet, row, "资金", "E321", f"与第{seen[fund.name].number}行重复。", "合并成一行。"
            )
        seen[fund.name] = row
        if row.values.get("本年总额") is None:
            yield at(sheet, row, "本年总额", "E322", "空着。", "填本年总额。")


def revenue_under_need(draft: Draft) -> Iterator[Problem]:
    """标准财政收入 of 0 with something to pay makes the burden infinite."""
    column = "标准财政收入"
    for fund, line in burdened(draft.spec, draft.settings):
        members = eligible(draft.settings, fund)
        for row, takes_part in zip(ordered_rows(draft.counties), members, strict=True):
            if takes_part and row.values.get(column) == 0 and _must_spend(row):
                yield at(
                    draft.counties,
                    row,
                    column,
                    "E312",
                    "为 0，无法计算困难程度（必保支出÷标准财政收入）。",
                    f"填实际的标准财政收入；或{WRITE}{line}。",
                )


def _must_spend(row: SheetRow) -> bool:
    columns = (
        (REQUIRED_SPENDING,) if row.values.get(REQUIRED_SPENDING) is not None else NEED_COLUMNS
    )
    return any(positive(row, column) for column in columns)


def someone_eligible(draft: Draft) -> Iterator[Problem]:
    """A fund has somebody to go to."""
    needed = {
        need.column
        for need in requirements(
            draft.spec, draft.settings, draft.objective, draft.counties.letters
        )
    }
    missing = needed - {
        column
        for column in draft.counties.letters
        if column in TEXT_COLUMNS
        or any(row.values.get(column) is not None for row in draft.counties.rows)
    }
    for position, fund in enumerate(draft.settings.funds):
        if (
            not missing & {*chain(*ELIGIBILITY.values())}
            and not eligible(draft.settings, position).any()
        ):
            yield Problem(
                "E323",
                f"没有一个县区符合{fund}的分配资格。",
                "核对标准收支、功能区类型，或改「约束参数」里的「资格」。",
                COUNTIES,
            )


def columns_named(draft: Draft) -> Iterator[Problem]:
    """Columns that parameters name exist."""
    letters = {*draft.counties.letters, "全省"}
    for rule, keys in (("保障水平下限", ("分组列",)), ("位次不逆转", ("分组列",))):
        for key in keys:
            column = draft.settings.text(rule, key)
            if column not in letters and draft.settings.on_anywhere(rule):
                yield Problem(
                    "E313",
                    f"规则「{rule}」·{key}写的列「{column}」，表里没有。",
                    "改成表里有的列名，或写「全省」。",
                    COUNTIES,
                )
    for position, fund in enumerate(draft.settings.funds):
        if draft.settings.on_anywhere("财力薄弱倾斜", position):
            subject = draft.settings.by_fund()[position : position + 1]
            column, _, values = str(
                draft.settings.texts("财力薄弱倾斜", "组别", subject)[0] or ""
            ).partition("=")
            listed = [value.strip() for value in values.split("、")]
            if (
                values
                and column in letters
                and not np.isin(draft.settings.recipients.groups(column), listed).any()
            ):
                yield Problem(
                    "E315",
                    f"规则「财力薄弱倾斜」（{fund}）·组别「{column}={values}」在表里一个县也没有。",
                    "核对写法，几个取值之间用顿号。",
                    COUNTIES,
                    column=column,
                )
            elif values and column not in letters:
                yield Problem(
                    "E313",
                    f"规则「财力薄弱倾斜」（{fund}）·组别写的列「{column}」，表里没有。",
                    "改成表里有的列名。",
                    COUNTIES,
                )
