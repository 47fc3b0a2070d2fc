"""HiGHS over whole numbers: for programs so near to a network that branching is hardly ever needed."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.lexlp.program import Program
from transfer_opt.lexlp.solvers.highs import array_model

MOST_NODES = 2_000
"""Of the search: a count, not seconds, so that a busy machine finds the same answer."""


def cheapest_whole(program: Program, costs: Floats) -> Ints | None:
    """The whole columns (C,) that cost least; None where none are found. A claim: the caller checks the rows."""
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.0),
        ("mip_max_nodes", MOST_NODES),
        ("primal_feasibility_tolerance", 1e-9),
        ("dual_feasibility_tolerance", 1e-9),
    ):
        highs.setOptionValue(option, value)
    model = array_model(program)
    model.col_cost_ = costs
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(costs)
    highs.passModel(model)
    highs.run()
    if highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.round(np.array(highs.getSolution().col_value)).astype(np.int64)
