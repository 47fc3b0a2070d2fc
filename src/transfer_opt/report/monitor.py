"""The workbook of `monitor`: the list of warnings, levels and figures by year, the index, the cuts, and where all came from."""

from __future__ import annotations

from collections.abc import Sequence

from gmpy2 import mpq

from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Column, Report, Row, RowKind, Table
from transfer_opt.core.vocabulary import (
    FACTS,
    INDEX,
    MEASURED_BY_YEAR,
    THRESHOLDS,
    WARNED,
    WARNED_BY_YEAR,
    WARNING_LEVEL,
)
from transfer_opt.policy.warning_levels import (
    ASSESSED,
    DIRECTIONS,
    ECOLOGY,
    GREEN,
    LAND,
    ORANGE,
    RED,
    UNKNOWN,
    YELLOW,
    Threshold,
)
from transfer_opt.report.monitor_sentences import (
    INDEX_DIGITS,
    cautious,
    fallen,
    index_sentences,
    sentences,
)
from transfer_opt.report.parts import KEY_COLUMNS, from_to
from transfer_opt.scenarios.watch import Course, Standing, Watch
from transfer_opt.workbook.input.columns import SHEETS

KINDS: dict[str, RowKind] = {RED: "alarm", ORANGE: "active", YELLOW: "active", UNKNOWN: "active"}
MOST_ON_A_PAGE = 50
"""Counties that can be read on one page."""
NONE = "—"
"""In a cell: there is nothing to be measured."""


def monitor_report(watch: Watch, facts: Sequence[tuple[str, str]], code: str, label: str) -> Report:
    """The whole workbook; `facts` are what 「审计信息」 says, `code` the check code. No time stamp."""
    tables = (
        warned_table(watch),
        level_table(watch),
        figure_table(watch),
        *((index_table(watch),) if watch.fields else ()),
        threshold_table(watch),
        _fact_table(watch, facts),
    )
    return Report(
        tables,
        (),
        "监测预警",
        f"{code[:6]}…{code[-4:]}",
        label,
        "",
        {"title": f"{_year(watch)}监测预警", "comments": f"校验码 {code}"},
        charted=WARNED,
    )


def warned_table(watch: Watch) -> Table:
    """Every county, the worst first: what it is named for, and the money to the next level."""
    ahead = range(watch.now + 1, len(watch.years))
    columns = (
        *KEY_COLUMNS,
        Column("等级", "mark", 8),
        Column("指标", "text", 19),
        Column("值", "number", 9),
        Column("上年", "number", 9),
        Column("连续下降", "mark", 13),
        Column("升到上一级还差", "money", 11),
        Column("计回差还差", "money", 11),
        *(Column(watch.label(at), "mark", 9) for at in ahead),
        Column("说明", "note", 40),
    )
    rows = tuple(
        Row(KINDS.get(each.level(watch.now), "slack"), _warned(watch, each))
        for each in watch.listed
    )
    return Table(
        WARNED,
        f"{_year(watch)}预警名单",
        columns,
        rows,
        f"单位：{watch.money_unit}",
        verdict="".join(sentences(watch)),
        notes=(
            f"注：等级取各项指标中最差的一项，按「{THRESHOLDS}」的线定：变差当年就降级；变好要比线再好一个回差才升级。"
            f"有指标没有数的列为“{UNKNOWN}”，不算绿色；值取四位小数，只往差的一边舍。",
            "升到上一级还差：值到线要补的钱；计回差还差：真正升级要补的钱。都是对所列的这一项指标、只给这个县、"
            "全部可用于“三保”的钱，已进到一个公布单位，少一个单位就不够；空白是已经绿色、补钱改变不了，或没有数可算。",
            *(
                (f"{LAND}一项，还差的是要再用于农业农村的支出。",)
                if any(each.indicator == LAND and each.cuts for each in watch.thresholds)
                else ()
            ),
            *(
                ("预测年是按「年度展望」推算的，只看算得出的指标，不作为认定等级的依据。",)
                if ahead
                else ()
            ),
        ),
        paper="A3" if ahead else "A4",
        fit="page" if len(rows) <= MOST_ON_A_PAGE else "width",
    )


