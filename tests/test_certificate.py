"""The proof travels with the result, and the checker believes nothing: not the solver, not the engine, not the file."""

from __future__ import annotations

import ast
import copy
import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from books import EXAMPLE
from instances import instance
from transfer_opt import run
from transfer_opt.certificate import CertificateError, check, sealed
from transfer_opt.errors import SolverError
from transfer_opt.formulate import formulate
from transfer_opt.lexicographic import solve
from transfer_opt.program import Program, Question, RawSolution, Session
from transfer_opt.proof import certificate
from transfer_opt.rounding import published
from transfer_opt.solvers import opener

CHECKER = Path(run.__file__).parent / "certificate.py"
Proof = dict[str, Any]


def prove(seed: int, most: int) -> Proof | None:
    """The certificate of a random instance; None where it has no solution."""
    case, settings, objective = instance(seed, most)
    formulation = formulate(case, settings, objective)
    if (formulation.program.lower > formulation.program.upper).any():
        return None
    solution = solve(formulation.program, formulation.stages, opener("highs", len(case.lines)))
    if solution.shortage is not None:
        return None
    units = published(case, solution.columns[: len(case.lines)], opener("highs", len(case.lines)))
    low, high = formulation.floor_and_cap()
    assert (units * case.unit >= np.floor(low) - 1e-9).all()
    assert (units * case.unit <= np.ceil(high) + 1e-9).all()
    for f, fund in enumerate(case.funds):
        assert units[case.lines.fund == f].sum() * case.unit == pytest.approx(fund.pool, abs=1e-9)
    return json.loads(json.dumps(certificate(formulation.program, formulation.stages, solution, units, case.unit, case.line_names)))


@pytest.fixture(scope="module")
def proof() -> Proof:
    return json.loads(run.allocate(run.prepare(EXAMPLE, scenario="均衡优先"), "highs").proof)


def test_the_checker_imports_nothing_of_the_package_and_stays_short() -> None:
    source = CHECKER.read_text(encoding="utf-8")
    imported = {name.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert imported <= {"__future__", "collections.abc", "dataclasses", "fractions", "hashlib", "json", "sys", "typing"}
    assert len(source.splitlines()) < 300


@pytest.mark.parametrize("scenario", ["基准方案", "均衡优先", "稳定优先", "生态优先"])
def test_every_scenario_of_the_example_is_proved(scenario: str) -> None:
    check(json.loads(run.allocate(run.prepare(EXAMPLE, scenario=scenario), "highs").proof))


def test_the_proof_is_read_back_from_the_result_file_alone(tmp_path: Path) -> None:
    outcome = run.allocate(run.prepare(EXAMPLE), "highs")
    run.write(outcome, tmp_path / "r.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["证明"]
    pieces = [str(row[1]) for row in sheet.iter_rows(min_row=5, values_only=True) if isinstance(row[0], int | float)]
    assert "".join(pieces) == outcome.proof
    check(json.loads("".join(pieces)))


@pytest.mark.parametrize("solver", ["cbc", "pulp-highs"])
def test_what_another_solver_found_is_proved_too(solver: str) -> None:
    check(json.loads(run.allocate(run.prepare(EXAMPLE), solver).proof))


def test_random_allocations_are_proved_and_their_totals_and_bounds_exact() -> None:
    proofs = [proof for seed in range(5000, 5250) if (proof := prove(seed, 6))]
    assert len(proofs) > 120
    for made in proofs:
        check(made)


@pytest.mark.slow
def test_ten_thousand_random_allocations_are_proved() -> None:
    count, seed, refused = 0, 100_000, []
    while count < 10_000:
        try:
            made = prove(seed, 8)
            if made:
                check(made)
                count += 1
        except (SolverError, CertificateError) as error:
            refused.append((seed, str(error)))
        seed += 1
    assert refused == []


def test_one_number_changed_anywhere_breaks_the_seal(proof: Proof) -> None:
    generator = random.Random(7)
    for _ in range(120):
        changed = copy.deepcopy(proof)
        _change_one(changed, generator)
        if changed != proof:
            with pytest.raises(CertificateError, match="封签"):
                check(changed)


def test_a_forger_who_seals_anew_is_refused_for_what_he_changed(proof: Proof) -> None:
    generator, refused = random.Random(7), 0
    for _ in range(120):
        changed = copy.deepcopy(proof)
        _change_one(changed, generator, sign_only=False)
        if changed == proof:
            continue
        with pytest.raises(CertificateError):
            check(sealed(changed))
        refused += 1
    assert refused > 100


def test_two_published_units_moved_between_counties_are_refused_when_more_than_a_neighbour(proof: Proof) -> None:
    changed = copy.deepcopy(proof)
    changed["published"][0] += 1
    changed["published"][1] -= 1
    with pytest.raises(CertificateError, match="相邻单位"):
        check(sealed(changed))


def test_a_certificate_with_a_stage_left_out_proves_nothing(proof: Proof) -> None:
    changed = copy.deepcopy(proof)
    changed["stages"].pop()
    with pytest.raises(CertificateError, match="没有被唯一确定"):
        check(sealed(changed))


def test_a_certificate_with_a_part_missing_is_refused_in_words(proof: Proof) -> None:
    for key in proof:
        changed = {name: value for name, value in proof.items() if name != key}
        with pytest.raises(CertificateError, match="不完整"):
            check(sealed(changed) if key != "seal" else changed)


class Skewed:
    """A solver that answers another question: a little more money in the first pool."""

    def __init__(self, program: Program) -> None:
        self._session: Session = opener("highs", program.lines)(program)

    def solve(self, question: Question) -> RawSolution:
        answer = self._session.solve(question)
        duals = answer.duals.copy()
        duals[np.flatnonzero(duals)[:1]] *= 0.9
        return RawSolution(True, answer.columns, duals, answer.status)


def test_a_wrong_answer_of_a_solver_is_refused_and_nothing_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "opener", lambda *_: Skewed)
    with pytest.raises(SolverError):
        run.allocate(run.prepare(EXAMPLE))


def _change_one(made: Proof, generator: random.Random, *, sign_only: bool = True) -> None:
    """Change one number: an amount, a pool, a dual, a θ, the value of a stage, a published integer.

    Turning the sign of a dual may leave a proof (where the row's columns were all fixed before), so it is asked only
    of the seal.
    """
    kind = generator.choice(["amount", "published", "theta", "value", "pool", *(["dual"] if sign_only else [])])
    if kind == "amount":
        j = generator.randrange(made["lines"])
        made["columns"][j] = str(Fraction(made["columns"][j]) + Fraction(1, 1000))
    elif kind == "published":
        made["published"][generator.randrange(made["lines"])] += generator.choice([-1, 1])
    elif kind == "pool":
        row = made["rows"][generator.choice(made["pools"])]
        row["lower"] = row["upper"] = str(Fraction(row["lower"]) + 1)
    elif kind == "value":
        stage = generator.choice([stage for stage in made["stages"] if stage["kind"] == "sum"])
        stage["value"] = str(Fraction(stage["value"]) + 1)
    else:
        levels = [level for stage in made["stages"] for level in stage.get("levels", []) if level]
        level = generator.choice(levels)
        if kind == "theta":
            level["theta"] = str(Fraction(level["theta"]) * Fraction(999, 1000))
        else:
            row = generator.choice(list(level["duals"]))
            level["duals"][row] = str(-Fraction(level["duals"][row]))
