"""The same allocation as one ordinary linear program, for HiGHS by arrays and for linopy.

    min  Σ violations of soft rows · PENALTY + Σ (d⁺ + d⁻)/e     with  x − d⁺ + d⁻ = e  for every line

over every bound and row of the model. It is what a single solve costs anybody, whatever builds the program; its
optimum is not unique, which is why the tool does more.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import highspy
import numpy as np

from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.core.arrays import Floats
from transfer_opt.core.exact import floats
from transfer_opt.lexlp.program import LevelStage, Program, SumStage

PENALTY = 1000.0
CLOSEST = "贴近因素法"


def full(formulation: Formulation) -> tuple[Program, Floats]:
    """The program with a surplus and a shortage per line and their costs (C,)."""
    program = formulation.program
    rows, columns = program.shape
    stage = next(s for s in formulation.stages if isinstance(s, LevelStage) and s.name == CLOSEST)
    count, centre = len(stage.columns), floats(stage.centre)
    each = np.arange(count)
    costs = np.zeros(columns)
    for other in formulation.stages:
        if isinstance(other, SumStage):
            costs += PENALTY * np.pad(other.costs, (0, columns - len(other.costs)))
    wide = Program(
        np.concatenate([program.lower, np.zeros(2 * count)]),
        np.concatenate([program.upper, np.full(2 * count, np.inf)]),
        np.concatenate([program.rows, np.tile(rows + each, 3)]),
        np.concatenate([program.columns, stage.columns, columns + each, columns + count + each]),
        np.concatenate([program.values, np.ones(count), -np.ones(count), np.ones(count)]),
        np.concatenate([program.row_lower, centre]),
        np.concatenate([program.row_upper, centre]),
        np.concatenate([program.reach, np.zeros(count, dtype=program.reach.dtype)]),
        program.lines,
    )
    return wide, np.concatenate([costs, np.tile(1.0 / floats(stage.scale), 2)])


def core_seconds(program: Program, costs: Floats, limit: float = np.inf) -> tuple[float, float]:
    """Seconds inside HiGHS for a cold solve (one thread), and the objective; inf where it takes longer than `limit`."""
    from transfer_opt.lexlp.solvers.highs import array_model

    model = array_model(program)
    model.col_cost_ = costs
    highs: Any = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("time_limit", float(min(limit, 1e9))),
    ):
        highs.setOptionValue(option, value)
    highs.passModel(model)
    start = time.perf_counter()
    highs.run()
    taken = time.perf_counter() - start
    solved = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return (taken if solved else np.inf), highs.getInfo().objective_function_value


@contextmanager
def quiet() -> Iterator[None]:
    """Without the banner that HiGHS prints before it reads its options."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def by_linopy(program: Program, costs: Floats) -> tuple[float, float]:
    """Seconds to build, solve and read back the same program by linopy and HiGHS; the objective."""
    import linopy
    import scipy.sparse

    start = time.perf_counter()
    model = linopy.Model()
    x = model.add_variables(
        program.lower, program.upper, coords=[np.arange(len(costs))], dims=["column"], name="x"
    )
    matrix = scipy.sparse.csr_array(
        (program.values, (program.rows, program.columns)), shape=program.shape
    )
    width = int(np.diff(matrix.indptr).max())
    narrow = np.diff(matrix.indptr) <= NARROW
    for name, chosen in (("narrow", np.flatnonzero(narrow)), ("wide", np.flatnonzero(~narrow))):
        for part in [chosen] if name == "narrow" else [[row] for row in chosen]:
            _linopy_rows(
                model,
                x,
                matrix,
                program,
                np.asarray(part),
                NARROW if name == "narrow" else width,
                f"{name}{part[0]}",
            )
    model.add_objective((x * costs).sum())
    with quiet():
        model.solve(
            solver_name="highs", io_api="direct", output_flag=False, threads=1, progress=False
        )
    value = float(model.objective.value)
    assert x.solution.shape == costs.shape
    return time.perf_counter() - start, value


NARROW = 6
"""Entries of a row up to which rows are stacked in one block."""


def _linopy_rows(
    model: Any, x: Any, matrix: Any, program: Program, rows: Any, width: int, name: str
) -> None:
    """Rows with at most `width` entries as one block of constraints on a row dimension."""
    import xarray

    starts, ends = matrix.indptr[rows], matrix.indptr[rows + 1]
    width = int(min(width, (ends - starts).max()))
    at = starts[:, None] + np.arange(width)
    used = at < ends[:, None]
    at = np.where(used, at, 0)
    labels = np.where(used, x.labels.values[matrix.indices[at]], -1)
    values = np.where(used, matrix.data[at], np.nan)
    import linopy

    data = xarray.Dataset(
        {"coeffs": (["row", "_term"], values), "vars": (["row", "_term"], labels)},
        coords={"row": rows},
    )
    expression = linopy.LinearExpression(data, model)
    lower, upper = program.row_lower[rows], program.row_upper[rows]
    equal = lower == upper
    for side, kept, bound, sign in (
        ("e", equal, lower, "="),
        ("l", ~equal & np.isfinite(lower), lower, ">="),
        ("u", ~equal & np.isfinite(upper), upper, "<="),
    ):
        if kept.any():
            chosen = np.flatnonzero(kept)
            right = xarray.DataArray(bound[chosen], dims=["row"], coords={"row": rows[chosen]})
            model.add_constraints(expression.isel(row=chosen), sign, right, name=f"{name}{side}")
