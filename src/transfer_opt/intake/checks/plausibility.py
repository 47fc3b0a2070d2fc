"""What does not stop the work but is questioned: far values, sums that disagree, what is left out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from difflib import get_close_matches
from statistics import median

from transfer_opt.core.budget import LARGEST, Sheet, SheetRow, is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import in_figures
from transfer_opt.core.text import normalise, some
from transfer_opt.core.vocabulary import BENEFICIARIES, CODE, COUNTIES, NAME, POOLS, SUCCESSION
from transfer_opt.intake.cells import at, word
from transfer_opt.intake.checks.subject import FAR, Draft, Sheets, positive
from transfer_opt.intake.recipients import ordered_rows
from transfer_opt.intake.unit_names import is_short_for
from transfer_opt.policy.payment_deadlines import RECEIVED, parse_date
from transfer_opt.workbook.input.columns import SHEETS
from transfer_opt.workbook.input.remarks import unknown_header
from transfer_opt.workbook.input.totals import total_mismatches

LIKE = 0.6
"""How alike the name of a fund is before it may be a slip."""
FAR_POOL = 5.0
"""A pool so many times last year's, or a part of it, is questioned."""
_FUND_COLUMN = re.compile(r"(?:上年|提前下达)(.+?)(?:其中一次性)?")


def far_values(draft: Sheets) -> Iterator[Problem]:
    """Positive values 1,000 times above or below the column's median are questioned: often a wrong unit."""
    sheet = draft.counties
    columns = [
        c.for_fund(f.name)
        for c in SHEETS[COUNTIES]
        if c.kind == "number" and c.measure in ("金额", "人")
        for f in draft.spec.funds
    ]
    for column in dict.fromkeys(columns):
        cells = [(row, value) for row in sheet.rows if (value := positive(row, column))]
        middle = median(value for _, value in cells) if len(cells) > 2 else 0.0
        for row, value in cells:
            if middle and not middle / FAR < value < middle * FAR:
                yield at(
                    sheet,
                    row,
                    column,
                    "W340",
                    f"与本列中位数 {in_figures(middle)} 相差 1000 倍以上。",
                    "核对数字和单位。",
                )


def advance_far_from_last_year(draft: Draft) -> Iterator[Problem]:
    """An advance 1,000 times above or below last year's amount is questioned."""
    for fund in draft.settings.funds:
        for row in draft.counties.rows:
            last, value = positive(row, f"上年{fund}"), positive(row, f"提前下达{fund}")
            if last and value and not last / FAR < value < last * FAR:
                yield at(
                    draft.counties,
                    row,
                    f"提前下达{fund}",
                    "W341",
                    f"与上年 {in_figures(last)} 相差 1000 倍以上。",
                    "核对数字和单位。",
                )


def dates_readable(draft: Sheets) -> Iterator[Problem]:
    """A 收文日期 that is no date says nothing of when the money must be passed on."""
    for row in draft.pools.rows:
        value = row.values.get(RECEIVED)
        if value is not None and parse_date(str(value)) is None:
            yield at(
                draft.pools,
                row,
                RECEIVED,
                "W349",
                "认不出是哪一天，这项资金不写下达期限。",
                "写成 2026-03-15 这样，或留空。",
            )


def own_without_transfers(draft: Draft) -> Iterator[Problem]:
    """可用财力 should not already contain last year's transfers."""
    both = [
        (own, revenue + last)
        for row in draft.followed.rows
        if (own := positive(row, "可用财力"))
        and (revenue := positive(row, "标准财政收入"))
        and (last := sum(positive(row, f"上年{fund}") for fund in draft.settings.funds))
    ]
    if sum(own >= total for own, total in both) * 2 > len(draft.counties.rows):
        yield Problem(
            "W342",
            "半数以上县区的可用财力，不小于标准财政收入加上年各项资金，可能已把上年的转移支付算了进去。",
            "可用财力不应含本表所列资金的上年数。",
            COUNTIES,
            column="可用财力",
        )


def zones_in_question(draft: Draft) -> Iterator[Problem]:
    """Units with protected area but without a zone type take no part in the ecology fund: is that meant?"""
    for position, fund in enumerate(draft.settings.funds):
        subject = draft.settings.by_fund()[position : position + 1]
        if draft.settings.texts("资格", "仅功能区", subject)[0] == "是":
            names = [
                str(row.values.get(NAME, ""))
                for row in ordered_rows(draft.counties)
                if positive(row, "禁止开发区面积") and not row.values.get("功能区类型")
            ]
            if names:
                yield Problem(
                    "W343",
                    f"有禁止开发区面积而没有功能区类型，不参加{fund}分配：{some(names)}。",
                    "核对功能区类型；要让它们参加，把「资格」·仅功能区改为「含禁止开发」。",
                    COUNTIES,
                    column="功能区类型",
                )


