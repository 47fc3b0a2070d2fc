"""The lettered lines of 「县区说明单」: one county's amounts worked out so that a pocket calculator can follow.

Every line is given or follows from lines above it; what follows is rounded to what is printed before it is used again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, fsum, log10
from typing import Literal

import numpy as np

from transfer_opt.allocation.explanation.steps import STEP_DIGITS, STEP_NAMES
from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.cell_names import Place, column_letters
from transfer_opt.core.exact import places
from transfer_opt.core.ranking import rounded
from transfer_opt.core.vocabulary import CHART_DATA, FUND_COMPARISON, INPUT, STEPS
from transfer_opt.intake.shared import is_worked_out
from transfer_opt.policy.case import Case, WeightedFactor
from transfer_opt.policy.factors import NEED
from transfer_opt.workbook.files.formula_operands import Exact
from transfer_opt.workbook.files.formula_value import evaluate

GUARD_DIGITS = 5
"""Digits beyond those of the pool that shares are given to: the last printed digit of an amount never hangs on them."""
MOST_DIGITS, MOST_DECIMALS = 15, 12
GROWTH_DECIMALS = 3
LONGEST_SUM = 3
"""Terms of a sum that are written out."""
AMOUNT = "分配额"
"""The line of the published amount."""
SOURCE = "{*}"
"""In a formula: what is looked up for the line itself."""
HINTS: Mapping[str, str] = {
    "困难程度系数": "按必保支出和缺口在全省的位置折算",
    "三保需求": "保基本民生＋保工资＋保运转",
    "标准收支缺口": "标准财政支出－标准财政收入",
    "功能区系数": "按功能区类型",
    "资金总额÷全省收支缺口": "各县相同",
    "考核奖惩": "变差扣减，扣下的由其他县分享",
    "上年保底": "不低于上年×（1－降幅上限）",
    "增幅上限": "不高于上年×（1＋增幅上限）",
    "三保兜底": "财力＋补助≥“三保”需求",
    "三保压力倾斜": "压力大、财力弱的县多增",
    "财力薄弱倾斜": "财力最弱的县多增",
    "困难地区倾斜": "困难地区人均不低于倍数",
    "其他规则": "稳定增长、占比、上下限等",
    "目标调整": "按目标顺序重新分配",
}
SHARED_HINT = "保基本民生（见「支出责任」）＋保工资＋保运转"
"""Of the need, where what was worked out of shared services is part of it."""

Kind = Literal["figure", "share", "money", "step", "change", "growth"]
Source = tuple[str, str]
"""Sheet and column that hold a given value; ("", ""): the same for every county."""
CONSTANT = ""


@dataclass(frozen=True)
class Line:
    """One line of the sheet for every county and fund."""

    letter: str
    item: str
    arithmetic: str
    """The 算式 as a person reads it."""
    kind: Kind
    decimals: int
    formulas: Mapping[int, str]
    """Fund → how the value follows from lines above, each written {letter}; empty where it is given."""
    given: Floats | None = None
    """(F, n) what is looked up; NaN where there is nothing."""
    source: Source = (CONSTANT, "")
    needs: str = ""
    """The letter of a line without which this one is empty; by default a county outside the fund has empty lines."""
    main: bool = False

    @property
    def funds(self) -> tuple[int, ...]:
        """The funds whose column the line fills."""
        return tuple(self.formulas)


def lettered(plan: Plan, funds: Sequence[int] | None = None) -> tuple[Line, ...]:
    """The lines of a plan, lettered from A, the same for every county; or those for a county in these funds alone."""
    told = range(len(plan.case.funds)) if funds is None else funds
    drafts = [draft for f in told for draft in _fund(plan, f)]
    shares = {
        f: next(draft.letter for draft in drafts if draft.kind == "share" and f in draft.formulas)
        for f in told
    }
    drafts += _common(plan, shares)
    letters = {draft.letter: column_letters(at) for at, draft in enumerate(drafts)}
    return tuple(_named(draft, letters) for draft in drafts)


def worked(
    lines: Sequence[Line], county: int, members: Sequence[bool]
) -> list[tuple[Decimal | None, ...]]:
    """The values of a county, line by line, one per fund: exactly as printed; None where the cell is empty.

    `members`: fund by fund, whether the county takes part.
    """
    found: list[dict[str, Decimal | None]] = [{} for _ in members]
    for line in lines:
        for f, known in enumerate(found):
            known[line.letter] = (
                _value(line, f, county, known, members[f]) if f in line.formulas else None
            )
    return [tuple(known[line.letter] for known in found) for line in lines]


def takes_part(case: Case, county: int) -> list[bool]:
    """Fund by fund, whether the county has a line."""
    own = set(case.lines.fund[case.lines.recipient == county].tolist())
    return [f in own for f in range(len(case.funds))]


def printed(value: Decimal | None, kind: Kind, decimals: int) -> str:
    """A value as 「县区说明单」 shows it, in the number format of its kind."""
    if value is None:
        return ""
    if kind == "share":
        return f"{value * 100:.{max(0, decimals - 2)}f}%"
    if kind == "growth":
        return f"{value * 100:+.1f}%" if value else "0.0%"
    if kind == "step" and not value:
        return "–"
    signed = kind in ("step", "change") and value
    return f"{value:{'+' if signed else ''},.{decimals}f}"


def _value(
    line: Line, f: int, county: int, known: Mapping[str, Decimal | None], member: bool
) -> Decimal | None:
    if (
        known[line.needs] is None
        if line.needs
        else not member and line.source[0] != FUND_COMPARISON
    ):
        return None
    own = (
        None
        if line.given is None or np.isnan(line.given[f, county])
        else Fraction(repr(float(line.given[f, county])))
    )
    if line.formulas[f] and line.formulas[f] != SOURCE:
        said = re.sub(r"\{(\w+)\}", r"\g<1>1", line.formulas[f].replace(SOURCE, "A2"))
        result = evaluate(said, _lookup(own, known))
        own = result if isinstance(result, Fraction) else None
    return None if own is None else rounded(own, Decimal(1).scaleb(-line.decimals))


def _lookup(
    own: Fraction | None, known: Mapping[str, Decimal | None]
) -> Callable[[str, Place], Exact]:
    """Line A stands in A1, B in B1, …; what is looked up for the line itself in A2."""

    def value(_: str, at: Place) -> Exact:
        if at == (1, 0):
            return own
        found = known.get(column_letters(at[1]))
        return None if found is None else Fraction(found)

    return value


def _fund(plan: Plan, f: int) -> Iterator[Line]:
    """The block of one fund: its figures, their sums over the province, the county's share."""
    case = plan.case
    members = case.lines.recipient[case.lines.fund == f]
    digits = min(MOST_DIGITS, GUARD_DIGITS + ceil(log10(max(case.funds[f].pool / case.unit, 1.0))))
    made: dict[str, Line] = {}
    terms = []
    for factor in case.factors[f]:
        names: dict[str, str] = {}
        for figure in factor.figures:
            line = _figure(plan, f, factor, figure.name, figure.values, members, digits)
            same = next(
                (
                    key
                    for key, old in made.items()
                    if old.item == figure.name and _same(old, line, f)
                ),
                "",
            )
            names[figure.name] = same or f"{f}/{len(made)}"
            if not same:
                formula = _renamed(figure.formula, names)
                made[names[figure.name]] = replace(
                    line, letter=names[figure.name], formulas={f: formula}
                )
        total = fsum(factor.value[members])
        key = f"{f}/{len(made)}"
        decimals = _decimals(np.array([total]), digits)
        made[key] = Line(
            key,
            "全省合计",
            f"各县{{{names[factor.figures[-1].name]}}}之和",
            "figure",
            decimals,
            {f: ""},
            _everywhere(case, f, round(total, decimals)),
        )
        weight = "" if factor.weight == 1 else f"{factor.weight:.15g}*"
        terms.append(f"{weight}{{{names[factor.figures[-1].name]}}}/{{{key}}}")
    yield from made.values()
    yield Line(
        f"{f}/share",
        f"{case.funds[f].short}份额",
        "",
        "share",
        digits,
        {f: _share(terms, case.factors[f])},
        main=True,
    )


