"""The sheets of a result workbook put into a copy of the user's own workbook.

Only the list of sheets, the styles and the directory of the user's package are added to; every other part stays as it
is, byte for byte. Texts of the new sheets are written in their cells, so that the shared texts stay as they are, too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from transfer_opt.core.errors import OutputError
from transfer_opt.workbook.files.opc import ROOT, TYPES, Package, children, local
from transfer_opt.workbook.files.style_merge import BLANK, MOST_CELL_FORMATS, StyleMap, merge
from transfer_opt.workbook.result.pages import read_pages
from transfer_opt.workbook.result.seals import intact

_SELECTED = re.compile(rb' tabSelected="(?:1|true)"')
_HEADER = re.compile(rb"(<headerFooter[^>]*>)(?:<oddHeader>[^<]*</oddHeader>|<oddHeader\s*/>)?")
SUFFIXES = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": ".xlsx",
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml": ".xlsm",
}
"""How a workbook of each kind must be called, or Excel does not open it."""
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
OWN_PARTS = {"worksheet", "theme", "styles", "sharedStrings"}
"""What a result workbook refers to."""
_ZIP, _ENCRYPTED = b"PK\x03\x04", "EncryptedPackage".encode("utf-16-le")
_ELSE = "或不用 --into，结果另存为单独的工作簿"


def as_read(source: Path, digest: str) -> bytes:
    """The bytes of the workbook, once more; OutputError where they are not those that were read before."""
    try:
        content = source.read_bytes()
    except OSError:
        content = b""
    if sha256(content).hexdigest() != digest:
        raise OutputError(
            f"「{source.name}」在计算期间被改动或移走了，没有写出副本。处理办法：保存并关闭它，再计算一次。"
        )
    return content


def refuse_unfit(content: bytes, source: Path, target: Path, otherwise: str = _ELSE) -> None:
    """Raise OutputError where the workbook cannot take further sheets without losing something of its own.

    `otherwise` is the last way out that is told; "" for none.
    """
    instead = f"，{otherwise}" if otherwise else ""
    if _ENCRYPTED in content and not content.startswith(_ZIP):
        raise _refused(
            source, "设有打开密码，写出的副本会没有密码", f"先取消打开密码后另存{instead}"
        )
    package = Package(content) if content.startswith(_ZIP) else None
    main = package.related(ROOT, "officeDocument") if package and TYPES in package else None
    if package is None or main is None or not main.endswith(".xml"):
        raise _refused(
            source,
            "不是 .xlsx 或 .xlsm，这种格式不能原样改写",
            f"先用 Excel 或 WPS 另存为 .xlsx{instead}",
        )
    suffix = SUFFIXES.get(package.content_type(main))
    if suffix is None or package.tree(main).tag != f"{{{SPREADSHEET}}}workbook":
        raise _refused(
            source,
            "是模板、加载项或 Strict Open XML 格式，不能原样改写",
            f"先另存为普通的 .xlsx{instead}",
        )
    if package.related(main, "revisionHeaders"):
        raise _refused(
            source, "是共享工作簿，修订记录里没有新写的内容", f"先取消共享后另存{instead}"
        )
    if target.suffix.lower() != suffix:
        why = (
            "带有宏，副本应以 .xlsm 结尾，否则宏会丢失"
            if suffix == ".xlsm"
            else "不带宏，副本应以 .xlsx 结尾"
        )
        raise _refused(source, why, f"改文件名，如 {target.stem}{suffix}")


def graft(content: bytes, result: bytes, source: Path) -> tuple[bytes, tuple[str, ...]]:
    """The workbook `content` (read from `source`) with all sheets of `result` behind its own, and what is not as it was.

    Raises OutputError where a sheet of the user has the name of a result sheet.
    """
    host, guest = _Book(Package(content)), _Book(Package(result))
    replaced = _replaceable(host, guest, source)
    content, remarks = _joined(host, guest, replaced)
    return content, (*remarks, *_replaced_told(replaced))


def add(content: bytes, sheets: bytes) -> bytes:
    """The workbook `content` with all of `sheets`, whose names it has not, behind its own; nothing else changes."""
    host, guest = _Book(Package(content)), _Book(Package(sheets))
    host.add(guest)
    return host.package.saved()


def append(
    content: bytes, sheets: bytes, header: str = "", headed: Container[str] = ()
) -> tuple[bytes, tuple[str, ...]]:
    """The same, where sheets of equal names are replaced whatever they hold: the caller answers for them.

    The pages of the host's sheets in `headed` get the header, and the book opens on the first of the sheets added; nothing
    else of the host's sheets changes.
    """
    host, guest = _Book(Package(content)), _Book(Package(sheets))
    for name, sheet in host.names.items():
        if name not in guest.names:
            part = host.sheet_part(sheet)
            told = header if sheet.get("name") in headed else ""
            host.package.put_bytes(part, _behind(host.package.read(part), told))
    return _joined(
        host,
        guest,
        [sheet.get("name") for name, sheet in host.names.items() if name in guest.names],
        opened=guest.sheets[0].get("name"),
    )


def _behind(part: bytes, header: str) -> bytes:
    """A sheet part that is not the one shown first, with this page header where it has a footer; every other byte as it was.

    Two selected sheets would be a group, in which typing into one changes both.
    """
    part = _SELECTED.sub(b"", part, count=1)
    if not header:
        return part
    told = f"<oddHeader>{escape(header)}</oddHeader>".encode()
    return _HEADER.sub(lambda found: found[1] + told, part, count=1)


def _joined(
    host: _Book, guest: _Book, replaced: Sequence[str], opened: str = ""
) -> tuple[bytes, tuple[str, ...]]:
    if extra := {relation.kind for relation in guest.package.relations(guest.part)} - OWN_PARTS:
        raise ValueError(f"a result with parts that cannot be grafted: {extra}")
    remarks = (*unsealed(host.package), *_settings_told(host.workbook))
    host.remove(replaced)
    host.add(guest)
    if opened:
        host.open_on(opened)
    return host.package.saved(), remarks


class _Book:
    """A package with its list of sheets."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.part = package.related(ROOT, "officeDocument") or ""
        self.workbook = package.tree(self.part)
        self._parts = {relation.id: relation.target for relation in package.relations(self.part)}

    @property
    def sheets(self) -> list[Any]:
        """The sheet elements in order."""
        return list(self.workbook.findall(".//{*}sheets/{*}sheet"))

    @property
    def names(self) -> dict[str, Any]:
        """The sheet elements by name; case does not count in a workbook."""
        return {sheet.get("name", "").casefold(): sheet for sheet in self.sheets}

    def sheet_part(self, sheet: Any) -> str:
        """The part that holds a sheet."""
        return self._parts[sheet.get(f"{{{OFFICE}}}id")]

    def remove(self, names: Sequence[str]) -> None:
        """Take sheets out, with all that belongs to them only; also the order of calculation, which programs make anew."""
        doomed = [self.names[name.casefold()] for name in names]
        places = {
            old: new
            for new, old in enumerate(
                place for place, sheet in enumerate(self.sheets) if sheet not in doomed
            )
        }
        ids = {sheet.get(f"{{{OFFICE}}}id") for sheet in doomed}
        for sheet in doomed:
            sheet.getparent().remove(sheet)
        for name in self.workbook.findall(".//{*}definedName[@localSheetId]"):
            if int(name.get("localSheetId")) in places:
                name.set("localSheetId", str(places[int(name.get("localSheetId"))]))
            else:
                name.getparent().remove(name)
        for view in self.workbook.findall(".//{*}workbookView"):
            for attribute in {"activeTab", "firstSheet"} & set(view.keys()):
                view.set(attribute, str(places.get(int(view.get(attribute)), 0)))
        ids |= {
            relation.id
            for relation in self.package.relations(self.part)
            if relation.kind == "calcChain"
        }
        if ids:
            self.package.unrelate(self.part, ids)

    def add(self, guest: _Book) -> None:
        """Put all sheets of another book behind the own ones."""
        from lxml import etree

        styles = self._merge_styles(guest)
        texts = _texts(guest)
        first, renamed = len(self.sheets), dict[str, str]()
        holder = self.workbook.find("{*}sheets")
        number = max((int(sheet.get("sheetId", "0")) for sheet in self.sheets), default=0)
        for place, sheet in enumerate(guest.sheets, start=1):
            part = guest.sheet_part(sheet)
            root = guest.package.tree(part)
            _settle(root, styles, texts)
            type_ = next(r.type for r in guest.package.relations(guest.part) if r.target == part)
            id_ = self.package.relate(
                self.part, type_, self._transplant(guest.package, part, renamed, root)
            )
            etree.SubElement(
                holder,
                f"{{{SPREADSHEET}}}sheet",
                {"name": sheet.get("name"), "sheetId": str(number + place), f"{{{OFFICE}}}id": id_},
            )
        self._add_names(guest, first)
        self.package.put(self.part, self.workbook)

    def open_on(self, name: str) -> None:
        """Show this sheet first."""
        place = [sheet.get("name") for sheet in self.sheets].index(name)
        for view in self.workbook.findall(".//{*}workbookView"):
            view.set("activeTab", str(place))
        self.package.put(self.part, self.workbook)

    def _transplant(
        self, guest: Package, part: str, renamed: dict[str, str], root: Any = None
    ) -> str:
        """Copy a part and all it leads to under names that are free here; its new name."""
        if part in renamed:
            return renamed[part]
        new = renamed[part] = self.package.fresh(part)
        if root is None:
            self.package.put_bytes(new, guest.read(part))
        else:
            self.package.put(new, root)
        self.package.declare(new, guest.content_type(part))
        relations = [
            relation
            if relation.external
            else replace(relation, target=self._transplant(guest, relation.target, renamed))
            for relation in guest.relations(part)
        ]
        if relations:
            self.package.put_relations(new, relations)
        return new

    def _merge_styles(self, guest: _Book) -> StyleMap:
        from lxml import etree

        part = self.package.related(self.part, "styles")
        if part is None:
            part = self.package.fresh(posixpath.join(posixpath.dirname(self.part), "styles.xml"))
            self.package.relate(self.part, f"{OFFICE}/styles", part)
        if part in self.package:
            sheet = self.package.tree(part)
        else:
            sheet = etree.fromstring(BLANK)
            self.package.declare(part, STYLES_TYPE)
        styles = merge(sheet, guest.package.tree(guest.package.related(guest.part, "styles") or ""))
        if max(styles.cells) > MOST_CELL_FORMATS:
            raise OutputError(
                f"原工作簿的单元格格式已近上限，放不下结果表的格式。处理办法：清理多余的格式，{_ELSE}。"
            )
        self.package.put(part, sheet)
        return styles

    def _add_names(self, guest: _Book, first: int) -> None:
        """The guest's defined names; those of its sheets count from `first`."""
        found = guest.workbook.findall(".//{*}definedName")
        if not found:
            return
        own = {
            name.get("name", "").casefold()
            for name in self.workbook.findall(".//{*}definedName")
            if name.get("localSheetId") is None
        }
        holder = _names_holder(self.workbook)
        for name in map(deepcopy, found):
            if name.get("localSheetId") is not None:
                name.set("localSheetId", str(first + int(name.get("localSheetId"))))
            elif name.get("name", "").casefold() in own:
                raise OutputError(
                    f"原工作簿里已有名称「{name.get('name')}」，结果表也要用它。处理办法：在“公式—名称管理器”里改名，{_ELSE}。"
                )
            holder.append(name)


