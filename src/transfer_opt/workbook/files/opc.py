"""A zip package of parts, their relations and content types (OPC); knows nothing of spreadsheets.

Parts that are not touched are written as they were, byte for byte.
"""

from __future__ import annotations

import io
import posixpath
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from transfer_opt.workbook.files.limits import DamagedError

TYPES = "[Content_Types].xml"
ROOT = ""
"""The package itself as the source of relations."""
UNDATED = (1980, 1, 1, 0, 0, 0)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT = "http://schemas.openxmlformats.org/package/2006/content-types"


@dataclass(frozen=True)
class Relation:
    """One relation of a part; `kind` is the last word of its type."""

    id: str
    type: str
    target: str
    """A part of the package; as written where it is external."""
    external: bool

    @property
    def kind(self) -> str:
        """worksheet, styles, image …"""
        return self.type.rpartition("/")[2]


@dataclass(frozen=True)
class Listed:
    """A worksheet as the list of sheets has it."""

    name: str
    state: str
    place: int
    """In the list of all sheets, from 0."""
    part: str


class Package:
    """A package in memory that can be changed and saved under another name."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._names = {name.replace("\\", "/").lower(): name for name in self._archive.namelist()}
        self._put: dict[str, bytes] = {}
        self._dropped: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return self._name(name) in self.names

    @property
    def names(self) -> set[str]:
        """Every part there is now."""
        return {*self._archive.namelist(), *self._put} - self._dropped

    def read(self, name: str) -> bytes:
        """The bytes of a part; DamagedError where they are not there."""
        name = self._name(name)
        try:
            return self._put[name] if name in self._put else self._archive.read(name)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError):
            raise DamagedError from None

    def tree(self, name: str) -> Any:
        """The root element of an XML part; DamagedError where it is none."""
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        try:
            return etree.fromstring(self.read(name), parser)
        except etree.XMLSyntaxError:
            raise DamagedError from None

    def put(self, name: str, root: Any) -> None:
        """Write an XML part, new or instead of the one there is."""
        from lxml import etree

        self.put_bytes(
            name, etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
        )

    def put_bytes(self, name: str, content: bytes) -> None:
        """Write a part as it is."""
        name = self._names.setdefault(name.lower(), name)
        self._put[name] = content
        self._dropped.discard(name)

    def fresh(self, name: str) -> str:
        """The name, with another number where it is taken."""
        stem, suffix = posixpath.splitext(name)
        stem, number = stem.rstrip("0123456789"), 1
        taken = {known.lower() for known in self.names}
        while {
            (new := f"{stem}{number}{suffix}").lower(),
            self._relations_part(new).lower(),
        } & taken:
            number += 1
        return new

    def relations(self, source: str) -> list[Relation]:
        """What a part refers to."""
        part = self._relations_part(source)
        return (
            [self._relation(source, element) for element in self.tree(part)] if part in self else []
        )

    def related(self, source: str, kind: str) -> str | None:
        """The first part of a kind that a part refers to."""
        return next(
            (
                found.target
                for found in self.relations(source)
                if found.kind == kind and not found.external
            ),
            None,
        )

    def worksheets(self) -> list[Listed]:
        """The worksheets of a workbook, in order, whose parts are there."""
        book = self.related(ROOT, "officeDocument")
        if book is None:
            return []
        parts = {each.id: each.target for each in self.relations(book) if each.kind == "worksheet"}
        found = []
        for place, entry in enumerate(self.tree(book).findall(".//{*}sheets/{*}sheet")):
            ids = (value for key, value in entry.attrib.items() if local(key) == "id")
            part = parts.get(next(ids, ""))
            if part is not None and part in self:
                name, state = entry.get("name", ""), entry.get("state", "visible")
                found.append(Listed(name, state, place, part))
        return found

    def relate(self, source: str, type_: str, target: str) -> str:
        """Let a part refer to another; the id of the relation."""
        part = self._relations_part(source)
        root = self.tree(part) if part in self else _no_relations()
        taken, number = {element.get("Id") for element in root}, len(root) + 1
        while f"rId{number}" in taken:
            number += 1
        _append_relation(root, Relation(f"rId{number}", type_, target, external=False))
        self.put(part, root)
        return f"rId{number}"

    def put_relations(self, source: str, relations: Iterable[Relation]) -> None:
        """Give a new part its relations."""
        root = _no_relations()
        for relation in relations:
            _append_relation(root, relation)
        self.put(self._relations_part(source), root)

    def unrelate(self, source: str, ids: set[str]) -> None:
        """Forget relations of a part, and every part that only they led to."""
        part, before = self._relations_part(source), self._reachable()
        root = self.tree(part)
        for element in list(root):
            if element.get("Id") in ids:
                root.remove(element)
        self.put(part, root)
        lost = before - self._reachable()
        self._dropped |= lost | ({self._relations_part(name) for name in lost} & self.names)
        self._undeclare(lost)

    def content_type(self, name: str) -> str:
        """What a part is."""
        types = self.tree(TYPES)
        for element in types.findall(f"{{{_CONTENT}}}Override"):
            if element.get("PartName", "").lower() == f"/{name}".lower():
                return str(element.get("ContentType"))
        ending = name.rpartition(".")[2].lower()
        return next(
            (
                str(element.get("ContentType"))
                for element in types.findall(f"{{{_CONTENT}}}Default")
                if element.get("Extension", "").lower() == ending
            ),
            "",
        )

    def declare(self, name: str, content_type: str) -> None:
        """Say what a new part is."""
        from lxml import etree

        self._undeclare({name})  # some programs leave words about parts that are gone
        types = self.tree(TYPES)
        etree.SubElement(
            types, f"{{{_CONTENT}}}Override", PartName=f"/{name}", ContentType=content_type
        )
        self.put(TYPES, types)

    def saved(self) -> bytes:
        """The package as a file; the same changes make the same bytes."""
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
            known = self._archive.infolist()
            for entry in known:
                if entry.filename not in self._dropped:
                    self._save(archive, entry)
            for name in sorted(
                self._put.keys() - {entry.filename for entry in known} - self._dropped
            ):
                archive.writestr(listed(name), self._put[name])
        return memory.getvalue()

    def _save(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        copy = listed(entry.filename, entry.date_time)
        copy.compress_type, copy.external_attr = entry.compress_type, entry.external_attr
        if entry.filename in self._put:
            archive.writestr(copy, self._put[entry.filename])
        elif entry.is_dir():
            archive.writestr(copy, b"")
        else:
            copy.file_size = entry.file_size
            with self._archive.open(entry) as source, archive.open(copy, "w") as target:
                shutil.copyfileobj(source, target)

    def _undeclare(self, names: set[str]) -> None:
        types = self.tree(TYPES)
        for element in types.findall(f"{{{_CONTENT}}}Override"):
            if self._name(element.get("PartName", "").lstrip("/")) in names:
                types.remove(element)
        self.put(TYPES, types)

    def _reachable(self) -> set[str]:
        """Every part that relations lead to from the package itself."""
        found: set[str] = set()
        ahead = [ROOT]
        while ahead:
            targets = {
                relation.target for relation in self.relations(ahead.pop()) if not relation.external
            }
            ahead += targets - found
            found |= targets
        return found & self.names

    def _relation(self, source: str, element: Any) -> Relation:
        target, external = element.get("Target", ""), element.get("TargetMode") == "External"
        if not external:
            target = posixpath.normpath(
                posixpath.join("/", posixpath.dirname(source), target)
            ).lstrip("/")
            target = self._name(target)
        return Relation(element.get("Id", ""), element.get("Type", ""), target, external)

    def _relations_part(self, source: str) -> str:
        folder, name = posixpath.split(source)
        return self._name(posixpath.join(folder, "_rels", f"{name}.rels"))

    def _name(self, name: str) -> str:
        """As the package spells it: case does not count."""
        return self._names.get(name.lower(), name)


def local(tag: Any) -> str:
    """The name of an element without its namespace; empty for comments."""
    return re.sub(r"\{.*\}", "", tag) if isinstance(tag, str) else ""


def children(element: Any) -> Iterator[Any]:
    """The child elements, comments apart."""
    return (child for child in element if isinstance(child.tag, str))


def _no_relations() -> Any:
    from lxml import etree

    return etree.Element(f"{{{_RELATIONS}}}Relationships", nsmap={None: _RELATIONS})


def _append_relation(root: Any, relation: Relation) -> None:
    from lxml import etree

    target = relation.target if relation.external else f"/{relation.target}"
    element = etree.SubElement(
        root, f"{{{_RELATIONS}}}Relationship", Id=relation.id, Type=relation.type, Target=target
    )
    if relation.external:
        element.set("TargetMode", "External")


def listed(name: str, date: tuple[int, int, int, int, int, int] = UNDATED) -> zipfile.ZipInfo:
    """A part as the file lists it."""
    made = zipfile.ZipInfo(name, date)
    made.compress_type = zipfile.ZIP_DEFLATED
    made.external_attr = 0o600 << 16
    made.create_system = 3  # the same bytes on every system
    return made
