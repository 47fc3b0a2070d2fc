"""Cell formats of a workbook that show a number as it is: found among those there are, or added."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from transfer_opt.workbook.files.opc import ROOT, Package, children

GENERAL, PERCENT, FINE_PERCENT = "0", "9", "10"
"""Built-in number formats: as typed, 0%, 0.00%."""


class Looks:
    """The formats of a package; what is added is written by `save`."""

    def __init__(self, package: Package) -> None:
        self._package = package
        book = package.related(ROOT, "officeDocument") or ""
        self._part = package.related(book, "styles")
        self._root = package.tree(self._part) if self._part and self._part in package else None
        self._changed = False

    def of_share(self, style: int, value: float) -> int:
        """The format like `style` in which a share is seen in full, in per cent where that takes two decimals at most."""
        for wanted, digits in ((PERCENT, 2), (FINE_PERCENT, 4)):
            if round(value, digits) == value:
                return self._shown(style, wanted)
        return self.ordinary(style)

    def ordinary(self, style: int) -> int:
        """The format like `style` that shows what is typed."""
        return self._shown(style, GENERAL)

    def save(self) -> None:
        """Write the formats where some were added."""
        if self._changed and self._part:
            self._package.put(self._part, self._root)

    def _formats(self) -> list[Any]:
        holder = None if self._root is None else self._root.find("{*}cellXfs")
        return [] if holder is None else list(children(holder))

    def _shown(self, style: int, number: str) -> int:
        """The place of the format that is like `style` but for how numbers show."""
        formats = self._formats()
        if style >= len(formats) or formats[style].get("numFmtId", GENERAL) == number:
            return style
        wanted = deepcopy(formats[style])
        wanted.set("numFmtId", number)
        wanted.set("applyNumberFormat", "1")
        for place, known in enumerate(formats):
            if known.attrib == wanted.attrib and list(map(_key, known)) == list(map(_key, wanted)):
                return place
        holder = formats[style].getparent()
        holder.append(wanted)
        holder.set("count", str(len(formats) + 1))
        self._changed = True
        return len(formats)


def _key(element: Any) -> tuple[Any, ...]:
    return (element.tag, tuple(sorted(element.attrib.items())))