def _settle(root: Any, styles: StyleMap, texts: Sequence[Any]) -> None:
    """Make a sheet of a result fit its new workbook: numbers of formats, texts in their cells, widths, not selected."""
    for element in list(root.iter()):  # cells change under way
        name = local(element.tag)
        if name == "c":
            element.set("s", str(styles.cells[int(element.get("s", "0"))]))
            if element.get("t") == "s":
                _write_text(element, texts)
            if {"cm", "vm"} & set(element.keys()):
                raise ValueError("cell metadata cannot be grafted")
        elif (
            name in ("row", "col")
            and (old := element.get("s" if name == "row" else "style")) is not None
        ):
            element.set("s" if name == "row" else "style", str(styles.cells[int(old)]))
        elif name == "sheetView":
            element.attrib.pop("tabSelected", None)
        elif name == "sheetFormatPr":
            element.set("customHeight", "1")  # else rows take the height of the user's own font
        if name == "col" and element.get("width") is not None:
            element.set("width", f"{float(element.get('width')) * styles.width:.8g}")
        if element.get("dxfId") is not None:
            element.set("dxfId", str(styles.conditions[int(element.get("dxfId"))]))


def _write_text(cell: Any, texts: Sequence[Any]) -> None:
    from lxml import etree

    value = cell.find("{*}v")
    inline = etree.SubElement(cell, f"{{{SPREADSHEET}}}is")
    inline.extend(map(deepcopy, texts[int(value.text)]))
    cell.remove(value)
    cell.set("t", "inlineStr")


