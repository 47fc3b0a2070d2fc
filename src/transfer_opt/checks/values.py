"""What 「约束参数」 switches on and the model file gives no value for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from transfer_opt.checks.draft import Draft, at
from transfer_opt.domain import ParameterSpec, RuleSpec
from transfer_opt.errors import Problem
from transfer_opt.linear import NOWHERE, Bools, Ints
from transfer_opt.modelfile.values import ALWAYS_READ, BY_FUND, MAY_BE_ABSENT, example_of, reads_all_funds
from transfer_opt.requirements import WRITE
from transfer_opt.settings import Settings, shown
from transfer_opt.sheets import SheetRow
from transfer_opt.workbook.columns import RULES
from transfer_opt.workbook.values import normalise


def values_given(draft: Draft) -> Iterator[Problem]:
    """Every parameter of a rule that is on has a value, whether the model or the workbook switched it on."""
    settings = draft.settings
    for rule in settings.rules.values():
        for parameter in rule.parameters.values():
            if (rule.name, parameter.name) in MAY_BE_ABSENT or _complete(settings, parameter):
                continue
            subjects = _subjects(settings, parameter)
            missing = _read(settings, rule, parameter, subjects) & _absent(settings, parameter, subjects)
            for fund in dict.fromkeys(int(f) for f in subjects[missing, 0]):
                yield _told(draft, parameter, settings.funds[fund] if fund != NOWHERE else "")


def _complete(settings: Settings, parameter: ParameterSpec) -> bool:
    """Whether the model itself has a value for every fund of the year."""
    default = parameter.default
    return default is not None and not (isinstance(default, Mapping) and {*settings.funds} - default.keys())


def _subjects(settings: Settings, parameter: ParameterSpec) -> Ints:
    """Everything (m, 2) the parameter may have a value of its own for."""
    units = settings.recipients
    funds = range(len(settings.funds)) if parameter.by in BY_FUND else [NOWHERE]
    places = {"line": range(len(units)), "recipient": range(len(units)),
              "prefecture": range(len(units), len(units) + len(units.prefectures))}.get(parameter.by, [NOWHERE])
    return np.array([(fund, place) for fund in funds for place in places], dtype=np.int64).reshape(-1, 2)


def _read(settings: Settings, rule: RuleSpec, parameter: ParameterSpec, subjects: Ints) -> Bools:
    """For which subjects (m,) the program looks at the parameter."""
    if rule.fixed or (rule.name, parameter.name) in ALWAYS_READ:
        return np.ones(len(subjects), dtype=bool)
    if parameter.by not in ("line", "fund", "recipient", "prefecture") or reads_all_funds(rule, parameter):
        return np.full(len(subjects), settings.on_anywhere(rule.name))
    return settings.on(rule.name, subjects)


def _absent(settings: Settings, parameter: ParameterSpec, subjects: Ints) -> Bools:
    """Which subjects (m,) have no value."""
    if parameter.numeric:
        return np.isnan(settings.numbers(parameter.rule, parameter.name, subjects))
    return np.array([not value for value in settings.texts(parameter.rule, parameter.name, subjects)], dtype=bool)


def _told(draft: Draft, parameter: ParameterSpec, fund: str) -> Problem:
    whose = f"（{fund}）" if fund else ""
    example = shown(example_of(parameter, parameter), parameter.kind)
    remedy = (f"{WRITE}规则「{parameter.rule}」{f'、资金「{fund}」' if fund else ''}、参数「{parameter.name}」、"
              f"取值按实际填{f'（如 {example}）' if example else ''}；或者停用这条规则。")
    message = f"规则「{parameter.rule}」{whose}启用了，参数「{parameter.name}」没有取值，模型文件里也没有。"
    row = _row(draft, parameter, fund)
    if row is None:
        return Problem("E215", message, remedy, RULES)
    column = "取值" if normalise(str(row.values.get("参数", ""))) == parameter.name else "启用"
    return at(draft.budget.sheets[RULES], row, column, "E215", message, remedy)


def _row(draft: Draft, parameter: ParameterSpec, fund: str) -> SheetRow | None:
    """The row of 「约束参数」 that should have the value, else the one that switches the rule on."""

    def word(row: SheetRow, column: str) -> str:
        return normalise(str(row.values.get(column, "")))

    sheet = draft.budget.sheets.get(RULES)
    about = [row for row in (sheet.rows if sheet else ()) if word(row, "规则") == parameter.rule
             and (not word(row, "资金") or (known := draft.spec.fund(word(row, "资金"))) is not None and known.name == fund)]
    own = [row for row in about if word(row, "参数") == parameter.name]
    return next(iter(own or [row for row in about if word(row, "启用") == "是"]), None)
