"""Puts the page together: tables, figures and data into the template; style and script by hash, nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from transfer_opt.core.tables import Report
from transfer_opt.core.vocabulary import COVERAGE_CHART, SCENARIO_COMPARISON
from transfer_opt.report.web.cells import Cell, Grid
from transfer_opt.report.web.map import Area
from transfer_opt.report.web.strip import SHAPES, strip
from transfer_opt.workbook.output.styles import SCENARIO_COLOURS

TOTALS, CHANGES = "分县对比", "较上年变动"
SECTIONS = (
    ("受损县区", "受损县区"),
    ("保底代价", "“谁也不少于上年”的代价"),
    ("差异分解", "差异分解：为什么和基准不同"),
    ("单调性", "单调性核对：总额增加，有没有县反而变少"),
    ("指标对比", "均衡性指标"),
    ("参数对照", "参数对照"),
    ("审计信息", "审计信息"),
)
"""Tables shown in full below the county table, and how they are headed."""
LAST = "上年"


@dataclass(frozen=True)
class Heading:
    """What the page says above the figures."""

    title: str
    facts: str
    scenarios: tuple[str, ...]
    baseline: str
    sentences: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Standing:
    """How one county stands under one scenario, or last year: cells of the workbook."""

    given: Cell
    change: Cell
    growth: Cell
    coverage: Cell
    short: Cell
    rank: Cell
    moved: tuple[tuple[str, Cell], ...]
    """What makes this year's amount of last year's."""


@dataclass(frozen=True)
class County:
    """One county."""

    code: str
    name: str
    prefecture: str
    last: Standing
    side: tuple[Standing, ...]


NOTHING = Cell("", None, "n")


def page(report: Report, heading: Heading, areas: Sequence[Area] = ()) -> str:
    """The whole page as text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    grids = {table.name: Grid(table) for table in report.tables}
    style, script = _asset("page.css"), _asset("page.js")
    counties = _counties(grids, heading.scenarios)
    lanes = [
        (name, [county.side[at].coverage for county in counties])
        for at, name in enumerate(heading.scenarios)
    ]
    environment = Environment(
        loader=PackageLoader("transfer_opt.report", "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        heading=heading,
        report=report,
        grids=grids,
        matrix=_matrix(grids[SCENARIO_COMPARISON], heading),
        counties=counties,
        strip=strip([county.name for county in counties], lanes),
        sections=[(grids[name], title) for name, title in SECTIONS if name in grids],
        areas=areas,
        shapes=[SHAPES[at % len(SHAPES)] for at in range(len(heading.scenarios))],
        colours=SCENARIO_COLOURS,
        style=style,
        script=script,
        data=_data(counties, heading),
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'",
    )


def _matrix(grid: Grid, heading: Heading) -> list[tuple[Cell, list[tuple[Cell, str, bool]]]]:
    """Rows of the decision matrix: per scenario its figure, its difference, and whether it alone is best."""
    found = []
    for line in grid.lines:
        cells = dict(
            zip(((column.band, column.name) for column in grid.heads), line.cells, strict=True)
        )
        best = line.cells[-1].text
        found.append(
            (
                line.cells[0],
                [
                    (
                        cells[name, "数值"],
                        cells[name, "较基准"].text if (name, "较基准") in cells else "基准",
                        best == name,
                    )
                    for name in heading.scenarios
                ],
            )
        )
    return found


def _counties(grids: Mapping[str, Grid], scenarios: Sequence[str]) -> list[County]:
    """What the page knows of every county, cells of the workbook's tables all of them."""
    covered = {_key(cells): named for cells, named in grids[COVERAGE_CHART].units()}
    names = [column.name for column in grids[CHANGES].table.columns]
    first, last = names.index("上年合计") + 1, names.index("本年合计")
    moved = {
        (named["/方案"].text, *_key(cells[1:])): [
            (cause, cell)
            for cause, cell in zip(names[first:last], cells[first:last], strict=True)
            if cell.value
        ]
        for cells, named in grids[CHANGES].units()
    }
    found = []
    for cells, named in grids[TOTALS].units():
        share = covered[_key(cells)]
        side = tuple(
            Standing(
                named[f"{name}/本年合计"],
                named[f"{name}/较上年"],
                named[f"{name}/增幅"],
                *_covered(share, name),
                tuple(moved.get((name, *_key(cells)), ())),
            )
            for name in scenarios
        )
        past = Standing(
            named.get("上年/上年合计", NOTHING), NOTHING, NOTHING, *_covered(share, LAST), ()
        )
        found.append(County(cells[0].text, cells[1].text, cells[2].text, past, side))
    return found


def _covered(named: Mapping[str, Cell], name: str) -> tuple[Cell, Cell, Cell]:
    coverage, short, rank = (
        named.get(f"{band}/{name}", NOTHING)
        for band in ("保障水平", "三保缺口", "保障水平位次（高为1）")
    )
    return coverage, short, rank


def _data(counties: Sequence[County], heading: Heading) -> str:
    """The data as JSON that no text in it can leave: < > & and the line separators are written as escapes."""
    content = {
        "scenarios": heading.scenarios,
        "counties": [
            {
                "name": county.name,
                "prefecture": county.prefecture,
                "code": county.code,
                "last": [
                    _pair(cell)
                    for cell in (county.last.given, county.last.coverage, county.last.short)
                ],
                "side": [
                    {
                        **{
                            key: _pair(getattr(one, key))
                            for key in ("given", "change", "growth", "coverage", "short", "rank")
                        },
                        "moved": [[cause, *_pair(cell)] for cause, cell in one.moved],
                    }
                    for one in county.side
                ],
            }
            for county in counties
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _pair(cell: Cell) -> list[Any]:
    return [cell.text, cell.value if isinstance(cell.value, float) else None]


def _key(cells: Sequence[Cell]) -> tuple[str, str]:
    return cells[0].text, cells[1].text


@cache
def _asset(name: str) -> str:
    return files("transfer_opt").joinpath("report", "web", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
