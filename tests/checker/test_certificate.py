"""The proof travels with the result, and the checker believes nothing: not the solver, not the engine, not the file."""

from __future__ import annotations

import ast
import copy
import json
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from allocations import allocated, only
from books import EQUALIZATION, EXAMPLE, change, plain_tables, write_tables
from calls import call
from cases import make_case
from instances import instance
from liars import LIARS, Liar
from results import impossible

from transfer_opt.allocation import allocate
from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.rounding import published
from transfer_opt.checker import optimality
from transfer_opt.checker.optimality import CertificateError, check, sealed
from transfer_opt.commands import publish
from transfer_opt.core.arrays import Ints
from transfer_opt.core.errors import SolverError
from transfer_opt.intake import prepare
from transfer_opt.lexlp.certificate import certificate, replayed
from transfer_opt.lexlp.solve import Solution, solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change

CHECKER = Path(optimality.__file__)
Proof = dict[str, Any]


def certified(formulation: Formulation, solution: Solution, units: Ints, case: Case) -> Proof:
    proof = replayed(formulation.statement, formulation.stages, solution, formulation.unit)
    return json.loads(
        certificate(formulation.statement, proof, units, formulation.unit, case.line_names)
    )


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
    return certified(formulation, solution, units, case)


@pytest.fixture(scope="module")
def proof() -> Proof:
    return json.loads(
        allocate.allocate(prepare.prepare(EXAMPLE, scenario="均衡优先"), "highs").proof
    )


def test_the_checker_imports_nothing_of_the_package_and_stays_short() -> None:
    source = CHECKER.read_text(encoding="utf-8")
    imported = {
        name.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    imported |= {
        str(node.module) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)
    }
    assert imported <= {
        "__future__",
        "collections.abc",
        "dataclasses",
        "fractions",
        "hashlib",
        "json",
        "sys",
        "typing",
    }
    assert len(source.splitlines()) < 400


def test_the_checker_of_the_impossible_imports_the_other_checker_and_nothing_else_of_the_package() -> (
    None
):
    tree = ast.parse((CHECKER.parent / "infeasibility.py").read_text(encoding="utf-8"))
    imported = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= {
        "__future__",
        "collections.abc",
        "fractions",
        "typing",
        "transfer_opt.checker.optimality",
    }


@pytest.mark.system
@pytest.mark.parametrize("scenario", ["基准方案", "均衡优先", "稳定优先", "生态优先"])
def test_every_scenario_of_the_example_is_proved(scenario: str) -> None:
    check(json.loads(allocate.allocate(prepare.prepare(EXAMPLE, scenario=scenario), "highs").proof))