def level_table(watch: Watch) -> Table:
    """Every county in the order of the codes: its level year by year; the first is what 「县区数据」 may take over."""
    columns = (
        *KEY_COLUMNS,
        Column(WARNING_LEVEL, "mark", 10),
        *(Column(watch.label(at), "mark", 10) for at in range(len(watch.years))),
    )
    rows = tuple(
        Row(
            "plain",
            (
                *_key(each),
                each.level(watch.now),
                *(each.level(at) or NONE for at in range(len(watch.years))),
            ),
        )
        for each in watch.standings
    )
    return Table(
        WARNED_BY_YEAR,
        f"{_span(watch)}各县预警等级",
        columns,
        rows,
        notes=(
            f"注：「{WARNING_LEVEL}」是 {watch.years[watch.now]}年的等级。把这一列复制到以后年度预算工作簿的「县区数据」，"
            f"就能在「财力薄弱倾斜」·组别写 {WARNING_LEVEL}=红、橙；不能用来分配 {watch.years[watch.now]}年的资金，那样结果会决定自己。",
        ),
        landscape=False,
    )


def figure_table(watch: Watch) -> Table:
    """Every county and indicator: figure and level year by year."""
    columns = [*KEY_COLUMNS, Column("指标", "text", 20)]
    for at in range(len(watch.years)):
        columns += [
            Column(watch.label(at), "number", 10),
            Column(f"{watch.years[at]}年等级", "mark", 9),
        ]
    rows = tuple(
        Row("plain", (*_key(each), course.threshold.indicator, *_by_year(watch, course)))
        for each in watch.standings
        for course in each.courses
    )
    return Table(
        MEASURED_BY_YEAR,
        f"{_span(watch)}各县监测指标",
        tuple(columns),
        rows,
        notes=(
            f"注：{NONE} 是不适用，如不是功能区的县没有生态考核、没有土地出让收益；空白是没有数。",
        ),
        paper="A3" if len(watch.years) > 3 else "A4",
    )


def index_table(watch: Watch) -> Table:
    """The fields' scores and, where all are complete, the index, year by year."""
    years = range(len(watch.years))
    columns = [
        Column("领域", "text", 14),
        Column("权重", "number", 7),
        Column("指标", "text", 24),
        Column("最差", "number", 9),
        Column("最好", "number", 9),
    ]
    for at in years:
        columns += [
            Column(watch.label(at), "number", 12),
            Column(f"{watch.years[at]}年得分", "number", 11),
        ]
    rows = []
    for field in watch.fields:
        for threshold, values, scores in field.indicators:
            posts = threshold.goalposts or (None, None)
            found = [
                cell
                for value, mark in zip(values, scores, strict=True)
                for cell in (_shown(threshold, value), _mark(mark))
            ]
            cells = (field.name, None, threshold.indicator, *map(_float, posts), *found)
            rows.append(Row("plain", cells))
        marks = [cell for at in years for cell in (None, _mark(field.score(at)))]
        rows.append(
            Row("subtotal", (field.name, _float(field.weight), "领域得分", None, None, *marks))
        )
    whole = [cell for at in years for cell in (None, _mark(watch.index(at)))]
    rows.append(Row("total", (INDEX, None, None, None, None, *whole), decimals=INDEX_DIGITS))
    return Table(
        INDEX,
        f"{_span(watch)}区域协调发展指数",
        tuple(columns),
        tuple(rows),
        verdict="".join(index_sentences(watch)),
        notes=(
            "注：得分＝100×（值－最差）÷（最好－最差），不低于0、不高于100；领域得分是所列指标的平均，指数是领域得分按权重相加。"
            "最差、最好由部门对整个规划期定好，不随当年数据变，所以别的县变化不会改动过去的得分。",
            "领域里有指标没有数，这个领域就没有得分，也不合成指数：不补数、不估数。",
        ),
        fit="page",
    )