def _share(terms: Sequence[str], factors: Sequence[WeightedFactor]) -> str:
    """Weights of factors that do not count this year leave less than 1 to divide by."""
    whole = sum((Decimal(repr(factor.weight)) for factor in factors), Decimal(0))
    said = "+".join(terms)
    if whole == 1:
        return said
    return f"({said})/{whole.normalize():f}" if len(terms) > 1 else re.sub(r"^[\d.]+\*", "", said)


def _common(plan: Plan, shares: Mapping[int, str]) -> Iterator[Line]:
    """From the shares to the published amounts and against last year."""
    case = plan.case
    funds = range(len(case.funds))
    said = "／".join(f"{{{shares[f]}}}" for f in shares)
    pools = np.array([_everywhere(case, f, fund.pool)[f] for f, fund in enumerate(case.funds)])
    line = _Writer(funds, max(places(case.unit / 10**STEP_DIGITS), 0))
    yield line("pool", "全省资金总额", "可分配总额", "", decimals=places(case.unit), given=pools)
    by_share = line("by share", "按份额测算", f"份额 {said} × {{pool}}", "")
    yield replace(by_share, formulas={f: f"{{{share}}}*{{pool}}" for f, share in shares.items()})
    yield from _by_steps(plan, line)
    yield from _against_last_year(case, line)


