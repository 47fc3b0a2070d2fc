"""Native charts and the sheet 「图表数据」 they draw from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from transfer_opt.core.budget import Value
from transfer_opt.core.tables import (
    Bars,
    Chart,
    Column,
    Curve,
    Curves,
    Dots,
    Dumbbell,
    Lines,
    Lorenz,
    Row,
    Table,
)
from transfer_opt.core.vocabulary import CHART_DATA
from transfer_opt.workbook.output import scenario_charts
from transfer_opt.workbook.output.chart_parts import (
    axis,
    data_range,
    dress,
    font,
    labels,
    literal,
    lorenz_axes,
    marker,
)
from transfer_opt.workbook.output.layout import DEFAULT_ROW_PIXELS
from transfer_opt.workbook.output.styles import BLUE, CONNECTOR, GREY, ORANGE

GAP = 10
"""Pixels between charts."""
MOST_STRETCH = 1.2
"""How much wider than asked a chart may become so that a line of charts ends with the table."""
AXIS_STEP, MOST_STEPS = 0.3, 5


@dataclass(frozen=True)
class Placed:
    """A chart and its place below the table, in pixels from the first free row."""

    index: int
    x: int
    y: int
    width: int
    height: int


def data_width(charts: Sequence[Chart]) -> int:
    """How many columns of 「图表数据」 the charts take."""
    return sum(len(_series(chart)) for chart in charts)


def data_table(
    charts: Sequence[Chart],
    scenario: str = "",
    looked_up: Sequence[tuple[Column, Sequence[Value]]] = (),
    charted: str = "均衡性指标",
) -> Table:
    """The numbers behind the charts, side by side, as a table like any other; then what else is looked up here."""
    columns: list[Column] = []
    series: list[Sequence[Value]] = []
    for chart in charts:
        for name, kind_and_width, values in _series(chart):
            kind, width = kind_and_width
            start = not columns or columns[-1].band != chart.title
            columns.append(
                Column(name, kind, width, chart.title, group_start=start and bool(columns))
            )
            series.append(values)
    columns += [column for column, _ in looked_up]
    series += [values for _, values in looked_up]
    rows = tuple(Row("plain", values) for values in zip_longest(*series))
    notes = (
        f"本表供「{charted}」中的图形{'和「县区说明单」' if looked_up else ''}取数，请勿改动。",
    )
    return Table(
        CHART_DATA,
        f"{CHART_DATA}（{scenario}）" if scenario else CHART_DATA,
        tuple(columns),
        rows,
        notes=notes,
        unprinted=f"「{CHART_DATA}」供画图取数，不打印。",
    )


def place_charts(charts: Sequence[Chart], width: int) -> list[Placed]:
    """Charts in lines from left to right, no line wider than `width`."""
    lines: list[list[int]] = []
    taken = width + 1
    for index, chart in enumerate(charts):
        taken += GAP + chart.size[0]
        if taken > width:
            lines.append([])
            taken = chart.size[0]
        lines[-1].append(index)
    placed: list[Placed] = []
    top = 0
    for line in lines:
        placed += _line(charts, line, width, top)
        top += max(charts[index].size[1] for index in line) + GAP
    return placed


def rows_below(placed: Sequence[Placed]) -> int:
    """How many sheet rows of the default height the charts cover."""
    return math.ceil(
        max((chart.y + chart.height for chart in placed), default=0) / DEFAULT_ROW_PIXELS
    )


def insert_charts(
    book: Any,
    sheet: Any,
    charts: Sequence[Chart],
    first_row: int,
    placed: Sequence[Placed],
    chosen: Sequence[int],
) -> None:
    """Put the `chosen` of all charts on the sheet, in the places given, the first at `first_row`."""
    starts = [0]
    for chart in charts:
        starts.append(starts[-1] + len(_series(chart)))
    for place in placed:
        at = chosen[place.index]
        chart, start = charts[at], starts[at]
        if not isinstance(chart, Lorenz | Curves) and not chart.names:
            continue
        drawn = _drawn(book, chart, start)
        drawn.set_size({"width": place.width, "height": place.height})
        sheet.insert_chart(
            first_row, 0, drawn, {"x_offset": place.x, "y_offset": place.y, "object_position": 2}
        )


def _line(charts: Sequence[Chart], line: Sequence[int], width: int, top: int) -> list[Placed]:
    gaps = GAP * (len(line) - 1)
    stretch = min(MOST_STRETCH, (width - gaps) / sum(charts[index].size[0] for index in line))
    placed: list[Placed] = []
    x = 0
    for index in line:
        wide, high = charts[index].size
        placed.append(Placed(index, x, top, int(wide * stretch), high))
        x += int(wide * stretch) + GAP
    return placed


def _drawn(book: Any, chart: Chart, start: int) -> Any:
    """The chart, drawing from the columns of 「图表数据」 that begin at `start`."""
    if isinstance(chart, Dots):
        return scenario_charts.dots(book, chart, start)
    if isinstance(chart, Curves):
        return scenario_charts.curves(book, chart, start)
    if isinstance(chart, Bars):
        return scenario_charts.bars(book, chart, start)
    if isinstance(chart, Lines):
        return scenario_charts.lines(book, chart, start)
    if isinstance(chart, Curve):
        return _curve(book, chart, start)
    return (
        _dumbbell(book, chart, start)
        if isinstance(chart, Dumbbell)
        else _lorenz(book, chart, start)
    )


def _series(chart: Chart) -> list[tuple[str, tuple[Any, float], Sequence[Value]]]:
    """Header, kind and width, values of each column a chart needs."""
    share, number = ("share", 10.5), ("number", 9.0)
    if isinstance(chart, Curve):
        across, up = ((kind, 12.0) for kind in chart.kinds)
        return [
            (chart.names[0], across, chart.x),
            (chart.names[1], up, chart.y),
            (f"{chart.point_name}横坐标", across, chart.point[:1]),
            (f"{chart.point_name}纵坐标", up, chart.point[1:]),
        ]
    if isinstance(chart, Dots | Curves | Bars | Lines):
        return scenario_charts.series(chart)
    if isinstance(chart, Lorenz):
        return [
            ("分配前横坐标", share, chart.x_before),
            ("分配前纵坐标", share, chart.y_before),
            ("分配后横坐标", share, chart.x_after),
            ("分配后纵坐标", share, chart.y_after),
            ("完全均等", share, (0.0, 1.0)),
        ]
    pairs = list(zip(chart.before, chart.after, strict=True))
    count = len(chart.names)
    return [
        ("名称", ("name", 20.0), chart.names),
        ("分配前", share, chart.before),
        ("分配后", share, chart.after),
        ("连线向左", share, [max(after - before, 0.0) for before, after in pairs]),
        ("连线向右", share, [max(before - after, 0.0) for before, after in pairs]),
        ("名称位置", share, [-_step(chart)] * count),
        ("次序", number, [float(count - at) for at in range(count)]),
    ]


def _step(chart: Dumbbell) -> float:
    """The distance of the grid lines: 30 %, more where the values reach far."""
    furthest = max((*chart.before, *chart.after), default=0.0)
    return AXIS_STEP * max(1, math.ceil(furthest / (AXIS_STEP * MOST_STEPS)))


def _curve(book: Any, chart: Curve, start: int) -> Any:
    """The corners joined by straight lines, the point beside them."""
    drawn = book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    x, y, point_x, point_y = (
        data_range(start + at, len(values)) for at, (_, _, values) in enumerate(_series(chart))
    )
    numbers = [str(at + 1) for at in range(len(chart.x))]
    drawn.add_series(
        {
            "name": "前沿（标号为拐点）",
            "categories": x,
            "values": y,
            "line": {"color": BLUE, "width": 2.25},
            "marker": marker("circle", BLUE, 7),
            "data_labels": {**labels(numbers, 9), "position": "above"},
        }
    )
    drawn.add_series(
        {
            "name": literal(chart.point_name),
            "categories": point_x,
            "values": point_y,
            "line": {"none": True},
            "marker": marker("diamond", ORANGE, 10),
        }
    )
    for kind, name, values, place in zip(
        chart.kinds,
        chart.names,
        ((*chart.x, chart.point[0]), (*chart.y, chart.point[1])),
        (drawn.set_x_axis, drawn.set_y_axis),
        strict=True,
    ):
        low, high, step = _ticks(min(values), max(values))
        place(
            {
                **axis(),
                "name": literal(name),
                "name_font": font(9),
                "min": low,
                "max": high,
                "major_unit": step,
                "num_format": "0.0%" if kind == "share" else "#,##0",
            }
        )
    dress(drawn, chart.title, [])
    return drawn


def _ticks(low: float, high: float) -> tuple[float, float, float]:
    """Round ends a little beyond the values, and the distance of the grid lines."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / MOST_STEPS))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= span / MOST_STEPS)
    first, last = math.floor(low / step - 0.2), math.ceil(high / step + 0.2)
    return (
        round(max(first, 0 if low >= 0 else first) * step, 12),
        round(last * step, 12),
        round(step, 12),
    )


