"""A case small enough for paper: three funds, three counties, round numbers. Tests state only what matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transfer_opt.core.arrays import Floats
from transfer_opt.core.exact import Exacts, either, every, exacts, filled, floats, known
from transfer_opt.core.expressions import Linear, Rows
from transfer_opt.policy.case import Case, Fund, GivenBound, Lines
from transfer_opt.policy.model import Change, ModelSpec
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.settings import Settings

SPEC: ModelSpec = load_model()
SHORT = tuple(fund.short for fund in SPEC.funds)  # 均衡性, 县级保障, 生态
NAMES = ("甲县", "乙县", "丙县")
NUMBERS: Mapping[str, Sequence[float]] = {
    "常住人口": (10, 20, 70),
    "户籍人口": (20, 20, 60),
    "标准财政收入": (200, 300, 400),
    "标准财政支出": (1000, 1000, 1000),
    "可用财力": (100, 200, 400),
    "保基本民生需求": (100, 100, 100),
    "保工资需求": (200, 200, 200),
    "保运转需求": (200, 100, 0),
}
TEXTS: Mapping[str, Sequence[str]] = {
    "功能区类型": ("国家重点生态功能区", "省级重点生态功能区", "禁止开发区"),
    "困难地区类型": ("高海拔", "", ""),
    "生态考核结果": ("", "", ""),
}
POOLS = {"均衡性": 1000.0, "县级保障": 500.0, "生态": 300.0}
LAST = {"均衡性": (200, 300, 300), "县级保障": (100, 100, 200), "生态": (100, 50, 50)}
REFERENCE = {"均衡性": (400, 300, 300), "县级保障": (200, 150, 150), "生态": (150, 100, 50)}

ByCounty = Mapping[str, Any]
"""Short name of a fund → a value per county."""


def make_case(
    *,
    names: Sequence[str] = NAMES,
    codes: Sequence[str] = (),
    prefecture: Sequence[str] = ("东州", "东州", "西州"),
    numbers: Mapping[str, Any] | None = None,
    texts: Mapping[str, Any] | None = None,
    pools: Mapping[str, float] | None = None,
    eligible: ByCounty | None = None,
    last: ByCounty | None = None,
    reference: ByCounty | None = None,
    reference_before: ByCounty | None = None,
    advance: ByCounty | None = None,
    floor: ByCounty | None = None,
    cap: ByCounty | None = None,
    penalty: ByCounty | None = None,
    need: Any = None,
    usable: Mapping[str, float] | None = None,
    unit: float = 1.0,
    gap_columns: tuple[str, str, str] = ("标准财政支出", "可用财力", "标准财政支出"),
    totals: Sequence[GivenBound] = (),
) -> Case:
    """The small case with these changes; `pools` names the funds there are (all three by default).

    >>> make_case(last={"均衡性": [0, 300, NAN]})
    """
    pools = dict(POOLS if pools is None else pools)
    columns = {**_fitting(NUMBERS, len(names)), **(numbers or {})}
    units = Recipients(
        np.array(codes or [f"6300{i:02d}" for i in range(1, len(names) + 1)], dtype=object),
        np.array(names, dtype=object),
        np.array(prefecture, dtype=object),
        {name: np.array(column, dtype=float) for name, column in columns.items()},
        {
            name: np.array(column, dtype=object)
            for name, column in {**_fitting(TEXTS, len(names)), **(texts or {})}.items()
        },
    )
    funds = tuple(
        Fund(spec, pools[spec.short], pools[spec.short], 0.0, 0.0, np.nan)
        for spec in SPEC.funds
        if spec.short in pools
    )
    history = _table(funds, len(names), {**_fitting(LAST, len(names)), **(last or {})}, np.nan)
    members = _table(funds, len(names), eligible or {}, 1.0) > 0
    fund, recipient = np.nonzero(members)
    before = {**_fitting(REFERENCE, len(names)), **(reference or {}), **(reference_before or {})}

    def line(table: ByCounty | None, absent: float) -> Floats:
        return _table(funds, len(names), table or {}, absent)[fund, recipient]

    lines = Lines(
        fund,
        recipient,
        history[fund, recipient],
        line(advance, np.nan),
        line(floor, np.nan),
        line(cap, np.nan),
        np.full(len(fund), "", dtype=object),
        line(penalty, 0.0),
        line(before, np.nan),
        line({**_fitting(REFERENCE, len(names)), **(reference or {})}, np.nan),
    )
    wanted = (
        np.array(need, dtype=float)
        if need is not None
        else np.sum(
            [units.number(column) for column in ("保基本民生需求", "保工资需求", "保运转需求")],
            axis=0,
        )
    )
    shares = np.array([(usable or {}).get(each.short, 1.0) for each in funds])
    return Case(
        funds,
        units,
        lines,
        history,
        unit,
        f"{unit:g}万元",
        "万元",
        shares,
        wanted,
        gap_columns,
        given_totals=tuple(totals),
    )


def _fitting(defaults: Mapping[str, Sequence[Any]], count: int) -> dict[str, Sequence[Any]]:
    """The small case's own columns, where the counties are its three."""
    return dict(defaults) if count == len(NAMES) else {}