@dataclass(frozen=True)
class _Writer:
    """Writes lines that read the same for every fund."""

    funds: range
    cents: int
    """Decimals of what is shown in hundredths of the publishing unit."""

    def __call__(
        self,
        key: str,
        item: str,
        arithmetic: str,
        formula: str,
        kind: Kind = "money",
        decimals: int | None = None,
        given: Floats | None = None,
        source: Source = (CONSTANT, ""),
        needs: str = "",
        main: bool = False,
    ) -> Line:
        shown = self.cents if decimals is None else decimals
        formulas = dict.fromkeys(self.funds, formula)
        return Line(key, item, arithmetic, kind, shown, formulas, given, source, needs, main)


def _by_steps(plan: Plan, line: _Writer) -> Iterator[Line]:
    """From the formula's amount, step by step, to the published one."""
    case, steps = plan.case, plan.steps
    yield line(
        "rest",
        "尾差",
        "使各县合计等于资金总额",
        SOURCE + "-{by share}",
        "step",
        given=case.by_county(steps.start),
        source=(STEPS, "因素法测算额"),
    )
    yield line("start", "因素法测算额", "", "{by share}+{rest}", main=True)
    used = [k for k in range(len(STEP_NAMES)) if np.abs(steps.changes[k]).sum() > 0]
    for k in used:
        hint = HINTS.get(STEP_NAMES[k], f"取整到{case.unit_name}")
        yield line(
            STEP_NAMES[k],
            STEP_NAMES[k],
            hint,
            "",
            "step",
            given=case.by_county(steps.changes[k]),
            source=(STEPS, STEP_NAMES[k]),
        )
    summed = "+".join(f"{{{name}}}" for name in ("start", *(STEP_NAMES[k] for k in used)))
    yield line("now", AMOUNT, "", summed, decimals=places(case.unit), main=True)


