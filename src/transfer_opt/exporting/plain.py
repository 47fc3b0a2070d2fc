"""CSV for spreadsheets and JSON for programs; schema in docs/schema/allocation.schema.json."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from transfer_opt.domain import YUAN
from transfer_opt.parameters import parse_unit
from transfer_opt.publication import ADVANCE, CODE, NAME, PREFECTURE, TOTAL, Publication

FORMAT = "transfer-opt/allocation/1"
LEVELS = {"total": "合计", "subtotal": "小计", "unit": "县区"}
RISKY = tuple("=+-@\t\r\n")
"""A text that begins so would be run as a formula by a spreadsheet program that opens the file."""


def as_csv(publication: Publication) -> str:
    """The table of 「分配结果」 with a column 层级; a text that looks like a formula gets an apostrophe in front."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    advanced = [fund for fund in range(len(publication.funds)) if publication.advanced(fund)]
    writer.writerow(["层级", CODE, NAME, PREFECTURE, *map(_safe, publication.funds), TOTAL,
                     *(f"{ADVANCE}{_safe(publication.funds[fund])}" for fund in advanced), "单位"])
    for entry in publication.entries:
        money = (*entry.amounts, entry.total, *(entry.advance[fund] for fund in advanced))
        writer.writerow([LEVELS[entry.kind], *map(_safe, (entry.code, entry.name, entry.prefecture)), *map(_plain, money),
                         publication.money_unit])
    return stream.getvalue()


def as_json(publication: Publication) -> str:
    """One object: amounts as whole numbers of the publishing unit, null where a county is not eligible."""
    content: dict[str, Any] = {
        "format": FORMAT, "title": publication.title, "scenario": publication.scenario,
        "example": bool(publication.label), "unit": publication.unit, "digest": publication.digest,
        "funds": list(publication.funds), "rows": list(_rows(publication, _step(publication))),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _step(publication: Publication) -> Decimal:
    """The publishing unit in the workbook's money unit."""
    number, name = parse_unit(publication.unit) or (1.0, publication.money_unit)
    return Decimal(repr(number)) * YUAN[name] / YUAN[publication.money_unit]


def _rows(publication: Publication, step: Decimal) -> Iterator[dict[str, Any]]:
    for entry in publication.entries:
        yield {"level": entry.kind, "code": entry.code or None, "name": entry.name, "prefecture": entry.prefecture or None,
               "amounts": _counts(entry.amounts, step), "total": _count(entry.total, step), "advance": _counts(entry.advance, step)}


def _counts(money: tuple[Decimal | None, ...], step: Decimal) -> list[int | None]:
    return [None if value is None else _count(value, step) for value in money]


def _count(money: Decimal, step: Decimal) -> int:
    count = money / step
    if count != count.to_integral_value():
        raise ValueError(f"{money} is no whole number of {step}")
    return int(count)


def _plain(money: Decimal | None) -> str:
    return "" if money is None else f"{money:f}"


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(RISKY) else text