def _texts(book: _Book) -> list[Any]:
    part = book.package.related(book.part, "sharedStrings")
    return list(children(book.package.tree(part))) if part else []


def _names_holder(workbook: Any) -> Any:
    """The list of defined names, made behind the sheets and what may stand between where there is none."""
    from lxml import etree

    holder = workbook.find("{*}definedNames")
    if holder is None:
        holder = etree.Element(f"{{{SPREADSHEET}}}definedNames")
        before = [
            child
            for child in children(workbook)
            if local(child.tag) in ("sheets", "functionGroups", "externalReferences")
        ]
        before[-1].addnext(holder)
    return holder


def _replaceable(host: _Book, guest: _Book, source: Path) -> list[str]:
    """The result sheets of an earlier run; OutputError where one is the user's own, or changed by hand."""
    common = [sheet.get("name") for name, sheet in host.names.items() if name in guest.names]
    if not common:
        return []
    untouched = intact(read_pages(source))
    foreign = [name for name in common if name not in untouched]
    if foreign:
        names = "".join(f"「{name}」" for name in foreign)
        raise _refused(
            source,
            f"里已有{names}，不是本程序写出的原样结果，不能覆盖",
            f"先把这些表改名或删去，{_ELSE}",
        )
    # All of the earlier result, also a sheet that this one does not have.
    return [sheet.get("name") for sheet in host.sheets if sheet.get("name") in untouched]


def _replaced_told(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"原有的结果表已换成这次的：{'、'.join(names)}。"


def unsealed(package: Package) -> Iterator[str]:
    """A digital signature would no longer hold, so it is taken off."""
    ids = {
        relation.id
        for relation in package.relations(ROOT)
        if relation.type.endswith("digital-signature/origin")
    }
    if ids:
        package.unrelate(ROOT, ids)
        yield "原工作簿的数字签名对副本不再有效，已去掉；需要时请重新签名。"


def _settings_told(workbook: Any) -> Iterator[str]:
    if any(
        _on(element.get("lockStructure")) for element in workbook.findall("{*}workbookProtection")
    ):
        yield "原工作簿的结构保护仍然有效：要移动或删除结果表，先撤消工作簿保护。"
    if any(
        element.get("fullPrecision") in ("0", "false") for element in workbook.findall("{*}calcPr")
    ):
        yield "原工作簿设为“将精度设为所显示的精度”：打开后结果表里的小数会按显示的位数舍入，请以单独的结果工作簿为准。"


def _on(value: str | None) -> bool:
    return value in ("1", "true")


def _refused(source: Path, why: str, remedy: str) -> OutputError:
    return OutputError(f"「{source.name}」{why}。处理办法：{remedy}。")
