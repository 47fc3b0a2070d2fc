"""The example's comparison, made once for all tests."""

from __future__ import annotations

from functools import cache

import pytest
from books import EXAMPLE

from transfer_opt.commands import compare
from transfer_opt.core.tables import Report
from transfer_opt.report.comparison.workbook import build_comparison
from transfer_opt.scenarios.comparison.compare import Comparison


@cache
def example() -> Comparison:
    """The example's four scenarios."""
    return compare.compare([EXAMPLE])


@cache
def example_report() -> Report:
    """Their tables, without a time stamp."""
    return build_comparison(example(), "", "")


def pools_untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the larger pools, which take half of the time, where a test is about something else."""
    monkeypatch.setattr(
        "transfer_opt.scenarios.comparison.compare.larger_pools", lambda *_: iter(())
    )