def _table(funds: Sequence[Fund], count: int, given: ByCounty, absent: float) -> Floats:
    return np.array([given.get(each.short, np.full(count, absent)) for each in funds], dtype=float)


def make_settings(
    case: Case, *changes: Change, scenario: Sequence[Change] = (), spec: ModelSpec = SPEC
) -> Settings:
    """The shipped model's rules for the case's funds and counties, with these changes."""
    funds = tuple(fund.name for fund in case.funds)
    return Settings(spec.rules, funds, case.recipients, (tuple(changes), tuple(scenario)))


def by_fund(case: Case, default: float = 0.0, **values: Any) -> Any:
    """A parameter by fund (F,), named by short name."""
    given = [values.get(fund.short, default) for fund in case.funds]
    return (
        np.array(given)
        if any(isinstance(value, str) for value in given)
        else exacts(np.array(given, dtype=float))
    )


def by_line(case: Case, default: float = 0.0, **values: Any) -> Exacts:
    """A parameter by line (L,), named by the fund's short name; one value, or one per county."""
    table = np.array(
        [
            np.broadcast_to(values.get(fund.short, default), len(case.recipients))
            for fund in case.funds
        ]
    )
    return exacts(np.asarray(table[case.lines.fund, case.lines.recipient], dtype=float))


def dense(expression: Linear | Rows, width: int) -> list[list[float]]:
    """The coefficients as a plain matrix over the first `width` variables."""
    inner = expression.expression if isinstance(expression, Rows) else expression
    matrix = every(len(inner) * width).reshape(len(inner), width)
    np.add.at(matrix, (inner.rows, inner.columns), inner.values)
    rows: list[list[float]] = floats(matrix).tolist()
    return rows


def labels(rows: Rows) -> list[str]:
    """The names of the rows."""
    return [str(label) for label in rows.expression.labels]


def right_sides(rows: Rows) -> tuple[Floats, Floats]:
    """Both sides once the constant stands on the right, exactly; infinite where open."""
    constant = rows.expression.constant
    least, most = (
        either(known(sides), filled(sides) - constant, None) for sides in (rows.least, rows.most)
    )
    return floats(least, -np.inf), floats(most, np.inf)


def written(rows: Rows, case: Case) -> list[str]:
    """Rows as on paper: 「甲县: 均衡性/甲县 + 0.5 生态/甲县 >= 400」, constants moved to the right."""
    lines = []
    for label, coefficients, lower, upper in zip(
        labels(rows), dense(rows, len(case.lines)), *right_sides(rows), strict=True
    ):
        terms = [
            f"{'' if value == 1 else f'{value:.9g} '}{name}"
            for value, name in zip(coefficients, case.amount.labels, strict=True)
            if value
        ]
        sides = [("=", lower)] if lower == upper else [(">=", lower), ("<=", upper)]
        said = " ".join(f"{sign} {bound:.9g}" for sign, bound in sides if np.isfinite(bound))
        lines.append(f"{label}: {' + '.join(terms) or '0'} {said}")
    return lines
