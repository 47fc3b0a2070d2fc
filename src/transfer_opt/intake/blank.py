"""What `init` fills in: the model's units, columns, rules, parameters and scenarios, in its money unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from transfer_opt.core.budget import Value
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import (
    CODE,
    CONTRIBUTION,
    COUNTIES,
    EXAMPLE,
    EXAMPLE_LABEL,
    NAME,
    OUTLOOK,
    OUTLOOK_ITEMS,
    POOL_AMOUNT,
    PREFECTURE,
    ROUNDING_STEP,
    WEIGHTS,
)
from transfer_opt.policy.admissible import parse_unit
from transfer_opt.policy.factor_weights import WITHIN
from transfer_opt.policy.model import FundSpec, ModelSpec, ParameterSpec, RuleSpec, Setting
from transfer_opt.policy.warning_levels import (
    DIRECTIONS,
    LESS_IS_BETTER,
    OF_COUNTIES,
    OF_PROVINCE,
)
from transfer_opt.workbook.input.columns import SHEETS, InputColumn
from transfer_opt.workbook.output.template import (
    FundLine,
    OutlookRow,
    ParameterRow,
    ScenarioRow,
    TemplateLayout,
    WeightRow,
    county_columns,
)

COVERAGE_RULE = "保障水平最大化"
OUTLOOK_YEARS = 2
"""With this year they make the three of a rolling plan."""


def blank_layout(spec: ModelSpec, year: int) -> TemplateLayout:
    """The empty template of a model; that of a model which calls itself an example carries the label of one."""
    funds = tuple(_fund_line(fund) for fund in spec.funds)
    return TemplateLayout(
        year,
        funds,
        parameter_rows(spec),
        scenario_names(spec),
        scenario_rows(spec),
        weight_rows(spec),
        tuple(
            {CODE: code, NAME: name, PREFECTURE: prefecture}
            for code, (name, prefecture) in spec.divisions.items()
        ),
        outlook=outlook_rows(spec),
        outlook_years=OUTLOOK_YEARS,
        thresholds=threshold_rows(),
        label=EXAMPLE_LABEL if EXAMPLE in spec.title else "",
        columns=_county_columns(spec),
        unit=_money_unit(spec),
        contributed=any(fund.contributed for fund in spec.funds),
    )


def _county_columns(spec: ModelSpec) -> tuple[InputColumn, ...]:
    """The usual ones, those that a factor takes as they stand, those that coverage is measured by, and what counties pay in."""
    usual = county_columns([fund.name for fund in spec.funds])
    taken = {
        str(factor.parameters["column"]): (
            "因素",
            f"「{fund.short}」按它测算（因素「{factor.title}」）。",
        )
        for fund in spec.funds
        for factor in fund.factors
        if factor.weight and factor.function == "optional_column"
    }
    measured = {
        str(parameter.default): ("口径", f"「{COVERAGE_RULE}」的{parameter.name}。")
        for parameter in spec.rules[COVERAGE_RULE].parameters.values()
    }
    further = [
        InputColumn(name, "number", note, required=False, band=band, width=11)
        for name, (band, note) in (taken | measured).items()
        if name not in {column.name for column in usual}
    ]
    if any(fund.contributed for fund in spec.funds):
        paid = next(column for column in SHEETS[COUNTIES] if column.name == CONTRIBUTION)
        further.append(replace(paid, band="出资"))
    return (*usual, *further)


def _money_unit(spec: ModelSpec) -> str:
    """Amounts are typed in the unit they are published in."""
    found = parse_unit(str(spec.rules[ROUNDING_STEP].parameters["单位"].default))
    assert found is not None, "the model file is checked"
    return found[1]


def threshold_rows() -> tuple[Mapping[str, Value], ...]:
    """Every indicator that results tell, with no cut: the department sets them."""
    words = {sign: word for word, sign in DIRECTIONS.items()}
    return tuple(
        {"指标": name, "方向": words[-1 if name in LESS_IS_BETTER else 1]}
        for name in (*OF_COUNTIES, *OF_PROVINCE)
    )


def _fund_line(fund: FundSpec) -> FundLine:
    account, _, grade = fund.account.partition("（")
    return FundLine(
        fund.name, account=account, basis=f"科目编码{grade.removesuffix('）')}" if grade else ""
    )


def outlook_rows(spec: ModelSpec) -> tuple[OutlookRow, ...]:
    """A row to be filled in for every pool, and for everything else that may change from year to year."""
    pools = tuple(OutlookRow(POOL_AMOUNT, fund.name) for fund in spec.funds)
    return pools + tuple(OutlookRow(item) for item in OUTLOOK_ITEMS if item != POOL_AMOUNT)


def parameter_rows(spec: ModelSpec) -> tuple[ParameterRow, ...]:
    """Every parameter with its default, fund by fund where funds differ."""
    return tuple(
        row
        for rule in spec.rules.values()
        if rule.name not in (OUTLOOK, WEIGHTS)
        for row in _rule(spec, rule)
    )


def weight_rows(spec: ModelSpec) -> tuple[WeightRow, ...]:
    """Every factor's weight and the numbers of its formula, fund by fund, as the model has them."""
    rule = spec.rules[WEIGHTS]
    return tuple(row for fund in spec.funds for row in _weights(rule, fund))


