"""CSV for spreadsheets and JSON for programs; schema in docs/schema/allocation.schema.json."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Ints
from transfer_opt.core.exact import Exacts, total
from transfer_opt.core.vocabulary import ADVANCE, CODE, NAME, PREFECTURE
from transfer_opt.report.document.entries import (
    Entry,
    advanced,
    decimal,
    entries,
    water_accounts,
)
from transfer_opt.report.parts import example_label, heading

FORMAT = "transfer-opt/allocation/1"
LEVELS = {"total": "合计", "subtotal": "小计", "unit": "县区"}
RISKY = tuple("=+-@\t\r\n")
"""A text that begins so would be run as a formula by a spreadsheet program that opens the file."""


def as_csv(plan: Plan, units: Ints) -> str:
    """The table of 「分配结果」 with a column 层级; a text that looks like a formula gets an apostrophe in front."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    names, sent = [safe(fund.name) for fund in plan.case.funds], advanced(plan)
    water = _water(plan)
    writer.writerow(
        [
            "层级",
            CODE,
            NAME,
            PREFECTURE,
            *names,
            "合计",
            *(f"{ADVANCE}{names[fund]}" for fund in sent),
            *water,
            "单位",
        ]
    )
    for entry in entries(plan, units):
        money = (
            *entry.amounts,
            entry.total,
            *(entry.advance[fund] for fund in sent),
            *(decimal(total(money[entry.members])) for money in water.values()),
        )
        writer.writerow(
            [
                LEVELS[entry.kind],
                *map(safe, (entry.code, entry.name, entry.prefecture)),
                *map(_plain, money),
                plan.case.money_unit,
            ]
        )
    return stream.getvalue()


def as_json(plan: Plan, units: Ints) -> str:
    """One object: amounts as whole numbers of the publishing unit, null where a county is not eligible."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "title": heading(plan),
        "scenario": plan.scenario,
        "example": bool(example_label(plan)),
        "unit": plan.case.unit_name,
        "digest": plan.digest,
        "adjusted": bool((units != plan.units).any()),
        "funds": [fund.name for fund in plan.case.funds],
        "rows": list(map(_row, entries(plan, units))),
        **({"horizontal": _horizontal(plan)} if plan.case.flows else {}),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _water(plan: Plan) -> dict[str, Exacts]:
    """Column → (n,) what the counties get from others for the water, and pay to them; nothing where there are no sections."""
    flows = plan.case.flows
    if flows is None:
        return {}
    income, expense = water_accounts(plan)
    return {
        f"横向补偿应收（{income}）": flows.received(flows.published),
        f"横向补偿应付（{expense}）": flows.paid(flows.published),
    }


def _horizontal(plan: Plan) -> dict[str, Any]:
    """Flow by flow, amounts as whole numbers of the publishing unit."""
    flows, names = plan.case.flows, plan.case.recipients.name
    assert flows is not None
    income, expense = water_accounts(plan)
    return {
        "income_account": income,
        "expense_account": expense,
        "counted": flows.terms.counted,
        "flows": [
            {
                "section": flows.sections[flow.section].name,
                "basis": flows.sections[flow.section].basis,
                "payer": str(names[flow.payer]),
                "payee": str(names[flow.payee]),
                "amount": int(money / flows.unit),
            }
            for flow, money in zip(flows.flows, flows.published, strict=True)
        ],
    }


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "level": entry.kind,
        "code": entry.code or None,
        "name": entry.name,
        "prefecture": entry.prefecture or None,
        "amounts": entry.counts,
        "total": entry.count,
        "advance": [_in_units(money, entry.step) for money in entry.advance],
    }


def _in_units(money: Decimal | None, step: Decimal) -> int | float | None:
    """An advance need not be a whole number of units."""
    if money is None:
        return None
    count = money / step
    return int(count) if count == count.to_integral_value() else float(count)


def _plain(money: Decimal | None) -> str:
    return "" if money is None else _trimmed(f"{money:f}")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def safe(text: str) -> str:
    """The text with an apostrophe in front where it would be run as a formula."""
    return f"'{text}" if text.startswith(RISKY) else text
