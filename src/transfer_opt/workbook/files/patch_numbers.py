"""Other values in some cells of a worksheet part; every other byte of it stays.

a number     stands in its cell by itself; a formula there is gone
a value      is what a formula, which stays, now comes to; None takes the old one away
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from xml.parsers import expat

from transfer_opt.core.cell_names import (
    CONTROLS,
    Place,
    digits,
    element_text,
    place,
    plain,
)
from transfer_opt.workbook.files.limits import DamagedError
from transfer_opt.workbook.files.marks import moved

Value = Fraction | str | None

_TAG = re.compile(rb"<[^<>\"']*(?:\"[^\"]*\"[^<>\"']*|'[^']*'[^<>\"']*)*>")
_TYPED = re.compile(rb"\s(?:t|cm|vm)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_TYPE = re.compile(rb"\st\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


@dataclass(frozen=True)
class Formula:
    """A formula as the part holds it."""

    text: str
    """With its equals sign; of a shared one as it reads in this cell."""
    shared: str = ""
    """The number of the group that shares it."""
    ref: tuple[Place, Place] | None = None
    """The range that an array formula or data table fills."""
    is_first: bool = False
    """Whether a shared one is written here."""

    def fills(self, at: Place) -> bool:
        """Whether its range holds a cell."""
        return self.ref is not None and all(
            low <= here <= high
            for low, here, high in zip(self.ref[0], at, self.ref[1], strict=True)
        )


@dataclass(frozen=True)
class Patch:
    """What is to change on a sheet."""

    numbers: Mapping[Place, Fraction] = field(default_factory=dict)
    values: Mapping[Place, Value] = field(default_factory=dict)


def formulas(part: bytes) -> dict[Place, Formula]:
    """Every formula of a worksheet part."""
    found: dict[Place, tuple[Mapping[str, str], str]] = {}
    held: list[str] = []

    def ended(at: Place, attributes: Mapping[str, str]) -> None:
        found[at] = attributes, "".join(held)

    _Walk(part, formula=ended, text=held).run()
    return dict(_understood(found))


def _understood(
    found: Mapping[Place, tuple[Mapping[str, str], str]],
) -> Iterable[tuple[Place, Formula]]:
    first: dict[str, tuple[Place, str]] = {}
    for at, (attributes, text) in found.items():
        shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
        ref = (
            _range(attributes.get("ref", ""))
            if attributes.get("t") in ("array", "dataTable")
            else None
        )
        if shared and text:
            first[shared] = at, text
        if shared and not text and shared in first:
            yield at, Formula(moved(f"={first[shared][1]}", first[shared][0], at), shared)
        else:
            yield at, Formula(f"={text}", shared, ref, bool(shared and text))


def _range(ref: str) -> tuple[Place, Place] | None:
    first, _, last = ref.replace("$", "").partition(":")
    ends = place(first), place(last or first)
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def patched(part: bytes, patch: Patch, known: Mapping[Place, Formula]) -> bytes:
    """The part, whose formulas are known, with the patch; ValueError where it has no such cell."""
    part = _narrow(part)
    freed = _freed(known, patch.numbers)
    wanted = {*patch.numbers, *patch.values, *freed}
    spans: dict[Place, tuple[int, int, bytes]] = {}

    def ended(at: Place, start: int, end: int, formula: bytes) -> None:
        spans[at] = start, end, formula

    _Walk(part, cell=ended, wanted=wanted).run()
    if wanted - spans.keys():
        raise ValueError(f"no such cells: {sorted(wanted - spans.keys())[:3]}")
    pieces, done = [], 0
    for at, (start, end, formula) in sorted(spans.items(), key=lambda item: item[1]):
        pieces += [part[done:start], _cell(part[start:end], formula, at, patch, freed)]
        done = end
    return b"".join([*pieces, part[done:]])


def _freed(known: Mapping[Place, Formula], numbers: Mapping[Place, Fraction]) -> dict[Place, str]:
    """Cells whose formula must be written otherwise, or not at all (""), as one that it belongs to goes."""
    lost = {known[at].shared for at in numbers if at in known and known[at].is_first}
    freed = {
        at: formula.text
        for at, formula in known.items()
        if formula.shared in lost and formula.shared and at not in numbers
    }
    broken = [
        at
        for at, formula in known.items()
        if formula.ref and any(formula.fills(each) for each in numbers)
    ]
    return {**freed, **dict.fromkeys(broken, "")}


def _cell(old: bytes, formula: bytes, at: Place, patch: Patch, freed: Mapping[Place, str]) -> bytes:
    """One cell anew."""
    tag = _start_tag(old)
    name = re.split(rb"[\s/>]", tag[1:], maxsplit=1)[0]
    prefix = name[:-1]
    opened = tag[:-2].rstrip() if tag.endswith(b"/>") else tag[:-1]
    if at in patch.numbers:
        return _written(_TYPED.sub(b"", opened), name, prefix, b"", patch.numbers[at])
    if at in freed:
        text = element_text(freed[at].removeprefix("="))
        formula = b"<%sf>%s</%sf>" % (prefix, _bytes(text), prefix) if text else b""
        opened = opened if text else re.sub(rb"\scm\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", opened)
    if at in patch.values:
        return _written(_TYPE.sub(b"", opened), name, prefix, formula, patch.values[at])
    return _with_formula(old, opened, prefix, formula)


def _with_formula(old: bytes, opened: bytes, prefix: bytes, formula: bytes) -> bytes:
    """A cell with another formula, its value as it was."""
    body = old[len(_start_tag(old)) :]
    body = re.sub(
        rb"<%sf(?:\s[^>]*)?(?:/>|>.*?</%sf\s*>)" % (re.escape(prefix), re.escape(prefix)),
        b"",
        body,
        count=1,
        flags=re.DOTALL,
    )
    return opened + b">" + formula + body


def _written(opened: bytes, name: bytes, prefix: bytes, formula: bytes, value: Value) -> bytes:
    if isinstance(value, str):
        opened += b' t="str"'
        text = _bytes(element_text(CONTROLS.sub("", plain(value))))
    else:
        text = b"" if value is None else _bytes(written(value))
    held = b"<%sv>%s</%sv>" % (prefix, text, prefix) if value is not None else b""
    return opened + b">" + formula + held + b"</" + name + b">"


def _bytes(text: str) -> bytes:
    """A text that reads the same whatever encoding the part declares."""
    return text.encode("ascii", "xmlcharrefreplace")


def written(value: Fraction) -> str:
    """A number as a cell holds it: whole ones exactly, others to 15 digits."""
    return str(value.numerator) if value.denominator == 1 else digits(float(value))


def _start_tag(element: bytes) -> bytes:
    found = _TAG.match(element)
    if found is None:
        raise ValueError("no element")
    return found[0]


def _narrow(part: bytes) -> bytes:
    """The part in UTF-8, in which it nearly always is."""
    if not part.startswith(_WIDE):
        return part
    text = part.decode(
        "utf-16"
        if part[:2] in _WIDE[:2]
        else "utf-16-le"
        if part.startswith(_WIDE[2])
        else "utf-16-be"
    )
    return _DECLARED.sub('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', text).encode()


class _Walk:
    """One way through a part: every formula, or the bytes of the cells that are wanted."""

    def __init__(
        self,
        part: bytes,
        formula: Callable[[Place, Mapping[str, str]], None] | None = None,
        text: list[str] | None = None,
        cell: Callable[[Place, int, int, bytes], None] | None = None,
        wanted: Iterable[Place] = (),
    ) -> None:
        self._part, self._formula, self._text, self._cell, self._wanted = (
            part,
            formula,
            text,
            cell,
            set(wanted),
        )
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        self._row = self._column = -1
        self._in_cell = False
        self._attributes: Mapping[str, str] | None = None
        self._opened: int | None = None
        self._written, self._started = b"", 0

    def run(self) -> None:
        """Go; DamagedError where the part is broken."""
        try:
            self._parser.Parse(self._part, True)
        except expat.ExpatError:
            raise DamagedError from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
        elif name == "c":
            self._in_cell = True
            found = place(attributes["r"]) if "r" in attributes else None
            self._row, self._column = found or (self._row, self._column + 1)
            if (self._row, self._column) in self._wanted:
                self._opened, self._written = self._parser.CurrentByteIndex, b""
        elif (
            name == "f" and self._in_cell
        ):  # validations and formats beyond the table hold formulas, too
            self._started = self._parser.CurrentByteIndex
            if self._formula:
                self._attributes = attributes
                if self._text is not None:
                    self._text.clear()
                    self._parser.CharacterDataHandler = self._text.append

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "f" and self._in_cell:
            self._parser.CharacterDataHandler = None
            if self._formula and self._attributes is not None:
                self._formula((self._row, self._column), self._attributes)
                self._attributes = None
            if self._opened is not None:
                self._written = self._part[self._started : self._closed(self._started)]
        elif name == "c":
            self._in_cell = False
            if self._cell and self._opened is not None:
                self._cell(
                    (self._row, self._column),
                    self._opened,
                    self._closed(self._opened),
                    self._written,
                )
                self._wanted.discard((self._row, self._column))
                if not self._wanted:  # the rest is only seen to be whole
                    self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._opened = None

    def _closed(self, start: int) -> int:
        """Where an element that has just ended ends in the bytes."""
        found = _TAG.match(self._part, start)
        if found is None:
            raise ValueError("no element")
        if found[0].endswith(b"/>"):
            return found.end()
        return self._part.index(b">", self._parser.CurrentByteIndex) + 1
