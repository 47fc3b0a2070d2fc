"""plan: this year and those after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transfer_opt.cli.options import (
    Command,
    file_option,
    password,
    progress,
    reading_options,
    renames,
    scenario_option,
    time_limit_option,
)
from transfer_opt.cli.printing import print_object

if TYPE_CHECKING:
    from transfer_opt.commands.plan import Planned
    from transfer_opt.core.time_limit import Deadline
    from transfer_opt.intake.prepare import BudgetWorkbook


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("budget", type=click.Path(path_type=Path), metavar="工作簿")
@file_option("-o", "--output", help="结果工作簿（默认：输入文件名_多年测算.xlsx）。")
@click.option(
    "--years",
    type=click.IntRange(min=2),
    metavar="年数",
    help="连同本年算几年，最多 5 年（默认：「年度展望」里的各年都算）。",
)
@click.option(
    "--joint",
    "together",
    is_flag=True,
    help="再把各年放在一起求一个统筹方案，说出逐年滚动的代价。最多 200 个县区。",
)
@scenario_option
@time_limit_option("没有算完")
@reading_options
def plan(
    budget: Path,
    output: Path | None,
    years: int | None,
    together: bool,
    scenario: str | None,
    time_limit: float | None,
    model: Path | None,
    rename: Sequence[str],
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """多年测算：按「年度展望」逐年滚动，看各年缺口、余地和至少要多少资金；本年与 solve 完全相同，以后各年是预测。

    \b
    例：transfer-opt plan 预算.xlsx
        transfer-opt plan 预算.xlsx --years 3 --joint
    """
    from transfer_opt.core.time_limit import within

    def work(deadline: Deadline) -> Planned:
        from transfer_opt.commands.plan import Order, plan_and_write
        from transfer_opt.intake.prepare import read_budget

        def opened() -> BudgetWorkbook:
            return read_budget(
                budget, model, rename=renames(rename), password=password(budget, password_file)
            )

        order = Order(budget, output, scenario, years, together)
        return plan_and_write(order, opened, progress(quiet or as_json), deadline)

    done = within(time_limit, work)
    from transfer_opt.report.years import year_record, year_sentences

    outcome = done.solved.outcome
    sentences = list(year_sentences(done.projection))
    if as_json:
        more = {"sentences": sentences, "years": year_record(done.projection)}
        print_object(budget, done.target, outcome.scenario, more)
        return
    for alarm in outcome.alarms:
        click.echo(f"警告 {alarm}", err=True)
    if not quiet:
        for problem in outcome.problems:
            click.echo(f"警告 {problem}", err=True)
        click.echo(f"方案：{outcome.scenario}　{done.projection.label}")
        for sentence in sentences:
            click.echo(sentence)
        click.echo(f"结果：{done.target}")
