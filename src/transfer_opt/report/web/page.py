"""Puts the page together: tables, figures and data into the template; style and script by hash, nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from transfer_opt.core.tables import Report
from transfer_opt.core.vocabulary import COVERAGE_CHART, SCENARIO_COMPARISON, SHIFT, YEAR_COMPARISON
from transfer_opt.report.web.cells import Cell, Grid
from transfer_opt.report.web.glossary import explained
from transfer_opt.report.web.map import Area
from transfer_opt.report.web.strip import SHAPES, strip
from transfer_opt.workbook.output.styles import SCENARIO_COLOURS

TOTALS, CHANGES, PER_HEAD = "分县对比", "较上年变动", "人均对比"
ANSWERS, GROUPS, BALANCE = "结论", "市州和规模", "得失对比"
OPEN_BLOCKS = 2
"""So many blocks of columns of the county table are shown at first."""
SECTIONS = (
    (YEAR_COMPARISON, "多年比较：以后各年是预测"),
    (SHIFT, "分担变化：共同财政事权哪一级多支出、哪一级少支出"),
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
    environment.filters["explained"] = explained
    return environment.get_template("page.html.j2").render(
        heading=heading,
        report=report,
        grids=grids,
        matrix=_matrix(grids[SCENARIO_COMPARISON], heading),
        answers=[[cell.text for cell in line.cells] for line in grids[ANSWERS].lines],
        groups=_groups(grids[GROUPS], heading),
        balance=_balance(grids[BALANCE], heading),
        counties=counties,
        blocks=_blocks(grids, heading),
        rows=_rows(grids, heading),
        open_blocks=OPEN_BLOCKS,
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


def _groups(grid: Grid, heading: Heading) -> list[tuple[str, str, list[Cell]]]:
    """「市州和规模」 as the first screen shows it: how it is grouped, the group, per scenario its money or the difference."""
    found = []
    for line, row in zip(grid.lines, grid.table.rows, strict=True):
        named = {
            f"{column.band}/{column.name}": cell
            for column, cell in zip(grid.heads, line.cells, strict=True)
        }
        told = "本年合计" if heading.baseline in heading.scenarios else "较上年"
        cells = [named.get(f"{name}/较基准", named[f"{name}/{told}"]) for name in heading.scenarios]
        found.append((str(row.values[0]), line.cells[1].text, cells))
    return found


def _balance(grid: Grid, heading: Heading) -> list[tuple[int, list[Cell]]]:
    """「得失对比」 against the baseline, or where only last year is known against that: place of the scenario, cells."""
    against = grid.lines[0].cells[1].text if grid.lines else ""
    return [
        (heading.scenarios.index(line.cells[0].text), list(line.cells))
        for line in grid.lines
        if line.cells[1].text == against
    ]


@dataclass(frozen=True)
class Block:
    """Columns of the county table that are shown or hidden together: one per scenario that has such a figure."""

    title: str
    scenarios: tuple[int, ...]


def _blocks(grids: Mapping[str, Grid], heading: Heading) -> list[Block]:
    """The blocks in order."""
    return [Block(title, tuple(sides)) for title, _, _, sides in _sources(grids, heading)]


def _rows(
    grids: Mapping[str, Grid], heading: Heading
) -> list[tuple[str, list[Cell], list[list[Cell]]]]:
    """The county table, 合计 and 小计 rows too: kind of row; 县区名称, 市州, 上年合计; block by block its cells."""
    told: list[list[list[Cell]]] = []
    for _, grid, key, sides in _sources(grids, heading):
        at = {f"{column.band}/{column.name}": k for k, column in enumerate(grid.table.columns)}
        places = [at[key.format(heading.scenarios[side])] for side in sides]
        told.append([[cells[place] for place in places] for cells in grid.every])
    names = [f"{column.band}/{column.name}" for column in grids[TOTALS].table.columns]
    past = names.index("上年/上年合计") if "上年/上年合计" in names else -1
    rows = zip(grids[TOTALS].table.rows, grids[TOTALS].every, zip(*told, strict=True), strict=True)
    return [
        (row.kind, [cells[1], cells[2], cells[past] if past >= 0 else NOTHING], list(blocks))
        for row, cells, blocks in rows
    ]


def _sources(
    grids: Mapping[str, Grid], heading: Heading
) -> Iterator[tuple[str, Grid, str, list[int]]]:
    """Title, table, its columns with {} for the scenario, and which scenarios have one."""
    every = list(range(len(heading.scenarios)))
    totals = grids[TOTALS]
    known = {f"{column.band}/{column.name}" for column in totals.table.columns}
    yield "本年合计", totals, "{}/本年合计", every
    yield "比上年", totals, "{}/增幅", every
    compared = [at for at in every if f"{heading.scenarios[at]}/较基准" in known]
    if compared:
        yield f"比{heading.baseline}多（少）", totals, "{}/较基准", compared
    if PER_HEAD in grids:
        yield "人均（元）", grids[PER_HEAD], "/{}", every
    for name, grid in grids.items():
        if name.startswith(f"{TOTALS}·"):
            yield name.partition("·")[2], grid, "{}/本年合计", every


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
