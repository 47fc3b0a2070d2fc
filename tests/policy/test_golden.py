"""One golden LP per rule and per objective, from one fixed small case, compared by meaning.

After an intended change: `pytest tests/policy/test_golden.py --regenerate-golden`, then read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import make_case, make_settings
from lptext import meaning, objective_text, rule_text

from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.allocation.formulation.rule_rows import rule_rows
from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.vocabulary import NEED_RULE
from transfer_opt.policy.case import Case, GivenBound
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import Change
from transfer_opt.policy.objectives import OBJECTIVES, SHORTFALL

GOLDEN = Path(__file__).parents[1] / "golden"
NAN = float("nan")
ALWAYS = "资金总额"
FULL = tuple(
    fund for fund in ("均衡性转移支付", "县级基本财力保障机制奖补资金", "重点生态功能区转移支付")
)


def golden_case() -> Case:
    """The small case in which every rule has something to say."""
    return make_case(
        last={"均衡性": [200, 0, 300], "生态": [100, 60, NAN]},
        eligible={"生态": [True, True, False]},
        reference_before={"生态": [160, 100, 0]},
        penalty={"生态": [0, 0.05, 0]},
        advance={"县级保障": [40, NAN, NAN]},
        floor={"均衡性": [210, NAN, NAN]},
        cap={"均衡性": [NAN, 350.5, NAN]},
        usable={"生态": 0.5},
        totals=[
            GivenBound(0, 3, NAN, 620, "市州一项资金"),
            GivenBound(NOWHERE, 2, 400, 900, "县合计"),
            GivenBound(NOWHERE, 3, NAN, 1500.5, "市州合计"),
        ],
    )


CHANGES = (
    *(Change(name, on=True) for name in CONSTRAINTS if name != ALWAYS),
    Change("市州占比", FULL[0], "下限", "东州", 0.3),
    Change("市州占比", FULL[0], "上限", "东州", 0.7),
    Change("位次不逆转", "", "分组列", "", "市州"),
    Change("保障水平下限", "", "分组列", "", "市州"),
    Change("财力薄弱倾斜", FULL[1], "组别", "", "功能区类型=省级重点生态功能区、禁止开发区"),
)


def rule_golden(name: str) -> str:
    case = golden_case()
    return rule_text(
        name, rule_rows(case, make_settings(case, *CHANGES), name, case.amount).rows, case
    )


def objective_golden(name: str) -> str:
    case = golden_case()
    rules = [ALWAYS, NEED_RULE] if name == SHORTFALL else [ALWAYS]
    return objective_text(name, formulate(case, make_settings(case), [name], rules), case)


def compared(name: str, text: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / f"{name}.lp"
    if request.config.getoption("--regenerate-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), (
        f"no golden file for {name}: run pytest --regenerate-golden and read what it wrote"
    )
    assert meaning(text) == meaning(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_rule_says_what_its_golden_file_says(name: str, request: pytest.FixtureRequest) -> None:
    compared(name, rule_golden(name), request)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_says_what_its_golden_file_says(
    name: str, request: pytest.FixtureRequest
) -> None:
    compared(name, objective_golden(name), request)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_every_rule_has_rows_in_the_golden_case(name: str) -> None:
    assert meaning(rule_golden(name))


def test_there_is_a_golden_file_for_every_rule_and_objective_and_for_nothing_else() -> None:
    assert {path.stem for path in GOLDEN.glob("*.lp")} == {*CONSTRAINTS, *OBJECTIVES}


def test_order_and_spacing_do_not_matter_to_the_meaning_but_numbers_do() -> None:
    one = "\\ 甲\nSubject To\n  a: 1.0 x + 2.0 y >= 3.0\n  b: 1.0 x <= 1e-3\n"
    other = "Subject To\n\n  b: 1 x <= 0.001\n  a: 2 y + 1 x >= 3\n"
    assert meaning(one) == meaning(other)
    assert meaning(one) != meaning(other.replace("3", "3.0000001"))
    assert meaning(one) != meaning(other.replace(">=", "<="))
