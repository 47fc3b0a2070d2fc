"""Controlled rounding to the publishing unit: no total, subtotal or bound is broken by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from transfer_opt.core.arrays import Floats, Ints, added
from transfer_opt.core.errors import SolverError
from transfer_opt.core.exact import Exacts, nearest
from transfer_opt.lexlp.program import ZERO_DUAL, Opener, Program, Question, Session
from transfer_opt.policy.case import Case

STEPS = 1_000_000
"""Amounts are read in millionths of the publishing unit; what two solvers differ by is far below one step."""

AT_ONCE = 20
"""So many cells are decided by one program: what they are worth, powers of two, stays well within a solver's figures."""


@dataclass(frozen=True)
class _Groups:
    """Sums that must stay adjacent to their own value: member cells (k, 2) as (group, line), and bounds on the ups."""

    group: Ints
    line: Ints
    lower: Floats
    upper: Floats


def published(case: Case, amounts: Exacts | Floats, open_solver: Opener) -> Ints:
    """Whole publishing units (L,) for the optimal amounts (L,) in money, exact ones or a solver's floats.

        every line        its floor or ceiling
        every fund        its pool exactly
        every prefecture × fund, prefecture, recipient: the floor or ceiling of its own value
        min Σ |published − x|, then in order of division code and fund the first line that can be rounded up is

    A network flow over two laminar families (recipient ⊂ prefecture total; prefecture × fund ⊂ fund), so the linear
    program is integral. Raises SolverError if a total is not exact; that check stays on in release.
    """
    base, fraction = _parts(case, amounts)
    open_cells = np.flatnonzero(fraction)
    result = base.copy()
    if len(open_cells):
        result[open_cells] += _ups(case, base, fraction, open_cells, open_solver)
    _check(case, result, base, fraction)
    return result


def _parts(case: Case, amounts: Exacts | Floats) -> tuple[Ints, Ints]:
    """The whole units of every amount, and the steps beyond them: apart, as a total in steps may have too many digits."""
    if amounts.dtype == object:
        step = case.figures.unit / STEPS
        told = [divmod(nearest(amount / step), STEPS) for amount in amounts]
        base, fraction = np.array(told, dtype=np.int64).reshape(-1, 2).T
        return base.copy(), fraction.copy()
    whole = np.floor(amounts / case.unit)
    over, fraction = np.divmod(
        np.round((amounts / case.unit - whole) * STEPS).astype(np.int64), STEPS
    )
    return whole.astype(np.int64) + over, fraction


def _ups(case: Case, base: Ints, fraction: Ints, cells: Ints, open_solver: Opener) -> Ints:
    """0 or 1 for every open cell: which go up."""
    families = [_exact_totals(case, base), *(_adjacent(key, fraction) for key in _keys(case))]
    program = _program(cells, families)
    costs = (STEPS - 2 * fraction[cells]) / STEPS
    session = open_solver(program)
    question = Question(costs, program.lower, program.upper, program.row_lower, program.row_upper)
    order = np.lexsort((case.lines.fund[cells], case.lines.recipient[cells]))
    return _first_up(session, _face(program, session, question), order)


def _face(program: Program, session: Session, question: Question) -> Question:
    """The optimal face, by complementary slackness with one dual."""
    answer = session.solve(question)
    if not answer.optimal:
        raise SolverError("取整没有解，结果不予公布。")
    duals = np.where(np.abs(answer.duals) > ZERO_DUAL, answer.duals, 0.0)
    reduced = question.costs - program.priced(duals)
    lower, upper = question.lower.copy(), question.upper.copy()
    upper[reduced > ZERO_DUAL], lower[reduced < -ZERO_DUAL] = 0.0, 1.0
    row_lower, row_upper = question.row_lower.copy(), question.row_upper.copy()
    row_upper[duals > 0], row_lower[duals < 0] = row_lower[duals > 0], row_upper[duals < 0]
    return Question(question.costs, lower, upper, row_lower, row_upper)