def _dumbbell(book: Any, chart: Dumbbell, start: int) -> Any:
    """Scatter of two points per name with error bars as connector; a third series carries the names."""
    drawn = book.add_chart({"type": "scatter"})
    many = len(chart.names) > 15
    ranges = [data_range(start + at, len(chart.names)) for at in range(7)]
    _, before, after, left, right, names, order = ranges
    drawn.add_series(
        {
            "name": "分配后",
            "categories": after,
            "values": order,
            "marker": marker("circle", BLUE, 7 if many else 10),
            "x_error_bars": {
                "type": "custom",
                "minus_values": left,
                "plus_values": right,
                "end_style": 0,
                "line": {"color": CONNECTOR, "width": 2.5},
            },
            "data_labels": labels([f"{value:.1%}" for value in chart.after], 8 if many else 9),
        }
    )
    drawn.add_series(
        {
            "name": "分配前",
            "categories": before,
            "values": order,
            "marker": marker("diamond", ORANGE, 6 if many else 8),
        }
    )
    drawn.add_series(
        {
            "name": "名称",
            "categories": names,
            "values": order,
            "marker": {"type": "none"},
            "data_labels": labels(chart.names, 8 if many or max(map(len, chart.names)) > 8 else 9),
        }
    )
    _dumbbell_axes(drawn, chart)
    dress(drawn, chart.title, [2])
    return drawn


