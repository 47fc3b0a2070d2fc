"""Charts of several scenarios: dots per name, Lorenz curves, bars per prefecture. A shape and a colour per scenario."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Bars, Curves, Dots, Lines
from transfer_opt.workbook.output.chart_parts import (
    axis,
    data_range,
    dress,
    font,
    labels,
    lorenz_axes,
    marker,
)
from transfer_opt.workbook.output.styles import (
    CELL_BORDER,
    CONNECTOR,
    GREY,
    SCENARIO_COLOURS,
    SCENARIO_SHAPES,
)

LINES = (
    "solid",
    "square_dot",
    "dash",
    "dash_dot",
    "long_dash",
    "long_dash_dot",
    "round_dot",
    "long_dash_dot_dot",
)
BAR_PATTERNS = (
    "",
    "wide_upward_diagonal",
    "light_horizontal",
    "dotted_diamond",
    "light_vertical",
    "small_grid",
    "wave",
    "trellis",
)
NAME_ROOM = 0.22
"""The share of a chart's width that names take at the left."""
BIN = 0.05
MOST_TICKS = 8

Series = tuple[str, tuple[Any, float], Sequence[Value]]


def series(chart: Dots | Curves | Bars | Lines) -> list[Series]:
    """Header, kind and width, values of each column a chart needs."""
    share, number, name = ("share", 10.5), ("number", 9.0), ("name", 20.0)
    if isinstance(chart, Curves):
        parts: list[Series] = [("完全均等", share, (0.0, 1.0))]
        for title, across, up in chart.series:
            parts += [(f"{title}横坐标", share, across), (f"{title}纵坐标", share, up)]
        return parts
    parts = [
        ("名称", name, chart.names),
        *((title, share, values) for title, values in chart.series),
    ]
    if isinstance(chart, Bars | Lines):
        return parts
    rows = list(zip(*(values for _, values in chart.series), strict=True))
    count = len(chart.names)
    least, most, _ = _axis_of(chart)
    return [
        *parts,
        ("最高", share, [max(row) for row in rows]),
        ("连线", share, [max(row) - min(row) for row in rows]),
        ("名称位置", share, [least - NAME_ROOM * (most - least) / (1 - NAME_ROOM)] * count),
        ("次序", number, [float(count - at) for at in range(count)]),
    ]


def dots(book: Any, chart: Dots, start: int) -> Any:
    """Scatter of a point per name and series; error bars of an unseen series connect least and largest."""
    drawn = book.add_chart({"type": "scatter"})
    count, many = len(chart.names), len(chart.names) > 15
    own = len(chart.series)
    highest, spans, places, order = (data_range(start + 1 + own + at, count) for at in range(4))
    drawn.add_series(
        {
            "name": "连线",
            "categories": highest,
            "values": order,
            "marker": {"type": "none"},
            "x_error_bars": {
                "type": "custom",
                "minus_values": spans,
                "plus_values": spans,
                "direction": "minus",
                "end_style": 0,
                "line": {"color": CONNECTOR, "width": 2},
            },
        }
    )
    for at, (title, _) in enumerate(chart.series):
        shape, colour = _look(at)
        drawn.add_series(
            {
                "name": title,
                "categories": data_range(start + 1 + at, count),
                "values": order,
                "marker": marker(shape, colour, 5 if many else 8),
            }
        )
    drawn.add_series(
        {
            "name": "名称",
            "categories": places,
            "values": order,
            "marker": {"type": "none"},
            "data_labels": labels(chart.names, 8 if many else 9),
        }
    )
    least, most, step = _axis_of(chart)
    room = NAME_ROOM * (most - least) / (1 - NAME_ROOM)
    steps = math.ceil(round(room / step, 6))
    drawn.set_x_axis(
        {
            **axis(),
            "min": round(least - steps * step, 6),
            "max": round(most, 6),
            "major_unit": step,
            "num_format": f'[<{least - step / 2:.4f}]"";0%',
            "line": {"none": True},
            "major_tick_mark": "none",
        }
    )
    drawn.set_y_axis(
        {"visible": False, "min": 0, "max": count + 1, "major_gridlines": {"visible": False}}
    )
    dress(drawn, chart.title, [0, own + 1])
    return drawn


