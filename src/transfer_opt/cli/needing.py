"""need: how much it takes to reach a goal."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from transfer_opt.cli.options import (
    Command,
    from_time_to_time,
    password,
    reading_options,
    renames,
    varied_option,
)


@click.command(cls=Command, options_metavar='--for "目标" [选项]')
@click.argument("budget", type=click.Path(path_type=Path), metavar="工作簿")
@click.option(
    "--for",
    "goal",
    required=True,
    metavar="目标",
    help="要达到什么：三保缺口=0、三保缺口<=数、三保缺口县数=0、最低保障水平>=75%、基尼系数<=0.05、少于上年的县=0、县区>=数、县区·资金>=数。",
)
@click.option(
    "--by",
    multiple=True,
    metavar="资金或规则·资金·参数",
    help="变动什么，可写多次：一项资金的本年总额，或一个数字参数（默认：依次变动每项资金的总额）。",
)
@varied_option
@reading_options
def need(
    budget: Path,
    goal: str,
    by: Sequence[str],
    scenario: str | None,
    model: Path | None,
    rename: Sequence[str],
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """反算：要多少钱，或一个比例、倍数要到多少，才达到目标。答案重新完整求解核对，少一个公布单位即达不到。

    不写文件。其余的数都不变，一次只变动一项；达到与达不到交错出现时，不说最少，只说试过什么。

    \b
    例：transfer-opt need 预算.xlsx --for "三保缺口=0"
        transfer-opt need 预算.xlsx --for "最低保障水平>=80%" --by 均衡性
        transfer-opt need 预算.xlsx --for "甲县>=26000" --by "增幅上限·均衡性·增幅上限"
    """
    from transfer_opt.commands.need import need as run_need
    from transfer_opt.intake import prepare
    from transfer_opt.report.need import need_record, need_sentences

    prepared = prepare.prepare(
        budget, model, scenario, None, renames(rename), password(budget, password_file)
    )
    found = run_need(prepared, goal, by, _counting(quiet or as_json))
    warnings = [problem for problem in prepared.problems if problem.is_warning]
    if as_json:
        content = {
            "status": "ok",
            "exit": 0,
            "input": str(budget),
            "output": None,
            "scenario": prepared.scenario,
            "goal": found.goal.text(found.money_unit),
            "answers": [
                need_record(answer, found.goal, found.money_unit) for answer in found.answers
            ],
            "problems": [],
            "warnings": [problem.as_dict() for problem in warnings],
        }
        click.echo(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))
        return
    if not quiet:
        for problem in warnings:
            click.echo(f"警告 {problem}", err=True)
    click.echo(
        f"目标：{found.goal.text(found.money_unit)}"
        f"（{found.goal.measure.summary}；方案：{prepared.scenario}，其余的数都不变）"
    )
    for answer in found.answers:
        for sentence in need_sentences(answer, found.goal, found.money_unit):
            click.echo(sentence)


def _counting(silent: bool) -> Callable[[str, int], None]:
    """Say on stderr how many values were tried."""
    due = from_time_to_time(silent)

    def tell(text: str, count: int) -> None:
        elapsed = due()
        if elapsed is not None:
            click.echo(f"[{elapsed:.0f} 秒] {text}：已试 {count} 个取值…", err=True)

    return tell
