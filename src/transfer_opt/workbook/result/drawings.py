"""What is drawn on a sheet: charts, and pictures, shapes and text boxes that lie over its cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from transfer_opt.core.cell_names import Place
from transfer_opt.workbook.files.opc import Package, children, local
from transfer_opt.workbook.result.number_formats import sections

ROLES = ("xVal", "yVal", "cat", "val")
_ART = {
    "pic": "图片",
    "sp": "图形或文本框",
    "cxnSp": "线条",
    "grpSp": "组合图形",
    "contentPart": "墨迹",
    "graphicFrame": "图表以外的对象",
}
_FOREIGN = {
    "chartUserShapes": "图表里的图形",
    "image": "图表里的图片",
    "oleObject": "图表的外部数据",
    "package": "图表的外部数据",
}


@dataclass(frozen=True)
class Chart:
    """A chart, as far as programs that save it again keep it."""

    kinds: tuple[str, ...]
    title: str
    texts: frozenset[str]
    """Every text in it: names of series, labels."""
    ranges: frozenset[str]
    """Where it draws from."""
    axes: tuple[tuple[str, ...], ...]
    """Ends, direction and number format of every axis that shows."""
    caches: tuple[tuple[str, tuple[str, ...]], ...]
    """The values it carries, by range."""
    foreign: tuple[str, ...]
    """Words for what else belongs to it."""


@dataclass(frozen=True)
class Drawing:
    """One thing drawn; `word` is empty for a chart."""

    word: str
    first: Place
    last: Place
    """The cells of its corners; the same where the file only tells one."""
    chart: Chart | None = None


def drawings(package: Package, sheet: str) -> tuple[Drawing, ...]:
    """Everything drawn on the sheet of a part, in order."""
    part = package.related(sheet, "drawing")
    return tuple(_drawings(package, part)) if part and part in package else ()


def _drawings(package: Package, part: str) -> Iterator[Drawing]:
    targets = {relation.id: relation for relation in package.relations(part)}
    for anchor in children(package.tree(part)):
        first = _corner(anchor.find("{*}from"))
        last = _corner(anchor.find("{*}to")) if anchor.find("{*}to") is not None else first
        ids = [
            value
            for each in anchor.iter("{*}chart")
            for key, value in each.attrib.items()
            if local(key) == "id"
        ]
        relation = targets.get(str(ids[0])) if ids else None
        if relation is not None and relation.kind == "chart" and relation.target in package:
            yield Drawing("", first, last, _chart(package, relation.target))
        else:
            yield Drawing(
                next(
                    (_ART[local(each.tag)] for each in anchor.iter() if local(each.tag) in _ART),
                    "图形",
                ),
                first,
                last,
            )


def _corner(element: Any) -> Place:
    if element is None:
        return 0, 0
    return int(element.findtext("{*}row") or 0), int(element.findtext("{*}col") or 0)


def _chart(package: Package, part: str) -> Chart:
    root = package.tree(part)
    title = root.find("{*}chart/{*}title")
    literal = {
        text[1:-1] for each in root.iter("{*}f") if (text := each.text or "").startswith('"')
    }
    texts = (
        {each.text for each in root.iter("{*}t") if each.text}
        | literal
        | {each.text for name in root.iter("{*}tx") for each in name.iter("{*}v") if each.text}
    )
    return Chart(
        tuple(local(each.tag) for each in root.iter() if local(each.tag).endswith("Chart")),
        "".join(title.itertext("{*}t")) if title is not None else "",
        frozenset(texts),
        frozenset(
            _range(each.text)
            for each in root.iter("{*}f")
            if each.text and not each.text.startswith('"')
        ),
        tuple(_axis(each) for each in root.iter("{*}valAx", "{*}catAx", "{*}dateAx")),
        tuple(_caches(root)),
        tuple(
            _FOREIGN[relation.kind]
            for relation in package.relations(part)
            if relation.kind in _FOREIGN
        ),
    )


def _axis(element: Any) -> tuple[str, ...]:
    deleted = element.find("{*}delete")
    form = element.find("{*}numFmt")
    shows = deleted is None or deleted.get("val", "1") not in ("1", "true")
    said = sorted(f"{local(each.tag)} {each.get('val')}" for each in element.find("{*}scaling"))
    return (
        (*said, str(sections(form.get("formatCode", "General") if form is not None else "General")))
        if shows
        else tuple(said)
    )


def _caches(root: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for series in root.iter("{*}ser"):
        for role in children(series):
            source = role.find(".//{*}f")
            if local(role.tag) in ROLES and source is not None:
                values = {
                    int(each.get("idx", "0")): each.findtext("{*}v") or ""
                    for each in role.iter("{*}pt")
                }
                yield (
                    _range(source.text or ""),
                    tuple(values.get(at, "") for at in range(max(values, default=-1) + 1)),
                )


def _range(text: str) -> str:
    return text.replace("'", "").replace("$", "")
