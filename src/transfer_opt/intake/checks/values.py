"""What 「约束参数」 switches on and the model file gives no value for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from transfer_opt.core.arrays import NOWHERE, Bools, Ints
from transfer_opt.core.budget import SheetRow
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import places
from transfer_opt.core.text import normalise, some
from transfer_opt.core.vocabulary import COUNTIES, OUTLOOK, ROUNDING_STEP, RULES, WEIGHTS
from transfer_opt.intake.assemble import publishing_unit
from transfer_opt.intake.cells import at
from transfer_opt.intake.checks.subject import Draft
from transfer_opt.intake.requirements import WRITE, by_gap
from transfer_opt.policy.case import DEFAULT_UNIT, KEPT_DIGITS
from transfer_opt.policy.factor_weights import weighed
from transfer_opt.policy.model import ParameterSpec, RuleSpec
from transfer_opt.policy.model_file.values import (
    ALWAYS_READ,
    BY_FUND,
    MAY_BE_ABSENT,
    example_of,
    reads_all_funds,
)
from transfer_opt.policy.settings import Settings, shown

OR_OFF = "或者停用这条规则。"


def values_given(draft: Draft) -> Iterator[Problem]:
    """Every parameter of a rule that is on has a value, whether the model or the workbook switched it on."""
    settings = draft.settings
    for rule in settings.rules.values():
        for parameter in rule.parameters.values():
            if (
                rule.name == WEIGHTS  # a fund looks only at its own factors, which the model weighs
                or rule.name == OUTLOOK  # what nobody sets the sheet says
                or (rule.name, parameter.name) in MAY_BE_ABSENT
                or _complete(settings, parameter)
            ):
                continue
            subjects = _subjects(settings, parameter)
            missing = _read(settings, rule, parameter, subjects) & _absent(
                settings, parameter, subjects
            )
            yield from _told(
                draft,
                parameter,
                [
                    settings.funds[f] if f != NOWHERE else ""
                    for f in dict.fromkeys(subjects[missing, 0])
                ],
            )


def unit_not_too_small(draft: Draft) -> Iterator[Problem]:
    """What is published has no more decimals than amounts are kept with: no fen in a workbook told in 亿元."""
    said = draft.settings.text(ROUNDING_STEP, "单位")
    unit = draft.budget.unit or DEFAULT_UNIT
    if places(publishing_unit(draft.settings, unit)) > KEPT_DIGITS:
        yield Problem(
            "E337",
            f"公布单位「{said}」在以{unit}为单位的工作簿里不止 {KEPT_DIGITS} 位小数，金额写不准。",
            "公布单位改为 1元 或更大的整数，或把工作簿的金额改为以万元为单位。",
            RULES,
        )


def factors_weighed(draft: Draft) -> Iterator[Problem]:
    """At least one factor of every fund that is shared out by factors has a weight."""
    for position, name in enumerate(draft.settings.funds):
        fund = draft.spec.fund(name)
        if (
            fund is not None
            and not by_gap(draft.settings, position)
            and all(factor.weight == 0 for factor in weighed(draft.settings, fund))
        ):
            yield Problem(
                "E218",
                f"{name}的因素权重都是 0，无从测算。",
                "至少给一个因素填大于 0 的权重，或留空采用模型的权重。",
                WEIGHTS,
                column="权重",
            )


def factors_measured(draft: Draft) -> Iterator[Problem]:
    """A factor that takes a column as it stands has figures in it: without any, the others silently share its weight."""
    units = draft.settings.recipients
    for position, name in enumerate(draft.settings.funds):
        fund = draft.spec.fund(name)
        if fund is None or by_gap(draft.settings, position):
            continue
        for factor in weighed(draft.settings, fund):
            if factor.weight == 0 or factor.function != "optional_column":
                continue
            column = str(factor.parameters["column"])
            figures = units.number(column)
            if not (figures > 0).any():
                yield Problem(
                    "W357",
                    f"没有一个县填了大于 0 的数，{fund.short}的因素「{factor.title}」不起作用，它的权重由其他因素分担。",
                    f"填这一列；不用这个因素，在「{WEIGHTS}」里把它的权重写 0。",
                    COUNTIES,
                    column=column,
                )
            elif np.isnan(figures).any():
                yield Problem(
                    "W358",
                    f"{some(units.name[np.isnan(figures)].tolist(), 3)}没有填，{fund.short}的因素「{factor.title}」对它们按 0 测算。",
                    "填上；确实没有的写 0。",
                    COUNTIES,
                    column=column,
                )


def _complete(settings: Settings, parameter: ParameterSpec) -> bool:
    """Whether the model itself has a value for every fund of the year."""
    default = parameter.default
    return default is not None and not (
        isinstance(default, Mapping) and {*settings.funds} - default.keys()
    )


def _subjects(settings: Settings, parameter: ParameterSpec) -> Ints:
    """Everything (m, 2) the parameter may have a value of its own for."""
    units = settings.recipients
    funds = range(len(settings.funds)) if parameter.by in BY_FUND else [NOWHERE]
    places = {
        "line": range(len(units)),
        "recipient": range(len(units)),
        "prefecture": range(len(units), len(units) + len(units.prefectures)),
    }.get(parameter.by, [NOWHERE])
    return np.array([(fund, place) for fund in funds for place in places], dtype=np.int64).reshape(
        -1, 2
    )


def _read(settings: Settings, rule: RuleSpec, parameter: ParameterSpec, subjects: Ints) -> Bools:
    """For which subjects (m,) the program looks at the parameter."""
    if rule.fixed or (rule.name, parameter.name) in ALWAYS_READ:
        return np.ones(len(subjects), dtype=bool)
    if parameter.by not in ("line", "fund", "recipient", "prefecture") or reads_all_funds(
        rule, parameter
    ):
        return np.full(len(subjects), settings.on_anywhere(rule.name))
    return settings.on(rule.name, subjects)


def _absent(settings: Settings, parameter: ParameterSpec, subjects: Ints) -> Bools:
    """Which subjects (m,) have no value."""
    if parameter.numeric:
        return np.isnan(settings.numbers(parameter.rule, parameter.name, subjects))
    return np.array(
        [not value for value in settings.texts(parameter.rule, parameter.name, subjects)],
        dtype=bool,
    )


def _told(draft: Draft, parameter: ParameterSpec, funds: Sequence[str]) -> Iterator[Problem]:
    """One problem per cell that should hold the value, and one per fund where there is no such cell yet."""
    own: dict[int, tuple[SheetRow, list[str]]] = {}
    for fund in funds:
        about = _about(draft, parameter.rule, fund)
        row = next(
            (
                row
                for row in about
                if _word(row, "参数") == parameter.name and not _word(row, "对象")
            ),
            None,
        )
        if row is None:
            yield _line_missing(
                draft,
                parameter,
                fund,
                next((row for row in about if _word(row, "启用") == "是"), None),
            )
        else:
            own.setdefault(row.number, (row, []))[1].append(fund)
    for row, whose in own.values():
        yield at(
            draft.budget.sheets[RULES],
            row,
            "取值",
            "E215",
            _message(parameter, whose),
            f"在这一格填上取值{_example(parameter)}；{OR_OFF}",
        )


def _line_missing(
    draft: Draft, parameter: ParameterSpec, fund: str, switch: SheetRow | None
) -> Problem:
    """The line to write in 「约束参数」, told at the row that switches the rule on where there is one."""
    whose = f"、资金「{fund}」" if fund else ""
    message = _message(parameter, [fund])
    remedy = f"{WRITE}规则「{parameter.rule}」{whose}、参数「{parameter.name}」、取值按实际填{_example(parameter)}；{OR_OFF}"
    if switch is None:
        return Problem("E215", message, remedy, RULES)
    return at(draft.budget.sheets[RULES], switch, "启用", "E215", message, remedy)


def _message(parameter: ParameterSpec, funds: Sequence[str]) -> str:
    whose = f"（{'、'.join(funds)}）" if any(funds) else ""
    return (
        f"规则「{parameter.rule}」{whose}要用参数「{parameter.name}」，这里和模型文件里都没有取值。"
    )


def _example(parameter: ParameterSpec) -> str:
    example = shown(example_of(parameter, parameter), parameter.kind)
    return f"（如 {example}）" if example else ""


def _about(draft: Draft, rule: str, fund: str) -> list[SheetRow]:
    """The rows of 「约束参数」 that speak of a rule and a fund, or of all funds."""
    sheet = draft.budget.sheets.get(RULES)
    return [
        row
        for row in (sheet.rows if sheet else ())
        if _word(row, "规则") == rule
        and (
            _word(row, "资金") in ("", "全部")
            or (known := draft.spec.fund(_word(row, "资金"))) is not None
            and known.name == fund
        )
    ]


def _word(row: SheetRow, column: str) -> str:
    return normalise(str(row.values.get(column) or ""))
