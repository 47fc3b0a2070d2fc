"""What a reader of an .xlsx file sees beside the values of cells: sheets, sizes, looks, pages, and what lies over the cells.

The same function looks at the file and at what the writer makes, so that the two can be held against each other.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transfer_opt.core.cell_names import Place, place
from transfer_opt.workbook.files.limits import FileError
from transfer_opt.workbook.files.opc import ROOT, Package, children, local
from transfer_opt.workbook.result.drawings import Drawing, drawings
from transfer_opt.workbook.result.looks import Font, Look, Looks, contrast

UNREADABLE = (
    FileError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    SyntaxError,
    zipfile.BadZipFile,
)
"""What looking at a file may end in that somebody took apart by hand."""
DEFAULT_WIDTH = 8.43
_TRUE = ("1", "true")
OVERLAYS = {
    "comments": "批注",
    "threadedComment": "批注",
    "legacyDrawing": "批注",
    "vmlDrawing": "批注或控件",
    "legacyDrawingHF": "页眉页脚里的图片",
    "image": "背景图片",
    "picture": "背景图片",
    "hyperlink": "超链接",
    "hyperlinks": "超链接",
    "table": "表格样式",
    "tableParts": "表格样式",
    "pivotTable": "数据透视表",
    "queryTable": "外部查询",
    "oleObject": "嵌入的对象",
    "oleObjects": "嵌入的对象",
    "package": "嵌入的对象",
    "control": "控件",
    "controls": "控件",
    "ctrlProp": "控件",
    "slicer": "切片器",
    "timeline": "日程表",
    "sparklineGroup": "迷你图",
    "scenarios": "方案管理器里的方案",
    "customSheetView": "自定义视图",
    "webPublishItem": "网页发布项",
}
"""What may lie over the cells of a sheet, by element or relation."""
_PARTS = {
    "externalLink": "外部链接",
    "vbaProject": "宏",
    "connections": "外部数据连接",
    "chartsheet": "图表工作表",
    "dialogsheet": "对话框工作表",
    "xlMacrosheet": "宏表",
    "pivotCacheDefinition": "数据透视表",
}
"""What a workbook may refer to that no result has; programs leave other, quiet parts."""
HEADINGS = {
    "oddHeader": "页眉",
    "oddFooter": "页脚",
    "evenHeader": "偶数页页眉",
    "evenFooter": "偶数页页脚",
    "firstHeader": "首页页眉",
    "firstFooter": "首页页脚",
}


@dataclass(frozen=True)
class SeenCell:
    """A cell that holds something."""

    look: Look
    is_text: bool
    """A constant text, of which the number format shows only its fourth section."""
    runs: frozenset[Font]
    """The fonts of the parts of a text; empty where all of it is alike."""


@dataclass(frozen=True)
class SeenSheet:
    """One sheet."""

    name: str
    state: str
    cells: Mapping[Place, SeenCell]
    columns: Mapping[int, float]
    """Pixels of the columns that are told; 0 where hidden."""
    other_columns: float
    rows: Mapping[int, float]
    """Points of the rows that are told; 0 where hidden, a negative number where their height follows what they hold."""
    other_rows: float
    view: tuple[str, ...]
    """Settings that change what is shown of the cells."""
    merges: frozenset[str]
    conditions: frozenset[tuple[Any, ...]]
    validations: frozenset[tuple[Any, ...]]
    overlays: tuple[str, ...]
    """Words for what lies over the cells, charts apart."""
    drawings: tuple[Drawing, ...]
    headings: Mapping[str, str]
    """Header and footer by kind: what they say."""
    area: str
    titles: str
    scale: int
    """Per cent at which the sheet prints; 0 where it is fitted to the page."""
    first_page: str

    def width(self, column: int) -> float:
        """Pixels of a column."""
        return self.columns.get(column, self.other_columns)

    def height(self, row: int) -> float:
        """Points of a row; 0 where it does not show, negative where nothing is said."""
        return self.rows.get(row, self.other_rows)


@dataclass(frozen=True)
class Seen:
    """A workbook."""

    sheets: tuple[SeenSheet, ...]
    names: frozenset[str]
    """Defined names that a reader may come across."""
    parts: tuple[str, ...]
    """Words for what belongs to the whole workbook and is no sheet."""


def seen(content: bytes) -> Seen:
    """The workbook in these bytes, which have been looked over before."""
    package = Package(content)
    part = package.related(ROOT, "officeDocument") or ""
    workbook = package.tree(part)
    relations = {relation.id: relation for relation in package.relations(part)}
    styles, theme = (package.related(part, kind) for kind in ("styles", "theme"))
    looks = Looks(package.tree(styles) if styles else None, package.tree(theme) if theme else None)
    texts = _shared(package, package.related(part, "sharedStrings"))
    names = _Names(workbook)
    sheets = []
    for listed in package.worksheets():
        reader = _SheetReader(package, listed.part, looks, texts)
        sheets.append(reader.sheet(listed.name, listed.state, names.of(listed.place)))
    hidden = any(
        view.get("visibility", "visible") != "visible"
        for view in workbook.findall(".//{*}workbookView")
    )
    parts = [_PARTS[relation.kind] for relation in relations.values() if relation.kind in _PARTS]
    return Seen(
        tuple(sheets),
        names.others,
        (*dict.fromkeys(parts), *(("隐藏的工作簿窗口",) if hidden else ())),
    )


class _Names:
    """The defined names: those of a sheet's printing by its place, and all others."""

    def __init__(self, workbook: Any) -> None:
        self._of: dict[tuple[int, str], str] = {}
        others = set()
        for name in workbook.findall(".//{*}definedName"):
            said = name.get("name", "")
            if said.startswith("_xlnm."):
                self._of[int(name.get("localSheetId", "-1")), said] = _plain_range(name.text or "")
            else:
                others.add(said)
        self.others = frozenset(others)

    def of(self, at: int) -> tuple[str, str]:
        """Print area and print titles of a sheet."""
        return self._of.get((at, "_xlnm.Print_Area"), ""), self._of.get(
            (at, "_xlnm.Print_Titles"), ""
        )


