"""Every code of a problem: told where it is due, and not told next to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sentences import books_said, commands_table, features_said, sheets_said
from sentences.commands_said import Row
from sentences.desk import Desk, codes
from sentences.said import codes as all_codes
from transfer_opt.intake import prepare

ROWS = (*commands_table.ROWS, *features_said.ROWS)
GROUPS = (*books_said.GROUPS, *sheets_said.GROUPS)


def test_every_code_of_the_sources_has_a_row() -> None:
    rows = {row.code for group in GROUPS for row in group.rows}
    assert rows | {row.code for row in ROWS} == all_codes()


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.rows[0].code)
def test_a_code_is_told_of_a_workbook_that_calls_for_it_and_not_of_its_neighbour(
    group: books_said.Group, tmp_path: Path
) -> None:
    calling, beside = (
        {problem.code for problem in prepare.check(group.written(tmp_path, wrong))}
        for wrong in (True, False)
    )
    due = {row.code for row in group.rows}
    assert due <= calling
    assert not due & beside


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


LONG = re.compile(
    r"A60\d|A610|W61\d|W37[01]|E17[2-7]|E18[01]|E161|E19[23]|E239|E220|E41\d|A63\d|W65\d|E257|W350|W360|W395|W510"
)
"""Codes that take a whole audit, comparison or several solves each: asked in `make slow`, and one by one in the tests of their rooms."""


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=row.code, marks=pytest.mark.slow if LONG.match(row.code) else ())
        for row in ROWS
    ],
)
def test_a_command_tells_a_code_where_it_is_due_and_not_beside(row: Row, desk: Desk) -> None:
    assert row.code in codes(row.wrong(desk))
    assert row.code not in codes(row.right(desk))
