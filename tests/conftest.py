"""What every test may ask for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from cases import make_case
from limited import Limited

from transfer_opt.core.expressions import Linear
from transfer_opt.policy.case import Case

LONG = (
    "tests/allocation/test_impossible.py",
    "tests/allocation/test_split.py::test_no_whole_unit_split",
    "tests/allocation/test_split.py::test_what_is_told_of_other",
    "tests/allocation/test_valid_problems.py::test_where_nothing_counts",
    "tests/allocation/test_valid_problems.py::test_a_province_of_571",
    "tests/allocation/years/test_years.py::test_every_way_out",
    "tests/allocation/years/test_years.py::test_a_way_out",
    "tests/allocation/test_optimum.py::test_what_is",
    "tests/allocation/test_scale.py",
    "tests/checker/test_certificate.py::test_a_wrong_answer",
    "tests/checker/test_certificate.py::test_random_allocations",
    "tests/intake/test_mutations.py::test_what_is_no_number",
    "tests/lexlp/test_exact_solve.py::test_a_hundred",
    "tests/lexlp/test_solve.py::TestALikeProgram",
    "tests/policy/test_model_mutations.py",
    "tests/published/test_audit.py::test_a_relaxed_result",
    "tests/published/test_audit.py::test_a_row_taken_out",
    "tests/published/test_audit.py::test_figures_that_formulas",
    "tests/published/test_audit.py::test_results_of_other_scenarios",
    "tests/scenarios/test_need.py::test_an_answer_reaches",
    "tests/sentences/test_codes.py::test_",
    "tests/sentences/test_sentences.py::test_a_sentence_is_told",
    "tests/system/test_campaign.py",
    "tests/system/test_forgery.py",
    "tests/system/test_guide.py::test_a_chapter",
    "tests/system/test_province_guide.py",
    "tests/tables/test_balances.py::test_a_total_of_the_tables",
    "tests/tables/test_random_rounding.py",
    "tests/workbench/test_random",
    "tests/workbook/test_corpus.py",
)
"""How the names of tests begin that follow whole documents, scenes and crowds: asked by `make long`, as CI does."""
SAMPLE = (
    "tests/sentences/test_codes.py::test_every_code",
    "tests/sentences/test_sentences.py::test_a_sentence_is_told_in_its_scene_and_not_beside[例",
    "tests/system/test_guide.py::test_a_chapter_can_be_followed_from_an_empty_folder[手册-测算台",
    "tests/system/test_guide.py::test_a_chapter_can_be_followed_from_an_empty_folder[手册-共担测算",
    "tests/system/test_campaign.py::test_random_workbooks_are_answered_and_the_answers_are_right[0",
    "tests/system/test_forgery.py::test_names_exchanged",
    "tests/workbook/test_corpus.py::test_a_dozen_faults",
    "tests/workbook/test_corpus.py::test_an_odd_workbook_gives_the_right_answer_or_names_the_place[文本数字",
)
"""Some of each that stay in the ordinary run."""


@pytest.fixture(scope="module")
def limited() -> Iterator[Limited]:
    """The program, loaded once, each file in a process of its own."""
    with Limited() as server:
        yield server


@pytest.fixture
def tiny_case() -> Case:
    """The small case as it stands."""
    return make_case()


@pytest.fixture
def x(tiny_case: Case) -> Linear:
    """Its amounts."""
    return tiny_case.amount


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --regenerate-golden` writes tests/golden/*.lp anew; read the difference before committing it."""
    parser.addoption(
        "--regenerate-golden", action="store_true", help="write the golden LP files anew"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stands in tests/system starts processes, or follows a whole document, as every scene of a sentence does; CBC is
    a program of its own.

    Elsewhere the mark says that a test follows a whole result, or compares many solutions. Names that begin as in LONG
    are long.
    """
    for item in items:
        parameters = getattr(item, "callspec", _NO_CASE).params.values()
        by_cbc = any(isinstance(value, str) and value == "cbc" for value in parameters)
        if item.path.parent.name in ("system", "sentences") or by_cbc:
            item.add_marker("system")
        name = item.nodeid.encode("ascii", "backslashreplace").decode("unicode_escape")
        if name.startswith(LONG) and not name.startswith(SAMPLE):
            item.add_marker("long")


_NO_CASE = SimpleNamespace(params={})


@pytest.fixture(autouse=True)
def _no_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that starts a process says so by its place or its mark."""
    if not {"system", "slow"} & {mark.name for mark in request.node.iter_markers()}:
        monkeypatch.setattr(subprocess, "Popen", _refused)


def _refused(*_: object, **__: object) -> None:
    raise AssertionError("this test starts a process: mark it with pytest.mark.system")
