"""The pipeline: workbook → outcome. Calls in order, no logic of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from transfer_opt.allocation.compliance import findings, soft_gaps
from transfer_opt.allocation.explanation.alarms import Present, diagnosed
from transfer_opt.allocation.explanation.indicators import indicators
from transfer_opt.allocation.explanation.reasons import coefficients, reasons
from transfer_opt.allocation.explanation.sensitivity import EVERYTHING, sensitivities, tried
from transfer_opt.allocation.explanation.steps import steps
from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.infeasibility.message import infeasible, told
from transfer_opt.allocation.infeasibility.relaxation import Repair, cheapest, shares
from transfer_opt.allocation.instance import Instance, stated
from transfer_opt.allocation.optimum import Published
from transfer_opt.allocation.plan import RELAXED, Outcome
from transfer_opt.allocation.split import Split, decided
from transfer_opt.core.arrays import Floats
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.exact import exact, in_figures, spelled
from transfer_opt.core.time_limit import NEVER, Deadline
from transfer_opt.intake.assemble import released
from transfer_opt.intake.checks.catalogue import errors_of, warnings_of
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.case import Case

Progress = Callable[[str], None]


def instance_of(prepared: Prepared, solver: str = "auto", deadline: Deadline = NEVER) -> Instance:
    """The problem that a workbook states, the province's own money shared out; raises InputError where it has errors."""
    return split_instance(prepared, solver, deadline)[0]


def split_instance(
    prepared: Prepared, solver: str = "auto", deadline: Deadline = NEVER
) -> tuple[Instance, Split | None]:
    """The same with how that money was shared out; None where nothing may be moved."""
    if errors_of(prepared.problems):
        raise InputError(prepared.problems)
    return decided(
        stated(
            prepared.spec, prepared.budget, prepared.settings, prepared.objective, solver, deadline
        )
    )


def allocate(
    prepared: Prepared,
    solver: str = "auto",
    progress: Progress = lambda _: None,
    relax: bool = False,
    deadline: Deadline = NEVER,
    sensitive: bool = True,
) -> Outcome:
    """Solve, round, prove, explain and, where `sensitive`, solve again for every small change.

    Raises InputError, InfeasibleError or SolverError.
    """
    given, split = split_instance(prepared, solver, deadline)
    case = given.case
    repair = (
        Repair(given.settings, (), 0.0) if not relax or given.optimum.possible else cheapest(given)
    )
    instance = replace(given, settings=repair.settings)
    found = instance.solved(progress)
    if not isinstance(found, Published):
        progress("查找矛盾和修复办法")
        raise infeasible(instance)
    optimum = found.optimum
    formulation, solution = optimum.formulation, optimum.solution
    assert solution is not None, "published"
    final = np.asarray(found.units * case.unit, dtype=float)
    progress("测算说明")
    chain = steps(instance, found)
    held = findings(
        case,
        formulation,
        solution.stages,
        optimum.amounts,
        found.units,
        instance.solver.again,
        tried(case, instance.settings) == EVERYTHING,
    )
    unmet = frozenset((finding.rule, finding.subject) for finding in soft_gaps(held))
    told_of, alarms = diagnosed(Present(instance, formulation, final, unmet), held)
    notes = tuple(
        Problem(
            "W350",
            f"{name}上年{fund} {in_figures(money)} {case.money_unit}，今年不参加该项资金分配，由其他县分配。",
        )
        for fund, name, money in released(case)
    )
    changes = sensitivities(instance, optimum)
    return Outcome(
        prepared.spec,
        prepared.budget,
        given.settings,
        case,
        prepared.scenario + RELAXED * bool(repair.families),
        instance.objective,
        found.units,
        chain,
        indicators(case, final),
        (*warnings_of(prepared.problems), *notes),
        (*_given_way(case, repair, formulation, final), *alarms),
        found.certificate,
        tuple(reasons(instance, optimum, chain)),
        formulation,
        solver,
        solution,
        tuple(coefficients(instance, optimum).items()),
        told_of,
        tuple(changes) if sensitive else (),
        split=split,
    )


def _given_way(
    case: Case, repair: Repair, formulation: Formulation, final: Floats
) -> tuple[str, ...]:
    """By how much the published amounts miss what was repaired, and for whom."""
    given = shares(case, formulation, final) if repair.families else ()
    money = spelled(exact(round(sum(row.money for row in given), 6)))
    least = f"原来的规则做不到，合计放宽 {money} {case.money_unit}"
    return tuple(
        f"已按 --relax 把{words}：{least}。" for words in told(given, case.money_unit, len(final))
    )
