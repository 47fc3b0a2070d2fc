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
    "tests/allocation/test_allocate.py::test_the_scenarios_differ",
    "tests/allocation/test_compliance.py::test_the_prices_of_the_example",
    "tests/allocation/test_explanation.py::test_a_step_that_is_not_solved_again",
    "tests/allocation/test_iis.py::test_a_cap_below",
    "tests/allocation/test_iis.py::test_every_scenario",
    "tests/allocation/test_iis.py::test_relaxed",
    "tests/allocation/test_impossible.py",
    "tests/allocation/test_optimum.py::test_what_is",
    "tests/allocation/test_scale.py",
    "tests/allocation/test_sensitivity.py::test_every_figure_of_the_example",
    "tests/allocation/test_split.py::test_no_whole_unit_split",
    "tests/allocation/test_split.py::test_what_is_told_of_other",
    "tests/allocation/test_stated_bounds.py::test_the_way_out",
    "tests/allocation/test_valid_problems.py::test_a_cap_that",
    "tests/allocation/test_valid_problems.py::test_a_province_of_571",
    "tests/allocation/test_valid_problems.py::test_where_nothing_counts",
    "tests/allocation/years/test_years.py::test_a_way_out",
    "tests/allocation/years/test_years.py::test_every_way_out",
    "tests/checker/test_certificate.py::test_a_wrong_answer",
    "tests/checker/test_certificate.py::test_random_allocations",
    "tests/commands/test_adjust.py::test_any_result",
    "tests/commands/test_adjust.py::test_the_computed",
    "tests/commands/test_compare.py::test_a_relaxed",
    "tests/commands/test_plan.py::test_a_changed_cell",
    "tests/intake/test_blank.py::test_the_template",
    "tests/intake/test_checks.py::test_a_missing_column_is_an_error_until",
    "tests/intake/test_mutations.py::test_a_workbook_written",
    "tests/intake/test_mutations.py::test_what_is_no_number",
    "tests/intake/test_shared.py::test_every_changed",
    "tests/lexlp/test_exact_solve.py::test_a_hundred",
    "tests/lexlp/test_solve.py::TestALikeProgram",
    "tests/lexlp/test_solve.py::TestAgainstBruteForce::test_one_program_per_term",
    "tests/lexlp/test_solve.py::test_shuffled",
    "tests/policy/test_model_mutations.py",
    "tests/policy/test_model_schema.py::test_the_schema_refuses",
    "tests/policy/test_model_values.py::test_a_value_left_out",
    "tests/policy/test_model_values.py::test_values_nobody",
    "tests/published/test_audit.py::test_a_relaxed_result",
    "tests/published/test_audit.py::test_a_result_whose_rules",
    "tests/published/test_audit.py::test_a_row_taken_out",
    "tests/published/test_audit.py::test_figures_that_formulas",
    "tests/published/test_audit.py::test_results_of_other_scenarios",
    "tests/published/test_audit.py::test_saved_again",
    "tests/published/test_audit.py::test_twenty_edits",
    "tests/published/test_flows.py::test_edits",
    "tests/published/test_narrative.py::test_a_county_is_found",
    "tests/published/test_released.py::test_what_was_changed",
    "tests/published/test_succession.py::test_edits",
    "tests/report/test_document.py::test_a_result_with",
    "tests/report/test_document.py::test_an_adjusted",
    "tests/report/test_measured_notes.py",
    "tests/report/test_notice.py::test_libreoffice_shows",
    "tests/report/test_one_off.py",
    "tests/report/test_report.py::test_exceptions_for_places",
    "tests/report/test_report.py::test_the_parameters_of_a_result",
    "tests/report/test_web.py::test_the_scenarios_are_named",
    "tests/scenarios/test_comparison.py::test_causes",
    "tests/scenarios/test_comparison.py::test_results_compare",
    "tests/scenarios/test_need.py::test_an_answer_reaches",
    "tests/scenarios/test_sweep.py::test_a_cluster",
    "tests/scenarios/test_sweep.py::test_a_sweep_killed",
    "tests/sentences/test_codes.py::test_",
    "tests/sentences/test_sentences.py::test_a_sentence_is_told",
    "tests/system/test_api.py::test_other_budgets",
    "tests/system/test_campaign.py",
    "tests/system/test_forgery.py",
    "tests/system/test_guide.py::test_a_chapter",
    "tests/system/test_guide.py::test_the_guide_ends",
    "tests/system/test_hostile.py::test_a_hostile_file",
    "tests/system/test_mutated.py",
    "tests/system/test_odd_tables.py::test_an_odd_table",
    "tests/system/test_province_guide.py",
    "tests/tables/test_balances.py::test_a_total_of_the_tables",
    "tests/tables/test_balances.py::test_no_false_alarm",
    "tests/tables/test_random_rounding.py",
    "tests/tables/test_roundtable.py::test_hundreds",
    "tests/tables/test_table_kinds.py::test_a_total_row",
    "tests/tables/test_table_kinds.py::test_headers_of_one",
    "tests/workbench/test_keeping.py::test_a_name_of_no_use",
    "tests/workbench/test_random",
    "tests/workbook/test_corpus.py",
    "tests/workbook/test_injection.py::test_a_text_stays",
)
"""How the names of tests begin that follow whole documents, scenes and crowds: asked by `make long`, as CI does."""
SAMPLE = (
    "tests/intake/test_checks.py::test_a_missing_column_is_an_error_until_the_lines_it_names_are_written[1",
    "tests/report/test_one_off.py::test_the_audit",
    "tests/sentences/test_codes.py::test_every_code",
    "tests/sentences/test_sentences.py::test_a_sentence_is_told_in_its_scene_and_not_beside[例",
    "tests/system/test_campaign.py::test_random_workbooks_are_answered_and_the_answers_are_right[0",
    "tests/system/test_forgery.py::test_names_exchanged",
    "tests/system/test_guide.py::test_a_chapter_can_be_followed_from_an_empty_folder[手册-共担测算",
    "tests/system/test_guide.py::test_a_chapter_can_be_followed_from_an_empty_folder[手册-测算台",
    "tests/system/test_hostile.py::test_a_hostile_file_ends_with_a_sentence_and_leaves_nothing[外部实体-x",
    "tests/system/test_hostile.py::test_a_hostile_file_ends_with_a_sentence_and_leaves_nothing[路径",
    "tests/system/test_mutated.py::test_mutated_workbooks_end_with_an_answer_or_a_sentence[0",
    "tests/system/test_odd_tables.py::test_an_odd_table_is_read_or_told_in_one_sentence[1",
    "tests/workbook/test_corpus.py::test_a_dozen_faults",
    "tests/workbook/test_corpus.py::test_an_odd_workbook_gives_the_right_answer_or_names_the_place[文本数字",
    "tests/workbook/test_injection.py::test_a_text_stays_a_text_wherever_it_stands[1",
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
