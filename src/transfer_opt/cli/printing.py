"""What the commands say: results, errors, one JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transfer_opt.core.errors import InfeasibleError, InputError, Problem, TransferOptError

if TYPE_CHECKING:
    from transfer_opt.allocation.plan import Outcome
    from transfer_opt.commands.solve import Solved
    from transfer_opt.intake.reading import Reading


def print_outcome(outcome: Outcome, target: Path | None, copy: Path | None = None) -> None:
    """Warnings, totals and where the result lies."""
    from transfer_opt.core.exact import in_figures, spelled
    from transfer_opt.policy.payment_deadlines import dates

    case = outcome.case
    for problem in outcome.problems:
        click.echo(f"警告 {problem}", err=True)
    click.echo(f"方案：{outcome.scenario}　目标：{' > '.join(outcome.objective)}")
    for fund, total, pool in zip(case.funds, outcome.totals, case.figures.pools, strict=True):
        same = "与可分配总额一致" if total == pool else "与可分配总额不一致"
        kept = f"，另预留 {in_figures(fund.reserved)} {case.money_unit}" if fund.reserved else ""
        click.echo(f"  {fund.name}：{spelled(total)} {case.money_unit}（{same}{kept}）")
    if (outcome.shortfall == outcome.shortfall).all():
        short = int((outcome.shortfall > 0).sum())
        click.echo(
            f"  “三保”缺口：{in_figures(outcome.shortfall.sum())} {case.money_unit}，{short} 个县"
            + _last_year(outcome)
        )
    from transfer_opt.report.split import split_sentences

    for sentence in split_sentences(outcome):
        click.echo(f"  {sentence}")
    for due in dates(case.funds):
        click.echo(f"  下达期限：{due.fund} {due}")
    if target:
        click.echo(f"结果：{target}")
    if copy:
        click.echo(f"副本：{copy}（原有内容不变，结果表加在最后）")


def _last_year(outcome: Outcome) -> str:
    """「；按上年资金为 34,206 万元，12 个县」."""
    from transfer_opt.core.exact import in_figures

    gap = next((entry for entry in outcome.indicators if entry.name == "“三保”缺口"), None)
    count = next((entry for entry in outcome.indicators if entry.name == "“三保”缺口县数"), None)
    if gap is None or count is None or gap.last != gap.last:
        return ""
    return (
        f"（按上年资金为 {in_figures(gap.last)} {outcome.case.money_unit}，{count.last:.0f} 个县）"
    )


def print_error(error: TransferOptError, as_json: bool) -> None:
    """Every problem in words, or as one JSON object."""
    problems = error.problems if isinstance(error, InputError) else ()
    if as_json:
        details = error.details if isinstance(error, InfeasibleError) else None
        print_json(
            "error",
            error.exit_code,
            None,
            problems=problems,
            message="" if problems else str(error),
            infeasible=details,
        )
        return
    for problem in problems:
        click.echo(f"警告 {problem}" if problem.is_warning else str(problem), err=True)
    if not problems:
        click.echo(str(error), err=True)


def print_json(
    status: str,
    code: int,
    source: Path | None,
    target: Path | None = None,
    solved: Solved | None = None,
    problems: Sequence[Problem] = (),
    message: str = "",
    copy: Path | None = None,
    remarks: Sequence[str] = (),
    infeasible: Mapping[str, Any] | None = None,
    read: Reading | None = None,
) -> None:
    """One object on stdout, the same keys whatever happened; `infeasible` holds the contradiction and its proof."""
    told: Sequence[Problem] = solved.warnings if solved else problems
    outcome = solved.outcome if solved else None
    content: dict[str, Any] = {
        "status": status,
        "exit": code,
        "input": str(source) if source else None,
        "read": read.as_dict() if read else None,
        "output": str(target) if target else None,
        "copy": str(copy) if copy else None,
        "scenario": outcome.scenario if outcome else None,
        "totals": [
            {"fund": fund.name, "pool": fund.pool, "allocated": float(total)}
            for fund, total in zip(outcome.case.funds, outcome.totals, strict=True)
        ]
        if outcome
        else [],
        "stages": [
            {"name": stage.name, "value": stage.value}
            for stage in outcome.solution.stages
            if stage.value == stage.value
        ]
        if outcome
        else [],
        "problems": [problem.as_dict() for problem in told if not problem.is_warning],
        "warnings": [problem.as_dict() for problem in told if problem.is_warning]
        + [Problem("W510", remark).as_dict() for remark in remarks],
        "message": message,
        "infeasible": dict(infeasible) if infeasible else None,
    }
    echo_json(content)


def echo_json(content: Mapping[str, Any]) -> None:
    """One JSON object on stdout, as people can read it."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1))


def print_object(source: Path, target: Path, scenario: str, more: Mapping[str, Any]) -> None:
    """The JSON object of a command that went well and does not end in one allocation."""
    content = {
        "status": "ok",
        "exit": 0,
        "input": str(source),
        "output": str(target),
        "scenario": scenario,
        "problems": [],
        "warnings": [],
        **more,
    }
    echo_json(content)
