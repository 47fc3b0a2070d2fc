"""One way to the optimum, for every door: quickly, level by level, in fractions; and no claim of a solver goes unchecked.

A solver's optimum is held against every bound and row; where it is published, it is replayed in fractions and accepted
by the independent checker. What does not pass is asked once more, level by level, and then in exact arithmetic, which
no data can make fail. "Impossible" is believed where its proof holds in fractions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.checker.optimality import CertificateError
from transfer_opt.checker.optimality import check as check_certificate
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.errors import SolverError
from transfer_opt.core.exact import Exacts, floats
from transfer_opt.lexlp.certificate import certificate, replayed
from transfer_opt.lexlp.exact.narrowing import Proof
from transfer_opt.lexlp.exact.solve import (
    Impossible,
    least_exactly,
    proven_shortage,
    shortage_exactly,
    solved_exactly,
)
from transfer_opt.lexlp.program import Opener, SumStage
from transfer_opt.lexlp.solve import (
    Report,
    Shortage,
    Solution,
    StageResult,
    shortage_of,
    smallest,
    solve,
)
from transfer_opt.lexlp.solvers.choice import Solver, ended

Make = Callable[[bool], Formulation]
"""Whether bounds are tightened to whole publishing units → the program."""
Names = Sequence[tuple[str, str, str]]
"""(L,) fund, division code and name of every line."""
Whole = Callable[[Exacts, Opener], Ints]
"""The optimal amounts (L,) as whole publishing units (L,)."""
ALWAYS_EXACT = 2000
"""Up to so many lines, whether anything is possible is asked in fractions where a contradiction is told in words."""
EXACT = "精确求解"


@dataclass(frozen=True)
class Optimum:
    """What a formulation comes to: an allocation, or a contradiction."""

    formulation: Formulation
    solution: Solution | None
    """None where bounds of single lines cross."""

    @property
    def possible(self) -> bool:
        """Whether there is an allocation."""
        return self.solution is not None and self.solution.shortage is None

    @property
    def short(self) -> float:
        """The money by which rules contradict each other."""
        shortage = None if self.solution is None else self.solution.shortage
        return self.formulation.crossed if shortage is None else shortage.money

    @property
    def amounts(self) -> Floats:
        """(L,) the optimum before rounding, money."""
        assert self.solution is not None, "asked only where there is one"
        return self.solution.columns[: self.formulation.statement.lines]


@dataclass(frozen=True)
class Published:
    """An optimum in whole publishing units, with the certificate that the checker accepted."""

    optimum: Optimum
    units: Ints
    """(L,)"""
    certificate: str


def first_possible(make: Make, solved: Callable[[Formulation], Optimum]) -> Optimum:
    """With bounds in whole units where that leaves an allocation possible, else with bounds as given."""
    found = solved(make(True))
    return found if found.possible else solved(make(False))


def reached(
    make: Make,
    open_solver: Opener,
    report: Report = lambda _: None,
    before: Sequence[Solution] = (),
) -> Optimum:
    """The optimum before rounding, checked against every bound and row."""
    return first_possible(
        make, lambda formulation: solved(formulation, open_solver, report, before)
    )


def solved(
    formulation: Formulation,
    open_solver: Opener,
    report: Report = lambda _: None,
    before: Sequence[Solution] = (),
) -> Optimum:
    """The optimum of one formulation."""
    if len(formulation.crossing):
        return Optimum(formulation, None)
    try:
        solution = solve(
            formulation.program, formulation.stages, open_solver, report, before=before
        )
        if solution.shortage is None or _proven(formulation, solution.shortage):
            return Optimum(formulation, solution)
    except SolverError:
        pass
    return Optimum(formulation, _exactly(formulation, report)[0])


def optimum_and_proof(
    names: Names, whole: Whole, make: Make, solver: Solver, report: Report = lambda _: None
) -> Published | Optimum:
    """The optimum with its integers and its proof, or the contradiction; raises SolverError."""
    found: list[Published] = []

    def proved(formulation: Formulation) -> Optimum:
        result = _proved(names, whole, formulation, solver, report)
        found.extend([result] if isinstance(result, Published) else [])
        return result.optimum if isinstance(result, Published) else result

    optimum = first_possible(make, proved)
    return found[-1] if optimum.possible else optimum


def shortage(formulation: Formulation, open_solver: Opener, sure: bool = False) -> Shortage | None:
    """None where amounts within the bounds meet the rows; `sure`: also what a solver takes for nothing is found."""
    try:
        found = shortage_of(formulation.program, open_solver)
        doubtful = (
            sure and formulation.statement.lines <= ALWAYS_EXACT
            if found is None
            else not _proven(formulation, found)
        )
    except SolverError:
        doubtful = True
    if not doubtful:
        return found
    impossible = shortage_exactly(formulation.statement, formulation.unit, ended)
    return None if impossible is None else _rounded(formulation, impossible)


def least(formulation: Formulation, stage: SumStage, open_solver: Opener) -> float:
    """The least of a sum, money; infinite where no amounts meet the rows."""
    if len(formulation.crossing):
        return np.inf
    try:
        return smallest(formulation.program, stage.costs, open_solver=open_solver)[0]
    except SolverError:
        if (
            shortage(formulation, open_solver) is not None
        ):  # proved, and several times faster than the least
            return np.inf
        found = least_exactly(formulation.statement, stage, formulation.unit, ended)
        return np.inf if found is None else float(found)


def _proved(
    names: Names, whole: Whole, formulation: Formulation, solver: Solver, report: Report
) -> Published | Optimum:
    if len(formulation.crossing):
        return Optimum(formulation, None)
    for way in _ways(formulation, solver, report):
        try:
            solution, proof = way()
            if proof is None:
                return Optimum(formulation, solution)
            exactly = replace(solution, columns=floats(proof.money()))
            report("取整")
            units = whole(proof.money()[: formulation.statement.lines], solver.again)
            report("证明")
            text = certificate(formulation.statement, proof, units, formulation.unit, names)
            check_certificate(json.loads(text))
            return Published(Optimum(formulation, exactly), units, text)
        except (SolverError, CertificateError) as error:
            last = error
    raise SolverError(f"结果没有通过独立的精确核对，不予公布：{last}") from last


Way = Callable[[], tuple[Solution, Proof | None]]
"""A solution and its proof in fractions; without one, a shortage that is proved."""


def _ways(formulation: Formulation, solver: Solver, report: Report) -> Iterator[Way]:
    """From the quickest to the surest."""

    def by_floats(together: bool) -> tuple[Solution, Proof | None]:
        solution = solve(formulation.program, formulation.stages, solver.first, report, together)
        if solution.shortage is None:
            return solution, replayed(
                formulation.statement, formulation.stages, solution, formulation.unit
            )
        if _proven(formulation, solution.shortage):
            return solution, None
        raise SolverError("求解器说没有可行方案，但精确核对不成立。")

    if not solver.exact:
        yield lambda: by_floats(True)
        yield lambda: by_floats(False)
    yield lambda: _exactly(formulation, report)


def _exactly(formulation: Formulation, report: Report) -> tuple[Solution, Proof | None]:
    """In fractions."""
    report(EXACT)
    proof = solved_exactly(
        formulation.statement, formulation.stages, formulation.unit, ended, report
    )
    program = formulation.program
    if proof is None:
        impossible = shortage_exactly(formulation.statement, formulation.unit, ended)
        assert impossible is not None, "fractions agree with themselves"
        return Solution(
            np.zeros(program.shape[1]), (), _rounded(formulation, impossible), program
        ), None
    results = tuple(
        _result(stage, told, program.shape[0], proof.step)
        for stage, told in zip(formulation.stages, proof.stages, strict=True)
    )
    return Solution(floats(proof.money()), results, None, program), proof


def _result(stage: Any, told: Mapping[str, Any], rows: int, step: mpq) -> StageResult:
    """A stage of a proof as the engine would tell it; its levels prove nothing to others."""
    duals = np.zeros(rows)
    if isinstance(stage, SumStage):
        for row, dual in told["duals"].items():
            duals[int(row)] = float(mpq(dual))
        return StageResult(stage.name, float(mpq(told["value"]) * step), 0, duals, ())
    first = next((level["theta"] for level in told["levels"] if level), None)
    return StageResult(
        stage.name, np.nan if first is None else float(mpq(first)), 0, np.zeros(0), ()
    )


def _proven(formulation: Formulation, found: Shortage) -> bool:
    return bool(proven_shortage(formulation.statement, found.duals) > 0)


def _rounded(formulation: Formulation, impossible: Impossible) -> Shortage:
    duals = floats(impossible.duals)
    return Shortage(float(impossible.money), duals, formulation.program.priced(duals))
