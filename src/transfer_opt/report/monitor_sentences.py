"""What the first screen of `monitor` says: who is at which level, since when, and what leads out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gmpy2 import mpq

from transfer_opt.core.exact import ZERO, flooring, spelled, total
from transfer_opt.policy.warning_levels import (
    ASSESSED,
    COVERAGE,
    ECOLOGY,
    GRADES,
    GREEN,
    GUARANTEE,
    LAND,
    UNKNOWN,
    Threshold,
    whole_units,
)
from transfer_opt.report.parts import NUMERALS
from transfer_opt.scenarios.watch import Course, Standing, Watch

NAMED = 3
"""So many counties are named in a sentence."""
DECIMALS = 4
FALLS = 2
"""So many in a row are told."""
INDEX_DIGITS = 1
_PAID = {GUARANTEE: "补", COVERAGE: "只给它补", LAND: "再用于农业农村"}
"""What is done with the money."""


def sentences(watch: Watch) -> Iterator[str]:
    """Level by level, the worst first; then what it takes of the whole province, land, forecast and index."""
    for level in GRADES:
        found = [each for each in watch.listed if each.level(watch.now) == level]
        if found:
            yield _of_level(watch, level, found)
    if all(each.level(watch.now) not in GRADES for each in watch.listed):
        yield "没有红色、橙色、黄色的县。"
    yield from _unknown(watch)
    yield from _green(watch)
    yield from _costs(watch)
    yield from _land(watch)
    yield from _ahead(watch)
    yield from index_sentences(watch)


def index_sentences(watch: Watch) -> Iterator[str]:
    """The index of the present year, or which field is missing; nothing where no field was set."""
    if not watch.fields:
        return
    index = watch.index(watch.now)
    if index is not None:
        yield f"{watch.years[watch.now]}年协调指数 {float(index):.{INDEX_DIGITS}f}。"
        return
    missing = [f"「{each.name}」" for each in watch.fields if each.score(watch.now) is None]
    yield f"缺{'、'.join(missing)}领域的指标，不合成总指数。"


def fallen(course: Course) -> str:
    """「连续两年下降」; "" where it did not fall so often."""
    if course.falls < FALLS:
        return ""
    count = NUMERALS[course.falls] if course.falls < len(NUMERALS) else str(course.falls)
    return f"连续{count}年{'下降' if course.threshold.sign > 0 else '上升'}"


def cautious(threshold: Threshold, value: mpq) -> mpq:
    """A figure to four decimals, cut off on the bad side: never shown beyond a cut that it does not reach."""
    scale = 10**DECIMALS
    return threshold.sign * flooring(threshold.sign * value * scale) / scale


def worded(threshold: Threshold, value: mpq) -> str:
    """A figure as it is read."""
    words = {figure: word for word, figure in ASSESSED.items()}
    if threshold.indicator == ECOLOGY and value in words:
        return words[value]
    return spelled(cautious(threshold, value))


def monitor_record(watch: Watch) -> dict[str, Any]:
    """The present year for programs."""
    now = watch.now
    counties = []
    for each in watch.listed:
        course = each.leading
        value, (bare, past) = course.value(now), course.lacks(now, watch.unit)
        counties.append(
            {
                "code": each.code,
                "name": each.name,
                "level": each.level(now),
                "indicator": course.threshold.indicator,
                "value": None if value is None else float(value),
                "falls": course.falls,
                "to_cut": None if bare is None else float(bare),
                "to_leave": None if past is None else float(past),
                "levels": {watch.label(at): each.level(at) for at in range(len(watch.years))},
            }
        )
    index = watch.index(now)
    return {
        "year": watch.years[now],
        "unit": watch.money_unit,
        "counties": counties,
        "index": None if index is None else float(index),
        "sentences": list(sentences(watch)),
    }


def _of_level(watch: Watch, level: str, found: Sequence[Standing]) -> str:
    if len(found) == 1:
        told = [piece for piece in (_figure(watch, found[0]), fallen(found[0].leading)) if piece]
        way = _way_out(watch, found[0], level)
        return f"{level}色 1 县（{'，'.join([found[0].name, *told])}）{f'，{way}' if way else ''}。"
    named = []
    for each in found[:NAMED]:
        pieces = (_figure(watch, each), fallen(each.leading), _way_out(watch, each, level))
        named.append(f"{each.name}（{'，'.join(filter(None, pieces))}）")
    rest = " 等" if len(found) > NAMED else ""
    return f"{level}色 {len(found)} 县：{'、'.join(named)}{rest}。"


def _figure(watch: Watch, standing: Standing) -> str:
    course = standing.leading
    value = course.value(watch.now)
    if value is None:
        return course.threshold.indicator
    return f"{course.threshold.indicator} {worded(course.threshold, value)}"


def _way_out(watch: Watch, standing: Standing, level: str) -> str:
    """「距橙色线 10 万元，计回差补 30 万元可退出橙色」; "" where no money is known that would."""
    course, unit = standing.leading, watch.money_unit
    bare, past = course.lacks(watch.now, watch.unit)
    if bare is None or past is None:
        return ""
    at_cut = f"距{level}色线 {spelled(bare)} {unit}" if bare else f"已达{level}色线、未超出回差"
    others = [
        each.threshold.indicator
        for each in standing.courses
        if each is not course and each.levels[watch.now] == level
    ]
    how = _PAID.get(course.threshold.indicator, "补")
    margin = "计回差" if course.threshold.margin else ""
    if others:
        return f"{at_cut}，{margin}{how} {spelled(past)} {unit}这一项可退出{level}色，{'、'.join(others)}也是{level}色"
    return f"{at_cut}，{margin}{how} {spelled(past)} {unit}可退出{level}色"


def _unknown(watch: Watch) -> Iterator[str]:
    found = [each for each in watch.listed if each.level(watch.now) == UNKNOWN]
    if found:
        names = "、".join(each.name for each in found[:NAMED])
        yield f"{UNKNOWN} {len(found)} 县：{names}{' 等' if len(found) > NAMED else ''}。"


def _green(watch: Watch) -> Iterator[str]:
    found = [each for each in watch.listed if each.level(watch.now) == GREEN]
    falling = [each for each in found if fallen(each.leading)]
    if falling:
        named = "、".join(
            f"{each.name}（{_figure(watch, each)}，{fallen(each.leading)}）"
            for each in falling[:NAMED]
        )
        yield f"绿色 {len(found)} 县，其中 {len(falling)} 县连续变差：{named}{' 等' if len(falling) > NAMED else ''}。"
    elif found:
        yield f"绿色 {len(found)} 县。"


def _costs(watch: Watch) -> Iterator[str]:
    """The least money with which all counties are at the cuts of 三保保障倍数: Σ max(0, cut · need − capacity)."""
    courses = [
        course
        for each in watch.standings
        for course in each.courses
        if course.threshold.indicator == GUARANTEE
    ]
    pieces = []
    for grade, cut in courses[0].threshold.cuts.items() if courses else ():
        needed = [ratio.lacks(cut) for course in courses if (ratio := course.ratios[watch.now])]
        if len(needed) < len(courses) or None in needed:
            return
        money = total(whole_units(each, watch.unit) for each in needed if each is not None)
        pieces.append(f"{grade}线 {spelled(cut)} 要 {spelled(money)} {watch.money_unit}")
    if pieces:
        yield f"使各县{GUARANTEE}都不低于{'、'.join(pieces)}（不计回差）。"


def _land(watch: Watch) -> Iterator[str]:
    """All counties together against the best cut that is set, of those that are known."""
    courses = [
        course
        for each in watch.standings
        for course in each.courses
        if course.threshold.indicator == LAND
    ]
    ratios = [ratio for each in courses if (ratio := each.ratios[watch.now]) and ratio.more_top]
    proceeds, rural = total(r.bottom for r in ratios), total(r.top for r in ratios)
    if not courses or proceeds <= 0 or courses[0].threshold.sign < 0:
        return
    unknown = any(each.levels[watch.now] == UNKNOWN for each in courses)
    whose = f"有数的 {len(ratios)} 县" if unknown else "全省"
    cut = max(courses[0].threshold.cuts.values())
    lacks = whole_units(max(ZERO, cut * proceeds - rural), watch.unit)
    told = f"{LAND}：{whose} {_percent(cautious(courses[0].threshold, rural / proceeds))}，"
    if lacks:
        yield f"{told}低于目标 {_percent(cut)}，差 {spelled(lacks)} {watch.money_unit}。"
    else:
        yield f"{told}达到目标 {_percent(cut)}。"


def _percent(share: mpq) -> str:
    return f"{spelled(100 * share)}%"


def _ahead(watch: Watch) -> Iterator[str]:
    """How many counties are at which level in the years of the forecast."""
    pieces = []
    for at in range(watch.now + 1, len(watch.years)):
        found = [each.level(at) for each in watch.standings]
        counts = [f"{level}色 {found.count(level)} 县" for level in GRADES if level in found]
        pieces.append(f"{watch.years[at]}年{'、'.join(counts) or '没有红、橙、黄色的县'}")
    if pieces:
        yield f"按展望预测，{'；'.join(pieces)}。"