def _plain_range(text: str) -> str:
    """Ranges without sheet names: two spellings of one are the same."""
    return re.sub(r"('[^']*'|[^'!,]*)!", "", text).replace("$", "")


def _shared(package: Package, part: str | None) -> list[Any]:
    """The runs of every shared text; None where it is all of one font."""
    return (
        [each if each.find("{*}r") is not None else None for each in children(package.tree(part))]
        if part
        else []
    )


class _SheetReader:
    """Reads one sheet part."""

    def __init__(self, package: Package, part: str, looks: Looks, texts: Sequence[Any]) -> None:
        self._package, self._part, self._looks, self._texts = package, part, looks, texts
        self._cells: dict[Place, SeenCell] = {}
        self._rows: dict[int, float] = {}
        self._made: dict[tuple[int, bool, frozenset[Font]], SeenCell] = {}

    def sheet(self, name: str, state: str, printed: tuple[str, str]) -> SeenSheet:
        """Everything seen on it."""
        root = self._read()
        format_ = root.find("{*}sheetFormatPr")
        setup, fitted = root.find("{*}pageSetup"), root.find("{*}sheetPr/{*}pageSetUpPr")
        said = {} if setup is None else setup.attrib
        is_fitted = fitted is not None and fitted.get("fitToPage") in _TRUE
        columns = self._columns(root)
        usual = float(
            (format_.get("defaultColWidth") if format_ is not None else None) or DEFAULT_WIDTH
        )
        zero = format_ is not None and format_.get("zeroHeight") in _TRUE
        return SeenSheet(
            name,
            state,
            self._cells,
            columns,
            usual * self._looks.digit,
            self._rows,
            0.0 if zero else -1.0,
            tuple(_view(root)),
            frozenset(each.get("ref", "") for each in root.iter("{*}mergeCell")),
            frozenset(self._conditions(root)),
            frozenset(_validations(root)),
            tuple(self._overlays(root)),
            drawings(self._package, self._part),
            _headings(root),
            *printed,
            0 if is_fitted else int(said.get("scale", "100")),
            said.get("firstPageNumber", "1") if said.get("useFirstPageNumber") in _TRUE else "",
        )

    def _read(self) -> Any:
        """The root without its rows, which are looked at one by one: a large sheet is never held as a tree."""
        from lxml import etree

        row = 0
        events = etree.iterparse(
            io.BytesIO(self._package.read(self._part)),
            tag="{*}row",
            resolve_entities=False,
            no_network=True,
            huge_tree=True,
        )
        for _, element in events:
            row = int(element.get("r", row + 1))
            self._row(row - 1, element)
            element.clear()
        return events.root

    def _row(self, at: int, element: Any) -> None:
        if element.get("hidden") in _TRUE:
            self._rows[at] = 0.0
        elif (height := element.get("ht")) is not None:
            self._rows[at] = float(height)
        column = -1
        for cell in element.iterfind("{*}c"):
            where = place(cell.get("r") or "") or (at, column + 1)
            column = where[1]
            if found := self._cell(cell):
                self._cells[where] = found

    def _cell(self, cell: Any) -> SeenCell | None:
        """None where the cell holds nothing."""
        kind, value = cell.get("t", "n"), cell.find("{*}v")
        held = (
            value is not None
            and value.text
            or cell.find("{*}f") is not None
            or any(cell.itertext("{*}t"))
        )
        if not held:
            return None
        style = int(cell.get("s", "0"))
        look = self._looks.cell(style)
        rich = cell.find("{*}is")
        if kind == "s" and value is not None:
            rich = self._texts[int(value.text)] if int(value.text) < len(self._texts) else None
        runs = () if rich is None else rich.iterfind("{*}r")
        fonts = frozenset(
            self._looks.run(run.find("{*}rPr"), look.font)
            for run in runs
            if (run.findtext("{*}t") or "").strip()
        )
        key = style, kind in ("s", "inlineStr"), fonts
        if key not in self._made:  # one for all cells alike: a large sheet has a million
            self._made[key] = SeenCell(look, *key[1:])
        return self._made[key]

    def _columns(self, root: Any) -> dict[int, float]:
        found = {}
        for each in root.iter("{*}col"):
            width = (
                0.0
                if each.get("hidden") in _TRUE
                else float(each.get("width", DEFAULT_WIDTH)) * self._looks.digit
            )
            for column in range(
                int(each.get("min", "1")) - 1, min(int(each.get("max", "1")), 4096)
            ):
                found[column] = width
        return found

    def _conditions(self, root: Any) -> Iterator[tuple[Any, ...]]:
        """Every rule: where, what it asks, what it does."""
        for holder in root.iter("{*}conditionalFormatting"):
            where = " ".join(
                sorted((holder.get("sqref") or holder.findtext("{*}sqref") or "").split())
            )
            for rule in holder.iterfind("{*}cfRule"):
                formulas = tuple(
                    _formula(each) for each in rule.iter("{*}formula", "{*}f") if each.text
                )
                looks = self._looks.condition(rule.get("dxfId"), rule.find("{*}dxf"))
                scale = tuple(
                    f"{local(each.tag)} {each.get('type', '')} {each.get('val', '')} {each.get('showValue', '')}"
                    + (self._looks.colour(each) if local(each.tag) == "color" else "")
                    for each in rule.iter("{*}cfvo", "{*}color", "{*}iconSet", "{*}dataBar")
                )
                yield where, rule.get("type", ""), rule.get("operator", ""), formulas, looks, scale

    def _overlays(self, root: Any) -> Iterator[str]:
        kinds = [local(each.tag) for each in root.iter() if isinstance(each.tag, str)]
        kinds += [relation.kind for relation in self._package.relations(self._part)]
        yield from dict.fromkeys(OVERLAYS[kind] for kind in kinds if kind in OVERLAYS)


