"""The proof that nothing is possible: a few rows, with a weight each, that no amounts within their bounds can meet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.formulation.rule_rows import RuleRows
from transfer_opt.allocation.infeasibility.iis import Conflict
from transfer_opt.checker.infeasibility import check_impossible
from transfer_opt.checker.optimality import CertificateError, sealed
from transfer_opt.core.arrays import NOWHERE, Floats
from transfer_opt.core.exact import Exacts
from transfer_opt.lexlp.exact.solve import shortage_exactly
from transfer_opt.lexlp.solvers.choice import ended
from transfer_opt.policy.case import Case

PLAIN, DECIMALS = 1000, (9, 12)
"""Weights are plain fractions of at most this denominator, or decimals of so many digits as coefficients have."""
NOISE = 1e-12
"""What a solver's float may be off."""

Row = dict[str, Any]


def farkas(case: Case, found: Conflict) -> Mapping[str, Any]:
    """The proof as plain JSON, accepted by the checker; amounts are text, decimals or fractions, in the money unit.

    Raises SolverError where what the solver leaned on proves nothing in exact arithmetic.
    """
    assert found.formulation is not None
    if found.shortage is None:
        tried = [list(_crossed(case, found.formulation))]
    else:
        duals = found.shortage.duals
        tried = [
            list(_coupled(case, found.formulation, duals, read)) for read in (_plain, Fraction)
        ]
    proofs = [_stated(case, found.formulation, rows) for rows in tried]
    proved = [(money, -place) for place, proof in enumerate(proofs) if (money := _proved(proof))]
    return proofs[-max(proved)[1]] if proved else _in_fractions(case, found.formulation)


def _in_fractions(case: Case, formulation: Formulation) -> Mapping[str, Any]:
    """The proof by the exact dual, where what a solver leaned on proves nothing."""
    impossible = shortage_exactly(formulation.statement, formulation.unit, ended)
    assert impossible is not None, "a conflict is one in fractions"
    return _stated(case, formulation, list(_coupled(case, formulation, impossible.duals, Fraction)))


def _proved(proof: Mapping[str, Any]) -> Fraction:
    """The money that the checker accepts as short; 0 where it refuses."""
    try:
        return check_impossible(json.loads(json.dumps(proof)))
    except CertificateError:
        return Fraction(0)


def _stated(case: Case, formulation: Formulation, rows: list[Row]) -> Mapping[str, Any]:
    """The rows, the bounds of the lines they touch, and the money that they prove short."""
    low, high = formulation.statement.lower, formulation.statement.upper
    names = {str(name): line for line, name in enumerate(case.amount.labels)}
    touched = dict.fromkeys(name for row in rows for name in row["entries"])
    bounds: dict[str, dict[str, str]] = (
        {}
        if all(row["single"] for row in rows)
        else {
            name: {"lower": str(low[names[name]]), "upper": str(high[names[name]])}
            for name in touched
        }
    )
    short, prices = Fraction(0), dict.fromkeys(touched, Fraction(0))
    for row in rows:
        dual = Fraction(row["dual"])
        short += dual * Fraction(row["lower" if dual > 0 else "upper"])
        for name, a in row["entries"].items():
            prices[name] += dual * Fraction(a)
    short -= sum(
        (
            price * Fraction(bounds[name]["upper" if price > 0 else "lower"])
            for name, price in prices.items()
            if price
        ),
        Fraction(0),
    )
    return sealed(
        {
            "kind": "infeasible",
            "unit": case.money_unit,
            "rows": rows,
            "bounds": bounds,
            "short": str(short),
        }
    )


def _plain(weight: float) -> Fraction:
    """The plainest number that a float may stand for."""
    weight = float(weight)
    read = [
        Fraction(weight).limit_denominator(PLAIN),
        *(Fraction(round(weight * 10**digits), 10**digits) for digits in DECIMALS),
    ]
    return next(
        (number for number in read if abs(number - Fraction(weight)) <= NOISE), Fraction(weight)
    )


def _coupled(
    case: Case, formulation: Formulation, duals: Floats | Exacts, read: Callable[[Any], Fraction]
) -> Iterator[Row]:
    """The rows with a dual, by rule."""
    program, labels = formulation.statement, case.amount.labels
    for entry in formulation.rules:
        for place in np.flatnonzero((entry.position != NOWHERE) & (duals[entry.position] != 0)):
            r = int(entry.position[place])
            dual = read(duals[r])
            inside = program.rows == r
            entries = {
                str(labels[j]): str(a)
                for j, a in zip(program.columns[inside], program.values[inside], strict=True)
            }
            if dual:
                yield _row(
                    entry,
                    int(place),
                    dual,
                    program.row_lower[r],
                    program.row_upper[r],
                    entries,
                )


def _crossed(case: Case, formulation: Formulation) -> Iterator[Row]:
    """For every line whose floor stands above its cap, both."""
    low, high = formulation.statement.lower, formulation.statement.upper
    for line in formulation.crossing:
        for dual, side, bound in (
            (Fraction(1), "least", low[line]),
            (Fraction(-1), "most", high[line]),
        ):
            entry, place = bounding(formulation, int(line), side, bound)
            entries = {str(case.amount.labels[line]): "1"}
            lower, upper = (bound, None) if dual > 0 else (None, bound)
            yield _row(entry, place, dual, lower, upper, entries, single=True)


def bounding(
    formulation: Formulation, line: int, side: str, bound: mpq
) -> tuple[RuleRows | None, int]:
    """The rule and row that bound the line there; none where that is only that amounts lie between 0 and the pool."""
    for entry in formulation.rules:
        expression = entry.rows.expression
        limits: Exacts = getattr(entry.rows, side)
        columns = np.full(len(limits), NOWHERE)
        columns[expression.rows] = expression.columns
        places = np.flatnonzero(entry.hard & entry.single & (columns == line) & (limits == bound))
        if len(places):
            return entry, int(places[0])
    return None, 0


def _row(
    entry: RuleRows | None,
    place: int,
    dual: Fraction,
    lower: mpq | None,
    upper: mpq | None,
    entries: Mapping[str, str],
    single: bool = False,
) -> Row:
    return {
        "rule": entry.rule.name if entry else "资金总额",
        "clause": entry.rule.brief if entry else "",
        "subject": str(entry.rows.expression.labels[place]) if entry else next(iter(entries)),
        "lower": _side(lower),
        "upper": _side(upper),
        "entries": dict(entries),
        "dual": str(dual),
        "single": single,
    }


def _side(value: mpq | None) -> str:
    """Money as a fraction; "" where there is no limit."""
    return "" if value is None else str(value)