def _first_up(session: Session, face: Question, order: Ints) -> Ints:
    """Cell by cell in order: up wherever the face still allows it.

    A program decides several cells at once: each is worth more than all that come after it.
    """
    lower, upper = face.lower.copy(), face.upper.copy()
    worth = 2.0 ** np.arange(AT_ONCE - 1, -1, -1)
    latest = np.zeros(len(lower))
    for at, cell in enumerate(order):
        if lower[cell] == upper[cell]:
            continue
        if latest[cell] < 0.5:
            rest = order[at:]
            cells = rest[lower[rest] < upper[rest]][:AT_ONCE]
            costs = np.zeros(len(lower))
            costs[cells] = -worth[: len(cells)]
            answer = session.solve(
                replace(face, costs=costs, lower=lower.copy(), upper=upper.copy())
            )
            if not answer.optimal:
                raise SolverError("取整没有解，结果不予公布。")
            latest = answer.columns
            lower[cells] = upper[cells] = np.round(latest[cells])
        lower[cell] = upper[cell] = np.round(latest[cell])
    return np.round(lower).astype(np.int64)


def _exact_totals(case: Case, base: Ints) -> _Groups:
    missing = (_whole_pools(case) - added(case.lines.fund, base, len(case.funds))).astype(float)
    return _Groups(case.lines.fund, np.arange(len(base)), missing, missing)


def _whole_pools(case: Case) -> Ints:
    """The pools in publishing units (F,)."""
    return np.array(
        [nearest(pool / case.figures.unit) for pool in case.figures.pools], dtype=np.int64
    )


def _adjacent(key: Ints, fraction: Ints) -> _Groups:
    """Every sum over one value of the key goes to its own floor or ceiling.

    A sum that the reading in millionths cannot tell from a whole unit counts as that whole unit.
    """
    count = int(key.max()) + 1
    totals = added(key, fraction, count)
    blur = np.bincount(key, minlength=count) // 2 + 1
    nearest = np.round(totals / STEPS)
    whole = np.abs(totals - nearest * STEPS) <= blur
    lower = np.where(whole, nearest, totals // STEPS)
    upper = np.where(whole, nearest, totals // STEPS + 1)
    return _Groups(key, np.arange(len(fraction)), lower, upper)


def _keys(case: Case) -> tuple[Ints, ...]:
    """Prefecture × fund, prefecture, recipient of every line."""
    prefecture = case.recipients.prefecture_index[case.lines.recipient]
    return prefecture * len(case.funds) + case.lines.fund, prefecture, case.lines.recipient


def _program(cells: Ints, families: list[_Groups]) -> Program:
    position = np.full(int(max(family.line.max() for family in families)) + 1, -1)
    position[cells] = np.arange(len(cells))
    rows, columns, lower, upper, start = [], [], [], [], 0
    for family in families:
        kept = position[family.line] >= 0
        used, row = np.unique(family.group[kept], return_inverse=True)
        rows.append(row + start)
        columns.append(position[family.line[kept]])
        lower.append(family.lower[used])
        upper.append(family.upper[used])
        start += len(used)
    all_rows = np.concatenate(rows)
    return Program(
        np.zeros(len(cells)),
        np.ones(len(cells)),
        all_rows,
        np.concatenate(columns),
        np.ones(len(all_rows)),
        np.concatenate(lower),
        np.concatenate(upper),
        np.zeros(start, dtype=np.int64),
        len(cells),
    )


def _check(case: Case, result: Ints, base: Ints, fraction: Ints) -> None:
    """Every fund total exact, every line adjacent to its own value."""
    totals = added(case.lines.fund, result, len(case.funds))
    up = result - base
    adjacent = (up == 0) | ((up == 1) & (fraction > 0))
    if (totals != _whole_pools(case)).any() or not adjacent.all():
        raise SolverError("取整后的合计与资金总额不一致，结果不予公布。")
