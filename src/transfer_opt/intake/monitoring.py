"""「预警阈值」 and 「历年指标」 → cuts and goalposts, and what was measured in the years before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from gmpy2 import mpq

from transfer_opt.core.budget import LARGEST, Sheet, SheetRow, Value, is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import ONE, ZERO, exact, spelled
from transfer_opt.core.suggestions import closest, did_you_mean
from transfer_opt.core.text import closed_up, normalise, to_text
from transfer_opt.core.vocabulary import CODE, INDICATORS, NAME, PREFECTURE, THRESHOLDS
from transfer_opt.intake.cells import at, word
from transfer_opt.policy.recipients import WHOLE_PROVINCE
from transfer_opt.policy.warning_levels import (
    ASSESSED,
    DIRECTIONS,
    ECOLOGY,
    GRADES,
    GUARANTEE,
    OF_COUNTIES,
    OF_PROVINCE,
    Ratio,
    Record,
    Threshold,
)
from transfer_opt.workbook.input.columns import SHEETS
from transfer_opt.workbook.input.totals import total_kind

YEAR, NEED = "年份", "三保需求"
_GIVEN = tuple(column.name for column in SHEETS[INDICATORS])
_NUMBERS = (*GRADES, "回差", "最差", "最好")
_YEAR = re.compile(r"((?:19|20)\d\d)(?:年度?)?")


# ------------------------------------------------------------------- 预警阈值


def read_thresholds(sheet: Sheet) -> tuple[tuple[Threshold, ...], tuple[Problem, ...]]:
    """The rows that set something, and what is wrong with the sheet; rows without a figure, as in a template, set nothing."""
    problems: list[Problem] = []
    found: dict[str, Threshold] = {}
    weights: dict[str, tuple[mpq, SheetRow]] = {}
    for row in sheet.rows:
        if all(row.values.get(column) is None for column in (*_NUMBERS, "权重")):
            continue
        name = word(row, "指标")
        if not name or name in found:
            told = ("与前面一行重复。", "删去其中一行。") if name else ("空着。", "填指标名称。")
            problems.append(at(sheet, row, "指标", "E391", *told))
            continue
        before = len(problems)
        made = _threshold(sheet, row, name, problems)
        _weigh(sheet, row, made.field, weights, problems)
        if len(problems) == before:
            found[name] = made
    problems += _fields(sheet, tuple(found.values()), weights, complete=not problems)
    return tuple(_weighted(each, weights) for each in found.values()), tuple(problems)


def _threshold(sheet: Sheet, row: SheetRow, name: str, problems: list[Problem]) -> Threshold:
    numbers = {column: _number(sheet, row, column, problems) for column in _NUMBERS}
    sign = DIRECTIONS.get(word(row, "方向"), 0)
    if not sign:
        told = "未填写。" if not word(row, "方向") else "不认识这个写法。"
        remedy = did_you_mean(word(row, "方向"), DIRECTIONS)
        problems.append(at(sheet, row, "方向", "E392", told, remedy))
    cuts = {each: cut for each in GRADES if (cut := numbers[each]) is not None}
    problems += _cut_problems(sheet, row, name, sign, cuts)
    margin = numbers["回差"]
    if cuts and margin is None and row.values.get("回差") is None:
        problems.append(at(sheet, row, "回差", "E394", "未填写。", "填回差；不要回差写 0。"))
    if margin is not None and margin < 0:
        problems.append(at(sheet, row, "回差", "E394", "不能是负数。", "填不小于 0 的数。"))
    bad, good = numbers["最差"], numbers["最好"]
    problems += _post_problems(sheet, row, sign, bad, good)
    posts = None if bad is None or good is None else (bad, good)
    basis = to_text(row.values.get("依据"))
    return Threshold(name, sign, cuts, margin or ZERO, posts, word(row, "领域"), basis=basis)


def _cut_problems(
    sheet: Sheet, row: SheetRow, name: str, sign: int, cuts: Mapping[str, mpq]
) -> Iterator[Problem]:
    if cuts and name in OF_PROVINCE:
        column = next(iter(cuts))
        told = "这是全省的指标，各县没有等级。", "红、橙、黄留空，要算指数就填最差、最好。"
        yield at(sheet, row, column, "E393", *told)
    for (one, cut), (other, next_cut) in pairwise(cuts.items()):
        if sign and sign * (next_cut - cut) <= 0:
            size = "小" if sign > 0 else "大"
            yield at(
                sheet,
                row,
                one,
                "E393",
                f"{name}：{one} {spelled(cut)} 不{size}于{other} {spelled(next_cut)}。",
                f"{word(row, '方向')}，{'、'.join(cuts)}要依次{'变大' if sign > 0 else '变小'}。",
            )


def _post_problems(
    sheet: Sheet, row: SheetRow, sign: int, bad: mpq | None, good: mpq | None
) -> Iterator[Problem]:
    if (bad is None) != (good is None):
        column = "最差" if bad is None else "最好"
        if row.values.get(column) is None:
            yield at(sheet, row, column, "E395", "未填写。", "最差、最好两个都填，或都留空。")
    elif bad is not None and good is not None:
        if sign * (good - bad) < 0 or good == bad:
            told = f"最好 {spelled(good)} 不比最差 {spelled(bad)} 好。"
            yield at(sheet, row, "最好", "E395", told, "对照「方向」改正。")
        elif not word(row, "领域"):
            yield at(sheet, row, "领域", "E396", "未填写。", "写明计入哪个领域。")


def _weigh(
    sheet: Sheet,
    row: SheetRow,
    field: str,
    weights: dict[str, tuple[mpq, SheetRow]],
    problems: list[Problem],
) -> None:
    """Take the weight of a field, which all its rows say alike."""
    if row.values.get("权重") is None:
        return
    weight = _number(sheet, row, "权重", problems)
    if weight is None:
        return
    if not field:
        problems.append(at(sheet, row, "领域", "E396", "填了权重，没有写领域。", "写明领域。"))
    elif not ZERO <= weight <= ONE:
        problems.append(at(sheet, row, "权重", "E396", "不在 0 至 1 之间。", "写 0.4 或 40%。"))
    elif field in weights and weights[field][0] != weight:
        told = f"与第{weights[field][1].number}行「{field}」写的不同。"
        problems.append(at(sheet, row, "权重", "E396", told, "改成一样，或只写一次。"))
    else:
        weights.setdefault(field, (weight, row))


def _fields(
    sheet: Sheet,
    found: tuple[Threshold, ...],
    weights: Mapping[str, tuple[mpq, SheetRow]],
    complete: bool,
) -> Iterator[Problem]:
    """Fields without a weight; weights that are not 1 together."""
    fields = dict.fromkeys(each.field for each in found if each.goalposts)
    for field in fields:
        if complete and field not in weights:
            yield Problem("E396", f"「{field}」没有权重。", "填上。", sheet.name, column="权重")
    whole = sum((weight for weight, _ in weights.values()), ZERO)
    if complete and weights and weights.keys() >= fields.keys() and whole != ONE:
        yield Problem(
            "E396",
            f"各领域权重合计 {spelled(whole)}，应为 1。",
            "改正权重。",
            sheet.name,
            column="权重",
        )


def _weighted(threshold: Threshold, weights: Mapping[str, tuple[mpq, SheetRow]]) -> Threshold:
    weight = weights.get(threshold.field)
    return replace(threshold, weight=weight[0]) if weight else threshold


# ------------------------------------------------------------------- 历年指标


def read_indicators(
    sheet: Sheet, thresholds: Sequence[Threshold]
) -> tuple[tuple[Record, ...], tuple[Problem, ...]]:
    """What was measured of these indicators, and what is wrong with the sheet; a cell left empty is not known."""
    problems: list[Problem] = []
    names = [each.indicator for each in thresholds if each.indicator in sheet.letters]
    records: dict[tuple[int, str], tuple[Record, SheetRow]] = {}
    for row in sheet.rows:
        if all(row.values.get(header) is None for header in sheet.letters):
            continue
        if (label := word(row, NAME)) != WHOLE_PROVINCE and total_kind(label):
            continue  # 合计, 小计 and 本级 rows are no counties
        year, name = _year(row.values.get(YEAR)), closed_up(to_text(row.values.get(NAME)))
        if year is None:
            told = "未填写。" if row.values.get(YEAR) is None else "看不出是哪一年。"
            problems.append(at(sheet, row, YEAR, "E397", told, "写四位年份，如 2025。"))
        if not name:
            problems.append(at(sheet, row, NAME, "E397", "未填写。", "填县区全称，或「全省」。"))
        if year is None or not name:
            continue
        key = year, to_text(row.values.get(CODE)) or normalise(name)
        if key in records:
            same = f"与第{records[key][1].number}行是同一个县区、同一年。"
            problems.append(at(sheet, row, NAME, "E397", same, "删去其中一行。"))
            continue
        need = _number(sheet, row, NEED, problems, "E398")
        if need is not None and need <= 0:
            remedy = "填当年“三保”支出需求；不知道的留空。"
            problems.append(at(sheet, row, NEED, "E398", "要大于 0。", remedy))
            need = None
        values = {each: _figure(sheet, row, each, need, problems) for each in names}
        code, prefecture = to_text(row.values.get(CODE)), to_text(row.values.get(PREFECTURE))
        records[key] = Record(year, code, name, closed_up(prefecture), values), row
    return tuple(record for record, _ in records.values()), tuple(problems)


def _figure(
    sheet: Sheet, row: SheetRow, column: str, need: mpq | None, problems: list[Problem]
) -> Ratio | None:
    if column == ECOLOGY and (assessed := word(row, column)) in ASSESSED:
        return Ratio(mpq(ASSESSED[assessed]))
    number = _number(sheet, row, column, problems, "E398")
    if number is None:
        return None
    if column == GUARANTEE and need is not None:
        return Ratio(number * need, need, ONE)
    return Ratio(number)


def _year(value: Value) -> int | None:
    found = _YEAR.fullmatch(normalise(to_text(value)))
    return int(found[1]) if found else None


# ------------------------------------------------------------------- both


def read_monitoring(
    cuts: Sheet | None, histories: Sequence[Sheet]
) -> tuple[tuple[Threshold, ...], tuple[tuple[Record, ...], ...], tuple[Problem, ...]]:
    """The cuts, what each of the other sheets says was measured, and what is wrong with all of them."""
    thresholds, wrong = read_thresholds(cuts) if cuts else ((), ())
    found = [read_indicators(history, thresholds) for history in histories]
    problems = [*wrong, *(problem for _, told in found for problem in told)]
    if thresholds and not wrong:  # a row that is wrong may be the one that speaks of a column
        problems += (problem for history in histories for problem in unused(history, thresholds))
    if cuts:
        measured = {header for history in histories for header in history.letters}
        problems += unmeasured(cuts, thresholds, measured)
    return thresholds, tuple(records for records, _ in found), tuple(problems)


def unmeasured(
    sheet: Sheet, thresholds: tuple[Threshold, ...], measured: set[str]
) -> Iterator[Problem]:
    """Indicators that nobody has measured: they are named wrongly, or every county will be short of them."""
    known = {*OF_COUNTIES, *OF_PROVINCE, *measured}
    used = {each.indicator for each in thresholds if each.cuts or each.goalposts}
    for row in sheet.rows:
        name = word(row, "指标")
        if name in used - known:
            meant = closest(name, [*OF_COUNTIES, *OF_PROVINCE])
            yield at(
                sheet,
                row,
                "指标",
                "W391",
                f"结果里没有这个指标，「{INDICATORS}」里也没有。",
                (f"是否为「{meant}」？" if meant else "")
                + f"自己的指标在「{INDICATORS}」加一列；不用的整行删去。",
            )


def unused(sheet: Sheet, thresholds: tuple[Threshold, ...]) -> Iterator[Problem]:
    """Columns of 「历年指标」 for which no cut and no goalpost is set."""
    named = [each.indicator for each in thresholds]
    for header in sheet.letters:
        if header not in (*_GIVEN, *named):
            yield Problem(
                "W392",
                f"「{THRESHOLDS}」没有给这个指标定线，不用。",
                f"{did_you_mean(header, named)}",
                sheet.name,
                sheet.header_cell(header),
                header,
            )


def _number(
    sheet: Sheet, row: SheetRow, column: str, problems: list[Problem], code: str = ""
) -> mpq | None:
    value = row.values.get(column)
    if value is None:
        return None
    if is_number(value) and abs(value) <= LARGEST:
        return exact(float(value))
    own = {"回差": "E394", "最差": "E395", "最好": "E395", "权重": "E396"}
    problems.append(
        at(
            sheet,
            row,
            column,
            code or own.get(column, "E393"),
            "不是数字。",
            "填数字，如 1.03 或 36%。",
        )
    )
    return None
