"""Allocates general fiscal transfers among counties by linear programming, workbook to workbook.

    from transfer_opt import read_budget, solve

    budget = read_budget("预算.xlsx")           check(budget)      every problem, in one run
    plan = solve(budget, "均衡优先")            plan.explain("甲县"), plan.to_frame(), plan.save("结果.xlsx")
    compare(budget)                             frontier(budget)   sweep(budget, "扫描.csv", vary=[…])
    plan(budget, years=3, joint=True)           this year with the years of 「年度展望」 after it
    audit("结果.xlsx", budget)                  explain("结果.xlsx", "甲县")
    monitor(["上年.xlsx", "本年.xlsx"], "预算.xlsx")       levels of warning through the years

What goes wrong is raised as a TransferOptError, each kind with its exit code: `core.errors` draws the tree.
Names are loaded when they are first used: importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from transfer_opt.core.version import __version__

if TYPE_CHECKING:
    from transfer_opt.checker import certificate
    from transfer_opt.commands.audit import Audited
    from transfer_opt.commands.compare import Compared
    from transfer_opt.commands.door import (
        audit,
        compare,
        explain,
        frontier,
        monitor,
        plan,
        solve,
        sweep,
    )
    from transfer_opt.commands.frontier import TradeOff
    from transfer_opt.commands.monitor import Warned
    from transfer_opt.commands.solve import Solved
    from transfer_opt.commands.sweep import Swept
    from transfer_opt.core.errors import (
        AuditError,
        InfeasibleError,
        InputError,
        NotProvenError,
        OutputError,
        Problem,
        SolverError,
        TransferOptError,
    )
    from transfer_opt.intake.prepare import BudgetWorkbook, check, read_budget
    from transfer_opt.policy.model import ModelSpec
    from transfer_opt.policy.model_file.loading import load_model

__all__ = [
    "AuditError",
    "Audited",
    "BudgetWorkbook",
    "Compared",
    "InfeasibleError",
    "InputError",
    "ModelSpec",
    "NotProvenError",
    "OutputError",
    "Problem",
    "Solved",
    "SolverError",
    "Swept",
    "TradeOff",
    "TransferOptError",
    "Warned",
    "__version__",
    "audit",
    "certificate",
    "check",
    "compare",
    "explain",
    "frontier",
    "load_model",
    "monitor",
    "plan",
    "read_budget",
    "solve",
    "sweep",
]

_HOMES = {
    "checker": ("certificate",),
    "commands.audit": ("Audited",),
    "commands.compare": ("Compared",),
    "commands.door": (
        "audit",
        "compare",
        "explain",
        "frontier",
        "monitor",
        "plan",
        "solve",
        "sweep",
    ),
    "commands.frontier": ("TradeOff",),
    "commands.monitor": ("Warned",),
    "commands.solve": ("Solved",),
    "commands.sweep": ("Swept",),
    "core.errors": (
        "AuditError",
        "InfeasibleError",
        "InputError",
        "NotProvenError",
        "OutputError",
        "Problem",
        "SolverError",
        "TransferOptError",
    ),
    "intake.prepare": ("BudgetWorkbook", "check", "read_budget"),
    "policy.model": ("ModelSpec",),
    "policy.model_file.loading": ("load_model",),
}
"""Module → the public names it holds, as above."""


if not TYPE_CHECKING:  # a checker is to know the names above and no others

    def __getattr__(name: str) -> Any:
        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
