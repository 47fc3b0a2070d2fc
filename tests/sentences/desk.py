"""A desk with a few solved files, and the program's front door: what a command says, with every text of what it wrote."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

from books import ECOLOGY, EQUALIZATION, EXAMPLE, change, write_tables
from results import edited, write_result
from results import tables as budget_tables
from sheetmaker import write

from campaign.door import command
from transfer_opt.allocation.allocate import instance_of
from transfer_opt.commands import adjust as adjusting
from transfer_opt.commands.adjust import Adjusted
from transfer_opt.intake import prepare
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.case import Case

AFTER_LAST_YEAR = (
    "上年保底",
    "困难地区倾斜",
    "考核奖惩",
    "增幅上限",
    "三保压力倾斜",
    "财力薄弱倾斜",
    "生态稳定增长",
)

Cells = Mapping[str, Sequence[Sequence[Any]]]
_TEXT = re.compile(
    r"<(?:w:)?t(?: [^>]*)?>([^<]+)</(?:w:)?t>|<v>([^<]*[\u4e00-\u9fff][^<]*)</v>|<f>([^<]*)</f>"
)
_HEADER = re.compile(r"<odd(?:Header|Footer)>([^<]+)<")


class Desk:
    """A folder, and what lies in it; whatever several sentences need is made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._slots: dict[str, int] = {}
        self._said: dict[tuple[str, ...], str] = {}
        self._changed: dict[tuple[Path, Callable[[Any], None]], Path] = {}

    def says(self, *arguments: str | Path) -> str:
        """What a command prints; the same words are asked once."""
        words = tuple(map(str, arguments))
        if words not in self._said:
            answer = command(*words)
            self._said[words] = answer.out + answer.err
        return self._said[words]

    def slot(self, key: str) -> int:
        """A number for a name: the same key always has the same."""
        return self._slots.setdefault(key, len(self._slots))

    def path(self, name: str) -> Path:
        """A file of the desk."""
        return self.folder / name

    def file(self, name: str, content: bytes | str) -> Path:
        """A file with this content."""
        path = self.path(name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def table(self, name: str, rows: Sequence[Sequence[Any]] | Cells) -> Path:
        """A workbook of plain rows."""
        return write(self.path(name), rows if isinstance(rows, Mapping) else {"表": rows})

    def book(self, name: str, found: dict[str, list[list[Any]]]) -> Path:
        """A budget of plain tables."""
        return write_tables(self.path(name), found)

    def changed(self, source: Path, change: Callable[[Any], None]) -> Path:
        """A copy changed by a spreadsheet library; the same change is made once."""
        key = source, change
        if key not in self._changed:
            target = self.path(f"改{len(self._changed)}.xlsx")
            self._changed[key] = edited(source, target, change)
        return self._changed[key]

    @cached_property
    def small(self) -> tuple[Path, Path]:
        """A budget of a few counties and its result."""
        found = write_result(self.folder, 1, most=7)
        assert found is not None
        return found

    @cached_property
    def prepared(self) -> Prepared:
        """The small budget, read."""
        return prepare.prepare(self.small[0])

    @cached_property
    def case(self) -> Case:
        """The same as a case."""
        return instance_of(self.prepared, "highs").case

    @cached_property
    def newborn(self) -> Prepared:
        """The small budget without any last year, and without the rules that look at it."""
        found = budget_tables(1, most=7)
        for at in (
            at
            for at in reversed(range(20))
            if found["县区数据"][0][at:] and str(found["县区数据"][0][at]).startswith("上年")
        ):
            for row in found["县区数据"]:
                del row[at]
        for rule in AFTER_LAST_YEAR:
            change(found, "约束参数", lambda row, rule=rule: row["规则"] == rule, 启用="否")
        return prepare.prepare(self.book("新.xlsx", found))

    @cached_property
    def poor(self) -> Prepared:
        """The small budget without 生态."""
        found = budget_tables(1, most=7)
        found["资金总额"] = [row for row in found["资金总额"] if row[0] != ECOLOGY]
        return prepare.prepare(self.book("贫.xlsx", found))

    @cached_property
    def base(self) -> Adjusted:
        """The small result, to be decided on."""
        return adjusting.opened(self.small[1])

    @cached_property
    def counties(self) -> list[str]:
        """The counties of the small result that get 均衡性, in its order."""
        named = self.base.plan.case.line_names
        return [who for fund, _, who in named if fund == EQUALIZATION]

    @cached_property
    def zoneless(self) -> str:
        """One of them that gets no 生态."""
        zones = {who for fund, _, who in self.base.plan.case.line_names if fund == ECOLOGY}
        return next(who for who in self.counties if who not in zones)

    @property
    def unit(self) -> Decimal:
        """The publishing unit of the small result, in its money unit."""
        return Decimal(repr(float(self.base.plan.case.unit)))

    def given(self, county: str) -> Decimal:
        """What a county of the small result was given of 均衡性."""
        plan = self.base.plan
        at = [(fund, who) for fund, _, who in plan.case.line_names].index((EQUALIZATION, county))
        return Decimal(repr(float(plan.published[at])))

    @cached_property
    def solved(self) -> str:
        """What is said and written when the example is solved."""
        return self.says("solve", EXAMPLE, "-o", self.result) + texts(self.result)

    @property
    def result(self) -> Path:
        """Where the example's result lies once it is solved."""
        return self.path("结果.xlsx")


def texts(path: Path) -> str:
    """Every text of a workbook, of its formulas and of its printed headers; of any other file the text it is."""
    if not zipfile.is_zipfile(path):
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as archive:
        parts = [
            archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")
        ]
    return "\n".join(
        unescape(next(filter(None, found)) if isinstance(found, tuple) else found)
        for part in parts
        for found in (*_TEXT.findall(part), *_HEADER.findall(part))
    )


def codes(said: str) -> set[str]:
    """The codes among what was printed, in words or as JSON."""
    found = set(re.findall(r"\[([AEW]\d{3})\]", said))
    if said.startswith("{"):
        told = json.loads(said[: said.rindex("}") + 1])
        found |= {each["code"] for kind in ("problems", "warnings") for each in told[kind]}
    return found
