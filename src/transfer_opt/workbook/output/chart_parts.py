"""What all native charts share: fonts, axes, markers, the cells of 「图表数据」 they draw from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.tables import FIRST_ROW
from transfer_opt.core.vocabulary import CHART_DATA
from transfer_opt.workbook.output.styles import CELL_BORDER, GRID, HEI, INK, SONG


def dress(drawn: Any, title: str, unnamed: list[int]) -> None:
    """What all charts share; every font is named, or the programs bring their own."""
    drawn.set_title(
        {"name": literal(title), "name_font": {**font(11), "name": HEI}, "overlay": False}
    )
    drawn.set_legend({"position": "top", "font": font(9), "delete_series": unnamed})
    drawn.set_chartarea({"border": {"color": CELL_BORDER}})
    # Filtering 「图表数据」 must not empty the charts.
    drawn.show_hidden_data()


def axis() -> dict[str, Any]:
    """An axis with pale grid lines."""
    return {
        "num_font": font(9),
        "major_gridlines": {"visible": True, "line": {"color": GRID, "width": 0.75}},
        "label_position": "low",
        "line": {"color": CELL_BORDER},
    }


def font(size: float) -> dict[str, Any]:
    """The font of every text in a chart."""
    return {"name": SONG, "size": size, "bold": False, "color": INK}


def labels(texts: Sequence[str], size: float) -> dict[str, Any]:
    """Literal texts beside the points: LibreOffice prints wrong figures where labels refer to cells or categories."""
    custom = [{"value": literal(text), "font": font(size)} for text in texts]
    return {"value": True, "position": "right", "custom": custom, "font": font(size)}


def marker(shape: str, colour: str, size: int) -> dict[str, Any]:
    """A filled marker."""
    return {"type": shape, "size": size, "fill": {"color": colour}, "border": {"color": colour}}


def data_range(column: int, count: int) -> str:
    """The cells of a column of 「图表数据」."""
    letters = column_letters(column)
    return f"='{CHART_DATA}'!${letters}${FIRST_ROW + 1}:${letters}${FIRST_ROW + max(count, 1)}"


def literal(text: str) -> str:
    """A text for a chart: XlsxWriter takes anything with ! and a cell address for a reference."""
    return re.sub(r"[\x00-\x1f\ud800-\udfff\ufffe\uffff]", "", text).replace("!", "！") or " "


def lorenz_axes(drawn: Any) -> None:
    """Both axes of Lorenz curves: shares from 0 to 1."""
    share = {
        **axis(),
        "min": 0,
        "max": 1,
        "major_unit": 0.2,
        "num_format": "0%",
        "name_font": font(9),
    }
    drawn.set_x_axis({**share, "name": "人口累计占比"})
    drawn.set_y_axis({**share, "name": "保障水平累计占比"})