def _dumbbell_axes(drawn: Any, chart: Dumbbell) -> None:
    """From nothing to a little beyond the last point; names stand beside their points, not on an axis."""
    step = _step(chart)
    # A third of a step stays free for the figure beside the last point.
    furthest = step * math.ceil(max((*chart.before, *chart.after, step)) / step + 1 / 3)
    drawn.set_x_axis(
        {
            **axis(),
            "min": -step,
            "max": round(furthest, 6),
            "major_unit": step,
            "num_format": "0%;;0%",
            "line": {"none": True},
            "major_tick_mark": "none",
        }
    )
    drawn.set_y_axis(
        {
            "visible": False,
            "min": 0,
            "max": len(chart.names) + 1,
            "major_gridlines": {"visible": False},
        }
    )


def _lorenz(book: Any, chart: Lorenz, start: int) -> Any:
    """Cumulative shares as straight lines over the line of equality."""
    drawn = book.add_chart({"type": "scatter", "subtype": "straight"})
    x_before, y_before, x_after, y_after, equal = (
        data_range(start + at, len(values)) for at, (_, _, values) in enumerate(_series(chart))
    )
    for name, across, up, line in (
        ("完全均等", equal, equal, {"color": GREY, "width": 1, "dash_type": "dash"}),
        ("分配前", x_before, y_before, {"color": ORANGE, "width": 1.75, "dash_type": "square_dot"}),
        ("分配后", x_after, y_after, {"color": BLUE, "width": 2.25}),
    ):
        drawn.add_series(
            {
                "name": name,
                "categories": across,
                "values": up,
                "line": line,
                "marker": {"type": "none"},
            }
        )
    lorenz_axes(drawn)
    dress(drawn, chart.title, [])
    return drawn