def _weights(rule: RuleSpec, fund: FundSpec) -> Iterator[WeightRow]:
    whole = sum(factor.weight for factor in fund.factors)
    for factor in fund.factors:
        key = normalise(factor.title)
        share = f"，占该项资金的 {factor.weight / whole * 100:.4g}%" if whole else ""
        for name, parameter in rule.parameters.items():
            title, _, within = name.partition(WITHIN)
            if title != key or not isinstance(parameter.default, Mapping):
                continue
            value = parameter.default.get(fund.name)
            if value is not None:
                yield WeightRow(
                    fund.name,
                    factor.title,
                    within,
                    float(value),
                    factor.clause.short,
                    parameter.summary + ("" if within else share),
                )


def scenario_names(spec: ModelSpec) -> tuple[str, ...]:
    """The names of the model's scenarios."""
    return tuple(scenario.name for scenario in spec.scenarios)


def scenario_rows(spec: ModelSpec) -> tuple[ScenarioRow, ...]:
    """One row per changed parameter, one value per scenario that changes it."""
    cells: dict[tuple[str, str, str, str], dict[str, Setting]] = {}
    for scenario in spec.scenarios:
        for change in scenario.changes:
            assert change.value is not None, "a scenario of the model file always gives a value"
            cells.setdefault(change.key, {})[scenario.name] = change.value
    return tuple(_scenario(spec, key, values) for key, values in cells.items())


def _scenario(
    spec: ModelSpec, key: tuple[str, str, str, str], values: Mapping[str, Setting]
) -> ScenarioRow:
    rule, fund, parameter, place = key
    percent = spec.rules[rule].parameters[parameter].kind == "share"
    return ScenarioRow(rule, fund, parameter, place, values=dict(values), percent=percent)


def _rule(spec: ModelSpec, rule: RuleSpec) -> Iterator[ParameterRow]:
    parameters: tuple[ParameterSpec | None, ...] = tuple(
        p for p in rule.parameters.values() if p.kind != "money"
    ) or (None,)
    for parameter in parameters:
        for fund in _funds(spec, rule, parameter):
            yield ParameterRow(
                rule.name,
                fund,
                parameter.name if parameter else "",
                value=_default(spec, parameter, fund),
                enabled="" if rule.fixed else "是" if _of(rule.on, fund) else "否",
                hardness="" if rule.fixed else "硬" if _of(rule.hard, fund) else "软",
                priority=None if rule.fixed or _of(rule.hard, fund) else rule.priority,
                clause=rule.cited,
                note=(parameter or rule).summary,
                percent=parameter is not None and parameter.kind == "share",
            )


def _funds(spec: ModelSpec, rule: RuleSpec, parameter: ParameterSpec | None) -> list[str]:
    """The funds that need a row of their own; "" where one row speaks of all."""
    told_apart = [rule.on, rule.hard, parameter.default if parameter else None]
    if not any(isinstance(entry, Mapping) for entry in told_apart):
        return [""]
    if rule.fixed and parameter is not None and isinstance(parameter.default, Mapping):
        return [fund.name for fund in spec.funds if parameter.default.get(fund.name) != "否"]
    return [fund.name for fund in spec.funds if _of(rule.on, fund.name)]


def _default(spec: ModelSpec, parameter: ParameterSpec | None, fund: str) -> Setting | None:
    if parameter is None:
        return None
    if parameter.kind == "objectives":
        return ">".join(spec.objective)
    return (
        parameter.default.get(fund) if isinstance(parameter.default, Mapping) else parameter.default
    )


def _of(switch: bool | Mapping[str, bool], fund: str) -> bool:
    return (
        any(switch.values())
        if isinstance(switch, Mapping) and not fund
        else (switch.get(fund, False) if isinstance(switch, Mapping) else switch)
    )