def curves(book: Any, chart: Curves, start: int) -> Any:
    """Cumulative shares as straight lines over the line of equality."""
    drawn = book.add_chart({"type": "scatter", "subtype": "straight"})
    equal = data_range(start, 2)
    drawn.add_series(
        {
            "name": "完全均等",
            "categories": equal,
            "values": equal,
            "marker": {"type": "none"},
            "line": {"color": GREY, "width": 1, "dash_type": "dash"},
        }
    )
    for at, (title, across, _) in enumerate(chart.series):
        x, y = (data_range(start + 1 + 2 * at + side, len(across)) for side in range(2))
        line = {"color": _look(at)[1], "width": 1.75, "dash_type": LINES[at % len(LINES)]}
        drawn.add_series(
            {"name": title, "categories": x, "values": y, "line": line, "marker": {"type": "none"}}
        )
    lorenz_axes(drawn)
    dress(drawn, chart.title, [])
    return drawn


def bars(book: Any, chart: Bars, start: int) -> Any:
    """Clustered bars, a pattern beside each colour."""
    drawn = book.add_chart({"type": "column"})
    count = len(chart.names)
    for at, (title, _) in enumerate(chart.series):
        colour = _look(at)[1]
        fill = (
            {"pattern": {"pattern": BAR_PATTERNS[at], "fg_color": colour, "bg_color": "#FFFFFF"}}
            if at % len(BAR_PATTERNS)
            else {"fill": {"color": colour}}
        )
        drawn.add_series(
            {
                "name": title,
                "categories": data_range(start, count),
                "values": data_range(start + 1 + at, count),
                "gap": 60,
                "overlap": -5,
                "border": {"color": colour, "width": 0.75},
                **fill,
            }
        )
    drawn.set_x_axis(
        {
            "num_font": font(9),
            "label_position": "low",
            "line": {"color": CELL_BORDER},
            "major_tick_mark": "none",
        }
    )
    drawn.set_y_axis({**axis(), "num_format": "0%"})
    dress(drawn, chart.title, [])
    return drawn


def lines(book: Any, chart: Lines, start: int) -> Any:
    """A line with its own marker and dash per series, over the names from left to right."""
    drawn = book.add_chart({"type": "line"})
    count = len(chart.names)
    for at, (title, _) in enumerate(chart.series):
        shape, colour = _look(at)
        drawn.add_series(
            {
                "name": title,
                "categories": data_range(start, count),
                "values": data_range(start + 1 + at, count),
                "marker": marker(shape, colour, 6),
                "line": {"color": colour, "width": 1.75, "dash_type": LINES[at % len(LINES)]},
            }
        )
    drawn.set_x_axis(
        {"num_font": font(9), "line": {"color": CELL_BORDER}, "major_tick_mark": "none"}
    )
    values = [value for _, points in chart.series for value in points]
    low = math.floor(min(values, default=0.0) / BIN) * BIN
    drawn.set_y_axis({**axis(), "min": round(low, 6), "num_format": "0%"})
    dress(drawn, chart.title, [])
    return drawn


def _look(at: int) -> tuple[str, str]:
    return SCENARIO_SHAPES[at % len(SCENARIO_SHAPES)], SCENARIO_COLOURS[at % len(SCENARIO_COLOURS)]


def _axis_of(chart: Dots) -> tuple[float, float, float]:
    """Where the grid begins and ends, and its step: not from 0, for these are dots."""
    values = [value for _, points in chart.series for value in points]
    step = BIN * max(
        1, math.ceil((max(values, default=1.0) - min(values, default=0.0)) / (BIN * MOST_TICKS))
    )
    return (
        step * math.floor(round(min(values, default=0.0) / step, 6)),
        step * math.ceil(round(max(values, default=1.0) / step, 6)),
        step,
    )