def _formula(element: Any) -> str:
    return re.sub(r"[\s'$]", "", element.text or "").removeprefix("=")


def _validations(root: Any) -> Iterator[tuple[Any, ...]]:
    for each in root.iter("{*}dataValidation"):
        where = " ".join(sorted((each.get("sqref") or each.findtext("{*}sqref") or "").split()))
        source = each.find("{*}formula1")
        said = "" if source is None else re.sub(r"[\s'$]", "", "".join(source.itertext()))
        prompt = (
            (each.get("promptTitle", ""), each.get("prompt", ""))
            if each.get("showInputMessage", "0") in _TRUE
            else ("", "")
        )
        yield (
            where,
            each.get("type", "none"),
            said,
            *prompt,
            each.get("errorTitle", ""),
            each.get("error", ""),
        )


def _view(root: Any) -> Iterator[str]:
    for view in root.findall("{*}sheetViews/{*}sheetView"):
        yield from (
            words
            for name, usual, words in (
                ("showZeros", True, "不显示零值"),
                ("showFormulas", False, "显示公式而不是数"),
                ("rightToLeft", False, "从右到左显示"),
            )
            if (view.get(name, "1" if usual else "0") in _TRUE) != usual
        )
        frozen = view.find("{*}pane[@state='frozen']")
        if frozen is not None and place(view.get("topLeftCell") or "A1") != (0, 0):
            yield "冻结窗格使前面的行列看不到"


def _headings(root: Any) -> dict[str, str]:
    """What headers and footers say; those of first and even pages only where they are used."""
    holder = root.find("{*}headerFooter")
    if holder is None:
        return {}
    used = {
        "odd",
        *(
            kind
            for kind, switch in (("first", "differentFirst"), ("even", "differentOddEven"))
            if holder.get(switch) in _TRUE
        ),
    }
    told = {
        name: heading(holder.findtext(f"{{*}}{name}") or "")
        for name in HEADINGS
        if name[: -len("Header")] in used
    }
    return {name: text for name, text in told.items() if text}


def heading(text: str) -> str:
    """A header or footer without fonts and with single blanks; sizes and colours stay where they hide."""
    parts = {"L": "", "C": "", "R": ""}
    section = "C"
    for match in re.finditer(
        r'&"[^"]*"|&K([0-9A-Fa-f]{6})|&K[0-9+-]+|&(\d+)|&(.)|([^&]+)', text, re.DOTALL
    ):
        colour, size, code, plain = match.groups()
        if code in parts:
            section = code
        elif colour:
            parts[section] += f"&K{colour}" if contrast(colour.upper(), "FFFFFF") < 2.5 else ""
        elif size:
            parts[section] += f"&{size} " if not 6 <= int(size) <= 20 else ""
        elif code:
            parts[section] += f"&{code}" if code not in "BIUEXYO" else ""
        else:
            parts[section] += plain or ""
    return "".join(
        f"&{name}{' '.join(said.split())}" for name, said in parts.items() if said.strip()
    )
