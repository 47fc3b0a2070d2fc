"""Codes told of the sheets of several years and of shared services: what calls for each, and its neighbour that must not."""

from __future__ import annotations

from typing import Any

from books import ECOLOGY
from corpus import Edit, Tables, both
from sharedbook import miniature, put

from sentences.books_said import Group, Row, nothing
from transfer_opt.core.vocabulary import BENEFICIARIES, COUNTIES, OUTLOOK, RULES, SERVICES

OWN = "可用财力"


def outlook(*rows: list[Any], years: tuple[str, ...] = ("2027年", "2028年")) -> Edit:
    """Rows of 「年度展望」: 项目, 资金, 对象, 方式, then a value for each year."""

    def edit(found: Tables) -> None:
        sheet = found.setdefault(OUTLOOK, [["项目", "资金", "对象", "方式", *years]])
        sheet.extend(list(row) for row in rows)

    return edit


def grows(
    item: str, *values: float | None, fund: str | None = None, way: str = "增幅"
) -> list[Any]:
    """A row that says how an item grows."""
    return [item, fund, None, way, *(values or (0.02, 0.02))]


def shared(change: Edit = nothing) -> Edit:
    """The miniature of the shared services in the place of the example, changed: it is read in a moment."""

    def edit(found: Tables) -> None:
        found.clear()
        found.update(miniature("填报", None))
        change(found)

    return edit


def filled(first: float, second: float) -> Edit:
    """保基本民生需求 of the two counties."""

    def edit(found: Tables) -> None:
        at = found[COUNTIES][0].index("保基本民生需求")
        for row, value in zip(found[COUNTIES][1:], (first, second), strict=True):
            row[at] = value

    return edit


def basis(found: Tables) -> None:
    """口径 is given."""
    found[RULES][4][4] = "净口径"


DOUBLE = filled(3800, 1520)
"""All levels' parts of the shared services."""
OUTLOOKS = Group(
    (
        Row("E361", outlook(grows("可用才力")), outlook(grows(OWN))),
        Row("E362", outlook(grows("标准财政收入", way="比例")), outlook(grows("标准财政收入"))),
        Row("E363", outlook(grows("标准财政支出", fund=ECOLOGY)), outlook(grows("标准财政支出"))),
        Row("E364", outlook(grows("常住人口", 0.01, None)), outlook(grows("常住人口", 0.01, 0))),
    )
)
ALONE = tuple(
    Group((row,))
    for row in (
        Row(
            "E365",
            shared(outlook(grows(OWN), years=("2027年", "备注"))),
            shared(outlook(grows(OWN))),
        ),
        Row(
            "E366",
            shared(outlook(grows(OWN), years=("2027年", "2027"))),
            shared(outlook(grows(OWN))),
        ),
        Row(
            "E367",
            shared(outlook([OWN, None, None, "增幅"], years=())),
            shared(outlook(grows(OWN))),
        ),
        Row(
            "E368",
            shared(outlook(grows(OWN), years=("2027年", "2029年"))),
            shared(outlook(grows(OWN))),
        ),
        Row("E371", shared(put(SERVICES, "A3", None)), shared()),
        Row("E372", shared(put(SERVICES, "G3", None)), shared()),
        Row("E373", shared(put(SERVICES, "B4", None)), shared()),
        Row("E374", shared(put(SERVICES, "C3", "也许")), shared()),
        Row("E375", shared(put(SERVICES, "H4", 0.05)), shared()),
        Row("E376", shared(put(SERVICES, "D4", "一档")), shared()),
        Row("E377", shared(lambda found: found[BENEFICIARIES].pop()), shared()),
        Row("E378", shared(put(BENEFICIARIES, "F2", "医疗")), shared()),
        Row("E379", shared(put(BENEFICIARIES, "D4", "三档")), shared()),
        Row("E381", shared(put(BENEFICIARIES, "F4", None)), shared()),
        Row("E382", shared(lambda found: found.pop(BENEFICIARIES)), shared()),
        Row("W372", shared(DOUBLE), shared()),
        Row("W373", shared(DOUBLE), shared(both(DOUBLE, basis))),
        Row("W374", shared(DOUBLE), shared()),
    )
)
GROUPS = (OUTLOOKS, *ALONE)
