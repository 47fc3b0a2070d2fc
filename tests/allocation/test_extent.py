"""How far a line may move, against brute force: every stage's optimum kept as a row with a slack, built afresh each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest
from allocations import example
from bruteforce import BruteForce
from instances import instance

from transfer_opt.allocation.explanation.extent import Extent, extents, kept_stages
from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.allocation.optimum import Optimum, Published, optimum_and_proof
from transfer_opt.allocation.rounding import published
from transfer_opt.checker.extent import check_end
from transfer_opt.checker.optimality import CertificateError, replay, sealed
from transfer_opt.lexlp.solvers.choice import chosen
from transfer_opt.policy.case import Case

NEAR = 1e-3
"""Of a publishing unit: what the slacks of brute force let a line move farther."""


def solved(seed: int) -> tuple[Case, Published | Optimum]:
    case, settings, objective = instance(seed, most=4)
    found = optimum_and_proof(
        case.line_names,
        partial(published, case),
        lambda whole: formulate(case, settings, objective, whole=whole),
        chosen("highs", len(case.lines)),
    )
    return case, found


def compared(seeds: range) -> Iterator[tuple[list[Extent | None], list[tuple[float, float]]]]:
    """Of every instance that has an allocation: the extents of all lines, and those of brute force, publishing units."""
    for seed in seeds:
        case, found = solved(seed)
        if not isinstance(found, Published):
            continue
        certificate = json.loads(found.certificate)
        formulation = found.optimum.formulation
        kept = formulation.stages[: len(kept_stages(certificate))]
        brute = BruteForce(formulation.program)
        brute.run(kept)
        ours = list(extents(certificate, range(len(case.lines))))
        yield ours, [tuple(side / case.unit for side in brute.ends(k)) for k in range(len(ours))]


def assert_same(seeds: range) -> int:
    count = 0
    for ours, theirs in compared(seeds):
        count += 1
        for extent, (low, high) in zip(ours, theirs, strict=True):
            assert extent is not None, "every end is proved"
            assert abs(float(extent.low) - low) < NEAR
            assert abs(float(extent.high) - high) < NEAR
            assert extent.least <= extent.published <= extent.most
    return count


def test_the_ends_are_those_of_brute_force() -> None:
    assert assert_same(range(28)) >= 15


@pytest.mark.slow
def test_the_ends_are_those_of_brute_force_on_hundreds() -> None:
    assert assert_same(range(100, 700)) >= 300


def test_a_county_held_by_floor_and_need_does_not_move_and_another_does() -> None:
    """湟源县 stands at its cap and its need, with no excess beyond the least; 城东区 may fall to last year's amount."""
    certificate = json.loads(example().proof)
    names = [(name[2], name[0]) for name in certificate["names"]]
    lines = [names.index((who, "均衡性转移支付")) for who in ("湟源县", "城东区")]
    still, free = extents(certificate, lines)
    assert still is not None
    assert free is not None
    assert (still.low, still.published, still.high) == (33159, 33159, 33159)
    assert (free.least, free.published, free.most) == (32994, 34424, 37943)


def test_the_stages_before_the_closing_one_are_kept() -> None:
    assert kept_stages(json.loads(example().proof)) == (
        "三保缺口最小",
        "三保缺口最小·均衡分担",
        "增幅上限超出最少",
        "增幅上限超出最少·均衡分担",
    )


def test_an_end_that_no_dual_proves_is_refused() -> None:
    certificate = json.loads(example().proof)
    state = replay(certificate, 4)
    with pytest.raises(CertificateError, match="没有对偶证明"):
        check_end(state, 0, 1, state.amounts, {})
    with pytest.raises(CertificateError, match="超出约束"):
        check_end(state, 0, 1, [0, *state.amounts[1:]], {})


def test_a_certificate_that_was_changed_tells_no_extent() -> None:
    certificate = json.loads(example().proof)
    certificate["upper"][0] = None
    with pytest.raises(CertificateError, match="被改动过"):
        list(extents(certificate, [0]))
    loose = sealed({**certificate, "columns": ["0", *certificate["columns"][1:]]})
    with pytest.raises(CertificateError):
        list(extents(loose, [0]))