def _against_last_year(case: Case, line: _Writer) -> Iterator[Line]:
    """What was paid last year, and how much more it is now."""
    past = _decimals(case.history, MOST_DIGITS)
    paid = (FUND_COMPARISON, "上年")
    yield line("last", "上年分配", "", "", decimals=past, given=case.history, source=paid)
    most = max(places(case.unit), past)
    yield line("change", "增减额", "", "{now}-{last}", "change", most, needs="last")
    growth = 'IF({last}=0,"",{change}/{last})'
    yield line("growth", "增幅", "", growth, "growth", GROWTH_DECIMALS, needs="last")


def _figure(
    plan: Plan,
    f: int,
    factor: WeightedFactor,
    name: str,
    values: Floats,
    members: Ints,
    digits: int,
) -> Line:
    case = plan.case
    inside = values[members]
    given = np.full((len(case.funds), len(values)), np.nan)
    decimals = _decimals(inside, digits)
    given[f, members] = np.round(inside, decimals)
    if len(inside) and (inside == inside[0]).all() and len(inside) > 1:
        source: Source = (CONSTANT, "")
    elif (
        np.array_equal(inside, case.recipients.number(name)[members])
        and name in case.recipients.numbers
    ):
        source = (INPUT, name)
    else:
        source = (CHART_DATA, f"{case.funds[f].short}·{name}")
    hint = factor.title if len(factor.figures) == 1 and factor.title != name else ""
    known = {**HINTS, NEED: SHARED_HINT} if is_worked_out(plan.settings) else HINTS
    return Line("", name, known.get(name, hint), "figure", decimals, {f: ""}, given, source)


def _same(old: Line, new: Line, f: int) -> bool:
    assert old.given is not None
    assert new.given is not None
    return np.array_equal(old.given[f], new.given[f], equal_nan=True)


def _named(draft: Line, letters: Mapping[str, str]) -> Line:
    """The draft with letters in place of keys, and its formula in words where nothing else is said."""

    formulas = {f: _renamed(formula, letters) for f, formula in draft.formulas.items()}
    arithmetic = draft.arithmetic or _in_words(next(iter(formulas.values())))
    return replace(
        draft,
        letter=letters[draft.letter],
        formulas=formulas,
        needs=letters.get(draft.needs, ""),
        arithmetic=re.sub(r"[{}]", "", _renamed(draft.arithmetic, letters))
        if draft.arithmetic
        else arithmetic,
        source=draft.source
        if "" in formulas.values() or SOURCE in "".join(formulas.values())
        else (CONSTANT, ""),
    )


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """A formula with other names in its braces."""
    return re.sub(r"\{([^*}]+)\}", lambda found: f"{{{names[found[1]]}}}", text)


def _in_words(formula: str) -> str:
    """「MAX(0,{A}-{B})」 → 「A－B，小于0按0计」."""
    found = re.fullmatch(r"MAX\(0,(.+)\)", formula) or re.fullmatch(r'IF\(.+,"",(.+)\)', formula)
    inner = found[1] if found else formula
    terms = inner.split("+")
    if len(terms) > LONGEST_SUM and all(re.fullmatch(r"\{\w+\}", term) for term in terms):
        inner = "+".join([*terms[:2], "…", terms[-1]])
    said = re.sub(r"[{}]", "", inner).translate(str.maketrans("+-*/()", "＋－×÷（）"))
    return said + ("，小于0按0计" if formula.startswith("MAX") else "")


def _everywhere(case: Case, f: int, value: float) -> Floats:
    table = np.full((len(case.funds), len(case.recipients)), np.nan)
    table[f] = value
    return table


def _decimals(values: Floats, digits: int) -> int:
    """The fewest decimals that show all values to so many digits of the largest."""
    known = np.abs(values[~np.isnan(values)])
    largest = float(known.max()) if len(known) else 0.0
    most = min(MOST_DECIMALS, max(0, digits - len(str(int(largest)))))
    dust = largest * 10.0**-MOST_DIGITS * 2
    return next(
        (
            places
            for places in range(most)
            if (np.abs(np.round(known, places) - known) <= dust).all()
        ),
        most,
    )
