"""How far one column may move where stages hold: two linear programs in fractions over what they leave, each end proved."""

from __future__ import annotations

from fractions import Fraction

from gmpy2 import mpq

from transfer_opt.checker.extent import check_end
from transfer_opt.checker.optimality import Bound, State
from transfer_opt.core.errors import SolverError
from transfer_opt.lexlp.exact.integers import Number
from transfer_opt.lexlp.exact.reduced import Basis, Reduced
from transfer_opt.lexlp.exact.simplex import ExactProgram
from transfer_opt.lexlp.exact.solve import LARGEST


def ends(state: State, column: int, basis: Basis) -> tuple[Fraction, Fraction]:
    """The least and the greatest of a column, in steps. Raises SolverError or CertificateError where one is not proved."""
    low, high = state.lower[column], state.upper[column]
    if low is not None and low == high:
        return Fraction(low), Fraction(low)
    return _end(state, column, 1, basis), _end(state, column, -1, basis)


def _end(state: State, column: int, sign: int, basis: Basis) -> Fraction:
    costs: list[Number] = [0] * len(state.lower)
    costs[column] = sign
    program = ExactProgram(
        costs,
        _sides(state.lower),
        _sides(state.upper),
        [{j: _number(a) for j, a in row.items()} for row in state.rows],
        _sides(state.row_lower),
        _sides(state.row_upper),
    )
    money = [abs(float(side)) for side in (*state.row_lower, *state.row_upper) if side is not None]
    vertex = Reduced.of(program).optimum(basis, max([1.0, *money]) / LARGEST)
    if vertex is None:
        raise SolverError("可调范围：规则和前面各步目标不能同时满足。")
    point = [_fraction(value) for value in vertex.columns]
    check_end(
        state, column, sign, point, {r: _fraction(y) for r, y in enumerate(vertex.duals) if y}
    )
    return point[column]


def _sides(sides: list[Bound]) -> list[Number | None]:
    return [None if side is None else _number(side) for side in sides]


def _number(value: int | Fraction) -> Number:
    return value if isinstance(value, int) else mpq(value.numerator, value.denominator)


def _fraction(value: Number) -> Fraction:
    return Fraction(int(value.numerator), int(value.denominator))
