"""A small deterministic LP text of rules and objectives, and the meaning of such a text for comparison.

Subject To
  均衡性/甲县: 1.0 均衡性/甲县 >= 200.0
Bounds
  均衡性/甲县: >= 0.0 <= 1000.0
Stage 贴近因素法 below above
  均衡性/甲县: centre 400.0 scale 400.0
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cases import dense, labels, right_sides

from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.core.expressions import Rows
from transfer_opt.lexlp.program import LevelStage, Program
from transfer_opt.policy.case import Case

Meaning = Counter[tuple[str, str, frozenset[tuple[str, float]]]]
"""Section, label and the named numbers of every line, in any order."""
SIDES = (">=", "<=", "centre", "scale")


def rule_text(name: str, rows: Rows, case: Case) -> str:
    """The rows of one rule, constants moved to the right."""
    names = [str(label) for label in case.amount.labels]
    body = [
        _row(label, names, coefficients, low, high)
        for label, coefficients, low, high in zip(
            labels(rows), dense(rows, len(names)), *right_sides(rows), strict=True
        )
    ]
    return "\n".join([f"\\ {name}", "Subject To", *body, ""])


def objective_text(name: str, formulation: Formulation, case: Case) -> str:
    """The program and the stages of one objective list."""
    program = formulation.program
    extra = range(program.lines, program.shape[1])
    names = [str(label) for label in case.amount.labels] + [f"column{index}" for index in extra]
    lines = [f"\\ {name}", "Subject To", *_program_rows(program, names), "Bounds"]
    lines += [
        _row(column, [], [], low, high)
        for column, low, high in zip(names, program.lower, program.upper, strict=True)
    ]
    for stage in formulation.stages:
        if isinstance(stage, LevelStage):
            sides = " ".join(
                word for word, counts in (("below", stage.below), ("above", stage.above)) if counts
            )
            lines.append(f"Stage {stage.name} {sides}")
            lines += [
                f"  {names[column]}: centre {float(centre)!r} scale {float(scale)!r}"
                for column, centre, scale in zip(
                    stage.columns, stage.centre, stage.scale, strict=True
                )
            ]
        else:
            lines += [
                f"Stage {stage.name} sum",
                _row("minimize", names, stage.costs, -math.inf, math.inf),
            ]
    return "\n".join([*lines, ""])


def meaning(text: str) -> Meaning:
    """What a text says, whatever the order of its rows and terms."""
    return Counter(_lines(text))


def _lines(text: str) -> Iterator[tuple[str, str, frozenset[tuple[str, float]]]]:
    section = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("\\"):
            continue
        if not line.startswith(" "):
            section = line.strip()
            continue
        label, _, rest = (
            line.strip().rpartition(": ") if ": " in line else (line.strip().rstrip(":"), "", "")
        )
        yield section, label, frozenset(_named_numbers(rest.replace(" + ", " ").split()))


def _named_numbers(words: Sequence[str]) -> Iterator[tuple[str, float]]:
    for first, second in zip(words[::2], words[1::2], strict=True):
        yield (first, float(second)) if first in SIDES else (second, float(first))


def _program_rows(program: Program, names: Sequence[str]) -> Iterator[str]:
    for row in range(program.shape[0]):
        chosen = program.rows == row
        coefficients = [0.0] * len(names)
        for column, value in zip(program.columns[chosen], program.values[chosen], strict=True):
            coefficients[column] = float(value)
        yield _row("row", names, coefficients, program.row_lower[row], program.row_upper[row])


def _row(
    label: str, names: Sequence[str], values: Iterable[float], lower: float, upper: float
) -> str:
    terms = " + ".join(
        f"{float(value)!r} {name}" for name, value in zip(names, values, strict=True) if value
    )
    sides = [
        f"{sign} {float(bound)!r}"
        for sign, bound in ((">=", lower), ("<=", upper))
        if math.isfinite(bound)
    ]
    return " ".join(part for part in (f"  {label}:", terms, *sides) if part)