def threshold_table(watch: Watch) -> Table:
    """「预警阈值」 as it was used; can be read back as such."""
    kinds = {column.name: column for column in SHEETS[THRESHOLDS]}
    columns = tuple(
        Column(name, "number" if column.kind == "number" else "note", column.width + 1)
        for name, column in kinds.items()
    )
    rows = tuple(Row("plain", _threshold(each)) for each in watch.thresholds)
    return Table(THRESHOLDS, f"{_year(watch)}预警阈值", columns, rows)


def _fact_table(watch: Watch, facts: Sequence[tuple[str, str]]) -> Table:
    told = [*facts, *(("警告", str(problem)) for problem in watch.problems)]
    columns = (Column("项目", "text", 24), Column("内容", "text", 100))
    rows = tuple(Row("plain", cells) for cells in told)
    return Table(FACTS, f"{_year(watch)}监测预警审计信息", columns, rows)


def _warned(watch: Watch, standing: Standing) -> tuple[Value, ...]:
    course, now = standing.leading, watch.now
    bare, past = course.lacks(now, watch.unit)
    has_last = now and watch.years[now - 1] == watch.years[now] - 1
    return (
        *_key(standing),
        standing.level(now),
        course.threshold.indicator,
        _shown(course.threshold, course.value(now)),
        _shown(course.threshold, course.value(now - 1)) if has_last else None,
        fallen(course) or None,
        _float(bare),
        _float(past),
        *(standing.level(at) or NONE for at in range(now + 1, len(watch.years))),
        "；".join(_remarks(watch, standing)) or None,
    )


def _remarks(watch: Watch, standing: Standing) -> list[str]:
    """What else is to be known: others at the same level, others that fall, what is missing, a cut that is passed."""
    now, named = watch.now, standing.leading
    level, others = standing.level(now), [each for each in standing.courses if each is not named]
    said = []
    alike = [each.threshold.indicator for each in others if each.levels[now] == level]
    if level not in (GREEN, UNKNOWN) and alike:
        said.append(f"{'、'.join(alike)}也是{level}色")
    falling = [f"{each.threshold.indicator}{fallen(each)}" for each in others if fallen(each)]
    said += falling
    missing = [each.threshold.indicator for each in standing.courses if each.levels[now] == UNKNOWN]
    if missing:
        said.append(f"缺{'、'.join(missing)}")
    if named.lacks(now, watch.unit)[0] == 0:
        said.append(f"已到{level}色线，还没有超出回差")
    return said


def _by_year(watch: Watch, course: Course) -> list[Value]:
    cells: list[Value] = []
    for at in range(len(watch.years)):
        silent = not course.levels[at]
        cells += (
            [NONE, NONE]
            if silent
            else [_shown(course.threshold, course.value(at)), course.levels[at]]
        )
    return cells


def _threshold(threshold: Threshold) -> tuple[Value, ...]:
    names = {sign: name for name, sign in DIRECTIONS.items()}
    cuts = threshold.cuts
    posts = threshold.goalposts or (None, None)
    return (
        threshold.indicator,
        names[threshold.sign],
        *(_float(cuts.get(grade)) for grade in (RED, ORANGE, YELLOW)),
        _float(threshold.margin) if cuts else None,
        *map(_float, posts),
        threshold.field or None,
        _float(threshold.weight) if threshold.weight else None,
        threshold.basis or None,
    )


def _key(standing: Standing) -> tuple[Value, Value, Value]:
    return standing.code or None, standing.name, standing.prefecture or None


def _shown(threshold: Threshold, value: mpq | None) -> Value:
    """A figure to four decimals, never shown on the better side of a cut it does not reach."""
    if value is None:
        return None
    if threshold.indicator == ECOLOGY:
        return next((word for word, figure in ASSESSED.items() if figure == value), float(value))
    return float(cautious(threshold, value))


def _mark(value: mpq | None) -> Value:
    return None if value is None else round(float(value), INDEX_DIGITS)


def _float(value: mpq | None) -> Value:
    return None if value is None else float(value)


def _span(watch: Watch) -> str:
    return from_to(watch.years[0], watch.years[-1])


def _year(watch: Watch) -> str:
    return f"{watch.years[watch.now]}年"