def test_the_proof_is_read_back_from_the_result_file_alone(tmp_path: Path) -> None:
    outcome = allocate.allocate(prepare.prepare(EXAMPLE), "highs")
    publish.write(outcome, tmp_path / "r.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["证明"]
    pieces = [
        str(row[1])
        for row in sheet.iter_rows(min_row=5, values_only=True)
        if isinstance(row[0], int | float)
    ]
    assert "".join(pieces) == outcome.proof
    check(json.loads("".join(pieces)))


@pytest.mark.parametrize("solver", ["cbc", "pulp-highs"])
def test_what_another_solver_found_is_proved_too(solver: str) -> None:
    check(json.loads(allocate.allocate(prepare.prepare(EXAMPLE), solver).proof))


@pytest.mark.system
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


def test_two_published_units_moved_between_counties_are_refused_when_more_than_a_neighbour(
    proof: Proof,
) -> None:
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


def test_a_certificate_that_names_a_pool_twice_and_forgets_another_is_refused(proof: Proof) -> None:
    changed = copy.deepcopy(proof)
    changed["pools"][1] = changed["pools"][0]
    with pytest.raises(CertificateError, match="不是每一笔都属于一个资金总额"):
        check(sealed(changed))


def test_a_certificate_with_a_part_missing_is_refused_in_words(proof: Proof) -> None:
    for key in proof:
        changed = {name: value for name, value in proof.items() if name != key}
        with pytest.raises(CertificateError, match="不完整"):
            check(sealed(changed) if key != "seal" else changed)


# ---------------------------------------------------------------- every number


def numbers(made: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every number stands, also those written as text, and those that name a row or a column."""
    if isinstance(made, dict):
        for key, value in made.items():
            yield from numbers(value, (*path, key))
    elif isinstance(made, list):
        for place, value in enumerate(made):
            yield from numbers(value, (*path, place))
    elif (
        isinstance(made, int)
        and not isinstance(made, bool)
        or isinstance(made, str)
        and made[-1:].isdigit()
        and path[0] != "seal"
    ):
        yield path


def changed_at(made: Proof, path: tuple[Any, ...], by: Fraction) -> Proof:
    """A copy with one number changed by a little."""
    changed = copy.deepcopy(made)
    place = changed
    for step in path[:-1]:
        place = place[step]
    value = place[path[-1]]
    place[path[-1]] = (
        value + (by > 0) - (by < 0) if isinstance(value, int) else str(Fraction(value) + by)
    )
    return changed


def small_proof() -> Proof:
    """Three counties, two funds: tight floors, caps, a need that is short, sums and levels."""
    case = make_case(
        pools={"均衡性": 1000, "生态": 200},
        need=(900, 0, 300),
        reference={"均衡性": (400, 300, 300)},
    )
    done = allocated(
        case,
        *only("上年保底", "增幅上限", "三保兜底"),
        Change("增幅上限", parameter="增幅上限", value=0.5),
        objective=("三保缺口最小", "保障水平最大化", "贴近因素法"),
    )
    return certified(done.formulation, done.solution, done.units, case)


ANSWERS = ("published", "theta", "value", "pools", "lines", "unit")


def test_every_single_number_of_a_small_certificate_is_guarded_by_its_seal() -> None:
    made = small_proof()
    check(made)
    places = list(numbers(made))
    assert len(places) > 120
    for path in places:
        with pytest.raises(CertificateError, match="封签"):
            check(changed_at(made, path, Fraction(1, 1000)))


def test_a_forger_who_seals_anew_can_prove_no_other_amounts() -> None:
    """What is accepted with one number changed is a bound that presses nobody, or the same proof at another scale."""
    made = small_proof()
    accepted = []
    for path in numbers(made):
        for by in (Fraction(1, 1000), Fraction(-1, 1000), Fraction(5)):
            changed = changed_at(made, path, by)
            try:
                check(sealed(changed))
            except CertificateError:
                continue
            accepted.append(path)
            assert changed["columns"][: made["lines"]] == made["columns"][: made["lines"]]
            assert changed["published"] == made["published"]
    assert {path[0] for path in accepted} <= {
        "lower",
        "upper",
        "rows",
        "stages",
        "names",
        "columns",
    }
    assert not [path for path in accepted if path[-1] in ANSWERS]
    # What the stages aim at (centres and scales) only the inputs can tell: `audit` derives the program from them.
    guarded = [path for path in numbers(made) if "terms" not in path]
    assert len(set(accepted) & set(guarded)) < len(guarded) / 2


def test_a_seeded_sample_of_the_numbers_of_a_real_certificate_is_guarded(proof: Proof) -> None:
    places = list(numbers(proof))
    for path in random.Random(11).sample(places, 60):
        with pytest.raises(CertificateError):
            check(changed_at(proof, path, Fraction(1, 1000)))


def test_a_float_is_no_number_of_a_certificate() -> None:
    made = small_proof()
    places = [
        path
        for path in numbers(made)
        if path[0] not in ("names", "lines", "pools") and path[-3:-2] != ("terms",)
    ]
    for path in places:
        changed = changed_at(made, path, Fraction(0))
        place = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = float(Fraction(place[path[-1]]))
        with pytest.raises(CertificateError, match="格式不对|不是整数"):
            check(sealed(changed))


@pytest.mark.parametrize(
    ("key", "dual", "refusal"),
    [
        ("0", 0, "对偶值有 0"),
        ("-1", 1, "不存在"),
        ("9999", 1, "格式不对"),
    ],
)
def test_a_dual_of_nothing_and_a_dual_on_a_row_that_does_not_exist_are_refused(
    key: str, dual: int, refusal: str
) -> None:
    """A dual of 0 would otherwise make a row an equality that nothing forces."""
    changed = small_proof()
    level = next(level for stage in changed["stages"] for level in stage.get("levels", []) if level)
    level["duals"] = {**level["duals"], key: dual}
    with pytest.raises(CertificateError, match=refusal):
        check(sealed(changed))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_row_that_is_not_used_up_can_carry_no_dual(sign: int) -> None:
    made = small_proof()
    amounts = [Fraction(value) for value in made["columns"]]
    side = "lower" if sign > 0 else "upper"
    slack = [
        str(r)
        for r, row in enumerate(made["rows"])
        if row[side] is None
        or sum(a * amounts[int(j)] for j, a in row["entries"].items()) != row[side]
    ]
    assert slack
    for r in slack:
        changed = copy.deepcopy(made)
        changed["stages"][0]["duals"][r] = sign
        with pytest.raises(CertificateError, match="没有用尽"):
            check(sealed(changed))


def test_a_term_about_a_column_that_does_not_exist_is_refused() -> None:
    for column in (-1, 10**6):
        changed = small_proof()
        next(stage for stage in changed["stages"] if stage.get("terms"))["terms"][0][0] = column
        with pytest.raises(CertificateError, match="不存在的列"):
            check(sealed(changed))


# ---------------------------------------------------------------- solvers that lie


@pytest.fixture(scope="module")
def budgets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Possible, impossible for a few counties, and impossible for so many that fractions alone do not relax it."""
    folder, found = tmp_path_factory.mktemp("impossible"), plain_tables()
    change(found, "资金总额", lambda row: row["资金"] == EQUALIZATION, 本年总额=1800000)
    return {
        "possible": EXAMPLE,
        "few": impossible(folder / "few.xlsx"),
        "many": write_tables(folder / "many.xlsx", found),
    }


@pytest.mark.system
@pytest.mark.parametrize(
    ("source", "option", "code"),
    [
        ("possible", (), 70),
        ("possible", ("--relax",), 70),
        ("few", (), 3),
        ("many", ("--relax",), 70),
    ],
    ids=["possible", "possible-relaxed", "impossible", "impossible-relaxed"],
)
@pytest.mark.parametrize("liar", LIARS)
def test_a_wrong_answer_of_a_solver_is_refused_and_nothing_is_published(
    liar: type[Liar],
    source: str,
    option: tuple[str, ...],
    code: int,
    budgets: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is impossible is so in fractions, whoever lies."""
    monkeypatch.setattr("transfer_opt.lexlp.solvers.choice.opener", lambda *_: liar)
    assert call("solve", budgets[source], "-o", tmp_path / "r.xlsx", "--quiet", *option) == code
    assert "Traceback" not in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def _change_one(made: Proof, generator: random.Random, *, sign_only: bool = True) -> None:
    """Change one number: an amount, a pool, a dual, a θ, the value of a stage, a published integer.

    Turning the sign of a dual may leave a proof (where the row's columns were all fixed before), so it is asked only
    of the seal.
    """
    kind = generator.choice(
        ["amount", "published", "theta", "value", "pool", *(["dual"] if sign_only else [])]
    )
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
