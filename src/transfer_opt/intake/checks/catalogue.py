"""The checks of an input workbook: a tuple of functions, each telling every problem of its kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain

from transfer_opt.core.budget import Budget
from transfer_opt.core.cell_names import Place, place
from transfer_opt.core.errors import Problem
from transfer_opt.core.vocabulary import (
    BENEFICIARIES,
    BOUNDS,
    COUNTIES,
    INDICATORS,
    NAME,
    OUTLOOK,
    POOLS,
    PREFECTURE,
    RULES,
    SCENARIOS,
    SECTIONS,
    SERVICES,
    SUCCESSION,
    THRESHOLDS,
    WEIGHTS,
)
from transfer_opt.intake.checks import bounds, contents, plausibility, shared, values
from transfer_opt.intake.checks.monitoring import monitoring_valid
from transfer_opt.intake.checks.outlook import outlook_valid
from transfer_opt.intake.checks.province import province_valid
from transfer_opt.intake.checks.sections import contributions_agree, sections_valid
from transfer_opt.intake.checks.subject import Draft, Sheets
from transfer_opt.intake.checks.succession import succession_valid
from transfer_opt.policy.shared_costs import LEVELS
from transfer_opt.workbook.input.columns import SHEETS
from transfer_opt.workbook.input.succession_columns import DAY, NEW, OLD, SHARE

__all__ = [
    "BOUNDS",
    "COUNTIES",
    "POOLS",
    "Draft",
    "Sheets",
    "all_problems",
    "errors_of",
    "in_order",
    "sheet_problems",
    "structure",
    "warnings_of",
]

MOST_ALIKE = 500
"""Problems of one kind in one column that are told one by one."""
NEEDED_COLUMNS = {
    COUNTIES: (NAME, PREFECTURE),
    POOLS: ("资金", "本年总额"),
    RULES: ("规则", "参数", "取值"),
    SCENARIOS: ("规则", "参数"),
    WEIGHTS: ("资金", "因素", "权重"),
    BOUNDS: ("资金", "理由"),
    OUTLOOK: ("项目", "方式"),
    SERVICES: ("事项", "标准", "列入三保", *LEVELS),
    BENEFICIARIES: (NAME,),
    THRESHOLDS: ("指标", "方向"),
    INDICATORS: (NAME, "年份"),
    SECTIONS: ("断面名称", "上游", "下游", "目标类别", "实际类别", "每级金额", "每1%金额", "依据"),
    SUCCESSION: (OLD, NEW, SHARE, DAY),
}
"""Without these nothing else can be made of a sheet."""
SHEET_CHECKS = (
    contents.names_complete,
    contents.spellings,
    contents.amounts_valid,
    contents.words_known,
    contents.pools_valid,
    province_valid,
    plausibility.pools_against_last_year,
    plausibility.divisions_agree,
    plausibility.unit_said,
    plausibility.totals_agree,
    plausibility.far_values,
    plausibility.dates_readable,
)
"""These look at the sheets only, so they speak even where a sheet or a column is missing."""
DRAFT_CHECKS = (
    plausibility.funds_listed,
    plausibility.funds_known,
    values.values_given,
    values.unit_not_too_small,
    values.factors_weighed,
    values.factors_measured,
    contents.chosen_amounts_valid,
    contents.needs_met,
    contents.revenue_under_need,
    contents.someone_eligible,
    contents.columns_named,
    bounds.bounds_valid,
    outlook_valid,
    shared.sheets_valid,
    shared.basis_plain,
    monitoring_valid,
    sections_valid,
    contributions_agree,
    succession_valid,
    plausibility.advance_far_from_last_year,
    plausibility.own_without_transfers,
    plausibility.zones_in_question,
)


def structure(budget: Budget) -> tuple[Problem, ...]:
    """Sheets and columns without which nothing else can be checked."""
    problems = []
    for name, columns in NEEDED_COLUMNS.items():
        sheet = budget.sheets.get(name)
        if sheet is None and name not in (COUNTIES, POOLS):
            continue
        if sheet is None:
            problems.append(
                Problem(
                    "E301",
                    f"工作簿里没有工作表「{name}」。",
                    "补上这张表；用 transfer-opt init 可生成模板。",
                    name,
                )
            )
            continue
        headless = [note for note in sheet.notes if note.code == "E121"]
        if headless:
            problems += headless
            continue
        problems += [
            Problem(
                "E302",
                "缺少这一列。",
                "补上这一列，或用 --rename 列=标准列 指明。",
                name,
                column=column,
            )
            for column in columns
            if column not in sheet.letters
        ]
        if not sheet.rows and name in (COUNTIES, POOLS):
            problems.append(Problem("E303", "没有数据行。", "至少填一行。", name))
    return tuple(problems)


def sheet_problems(sheets: Sheets) -> tuple[Problem, ...]:
    """Every problem and warning that the sheets tell by themselves."""
    notes = [
        *sheets.budget.notes,
        *(note for sheet in sheets.budget.sheets.values() for note in sheet.notes),
    ]
    return listed(chain(notes, *(check(sheets) for check in SHEET_CHECKS)))


def all_problems(draft: Draft) -> tuple[Problem, ...]:
    """Every problem and warning of a workbook whose structure is sound, each once."""
    return tuple(
        dict.fromkeys(
            [*sheet_problems(draft), *listed(chain(*(check(draft) for check in DRAFT_CHECKS)))]
        )
    )


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each once: errors before warnings, sheet by sheet, from the top of each to its bottom."""
    return tuple(sorted(dict.fromkeys(problems), key=_place))


def _place(problem: Problem) -> tuple[bool, int, str, Place]:
    sheets = [*SHEETS]
    known = sheets.index(problem.sheet) if problem.sheet in sheets else len(sheets)
    at = place(problem.cell) if problem.cell else None
    return problem.is_warning, known if problem.sheet else -1, problem.sheet, at or (-1, -1)


def listed(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each once; of one kind in one column only so many by themselves, the others counted."""
    found: dict[Problem, None] = {}
    kinds: Counter[tuple[str, str, str]] = Counter()
    for problem in problems:
        kind = problem.code, problem.sheet, problem.column
        kinds[kind] += problem not in found
        if kinds[kind] <= MOST_ALIKE:
            found[problem] = None
    more = [
        Problem(
            code,
            f"同样的问题还有 {count - MOST_ALIKE} 处，没有逐一列出。",
            "改正列出的各处后再检查一次。",
            sheet,
            column=column,
        )
        for (code, sheet, column), count in kinds.items()
        if count > MOST_ALIKE
    ]
    return (*found, *more)


def warnings_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that do not stop the work."""
    return tuple(problem for problem in problems if problem.is_warning)


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that stop the work."""
    return tuple(problem for problem in problems if not problem.is_warning)