def funds_listed(draft: Draft) -> Iterator[Problem]:
    """Funds that 「县区数据」 speaks of are listed in 「资金总额」."""
    sheet = draft.counties
    for fund in draft.spec.funds:
        for column in (f"上年{fund.name}", f"提前下达{fund.name}"):
            if (
                fund.name not in draft.settings.funds
                and column in sheet.letters
                and _paid(sheet, column)
            ):
                yield Problem(
                    "W348",
                    f"「{POOLS}」没有{fund.name}这一行，今年不分配这项资金。",
                    "要分配就在「资金总额」补上。",
                    sheet.name,
                    sheet.header_cell(column),
                    column,
                )


def funds_known(draft: Draft) -> Iterator[Problem]:
    """Columns of 「县区数据」 that seem to speak of a fund are of a fund the model knows."""
    sheet, names = draft.counties, [fund.name for fund in draft.spec.funds]
    for column in sheet.letters:
        found = _FUND_COLUMN.fullmatch(column)
        fund = found[1] if found else ""
        close = get_close_matches(fund, names, 1, LIKE)
        if close and fund not in names:
            yield unknown_header(
                sheet.name, sheet.header_cell(column), column, column.replace(fund, close[0])
            )


def _paid(sheet: Sheet, column: str) -> bool:
    return any(positive(row, column) for row in sheet.rows)


def unit_said(draft: Sheets) -> Iterator[Problem]:
    """The workbook says its money unit."""
    if not draft.budget.unit:
        yield Problem(
            "W344",
            "没有写明金额单位，按万元处理。",
            "在标题下面写「单位：万元」（或元、亿元）。",
            COUNTIES,
        )


def totals_agree(draft: Sheets) -> Iterator[Problem]:
    """小计 and 合计 rows agree with the rows they add up."""
    for sheet in draft.budget.sheets.values():
        if sheet.name in (COUNTIES, POOLS, BENEFICIARIES, SUCCESSION):
            amounts = [
                column
                for column in sheet.letters
                if any(is_number(row.values.get(column)) for row in sheet.rows)
            ]
            yield from total_mismatches(sheet, amounts)


def pools_against_last_year(draft: Sheets) -> Iterator[Problem]:
    """A pool below last year's, and a last year that is not the sum of the counties', are questioned."""
    for row in draft.pools.rows:
        fund = draft.spec.fund(normalise(str(row.values.get("资金", ""))))
        if fund:
            yield from _against_last_year(draft, row, fund.name)


def divisions_agree(draft: Sheets) -> Iterator[Problem]:
    """Codes belong to the names beside them, and no unit of the province is left out, as the model's table has them."""
    table, former, sheet = draft.spec.divisions, draft.spec.former, draft.counties
    codes, names = set[str](), set[str]()
    for row in sheet.rows:
        code, name = (word(row, column) for column in (CODE, NAME))
        codes.add(former.get(code, code))
        names.add(former.get(name, name))
        known = normalise(table[code][0]) if code in table else ""
        if (
            known
            and name
            and known not in (name, former.get(name))
            and not is_short_for(name, known)
        ):
            yield at(
                sheet,
                row,
                CODE,
                "W354",
                f"是「{table[code][0]}」的代码，这一行写的是「{row.values.get(NAME)}」。",
                "核对代码和名称。",
            )
    codes.update(draft.succession[0].gone)
    here = [code for code, (name, _) in table.items() if code in codes or normalise(name) in names]
    missing = [name for code, (name, _) in table.items() if code not in here]
    if missing and len(here) * 2 >= len(sheet.rows) > 0:
        yield Problem(
            "W355",
            f"本省有 {len(missing)} 个县区不在表里，这次不分给它们：{some(missing)}。",
            "确实不分配可以不管；漏了就补上。",
            COUNTIES,
        )


def _against_last_year(draft: Sheets, row: SheetRow, fund: str) -> Iterator[Problem]:
    now, then = row.values.get("本年总额"), row.values.get("上年总额")
    before = positive(row, "上年总额") or math.fsum(
        min(positive(county, f"上年{fund}"), LARGEST) for county in draft.followed.rows
    )
    if is_number(now) and now > 0 and before and not before / FAR_POOL < now < before * FAR_POOL:
        yield at(
            draft.pools,
            row,
            "本年总额",
            "W356",
            f"上年是 {in_figures(before)}，相差 {FAR_POOL:g} 倍以上。",
            "核对数字和单位。",
        )
    if not (is_number(now) and is_number(then)):
        return
    if now < then:
        yield at(
            draft.pools,
            row,
            "本年总额",
            "W345",
            f"少于上年总额 {in_figures(then)}。",
            "核对；确实减少时，上年保底可能做不到。",
        )
    listed = math.fsum(
        min(positive(county, f"上年{fund}"), 2 * LARGEST) for county in draft.followed.rows
    )
    moved = f"（按「{SUCCESSION}」划转后）" * (f"上年{fund}" in draft.succession[0].moved)
    other = row.values.get("州本级及其他")
    if (
        f"上年{fund}" in draft.counties.letters
        and round(listed - float(then), 6)
        and not is_number(other)
    ):
        yield at(
            draft.pools,
            row,
            "上年总额",
            "W346",
            f"与「县区数据」上年{fund}各县之和{moved} {in_figures(listed)} 不一致。",
            "核对；差额若属州本级，可以不管。",
        )
