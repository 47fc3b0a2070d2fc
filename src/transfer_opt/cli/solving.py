"""init, check, solve: from a budget to a result."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transfer_opt.cli.options import (
    Command,
    file_option,
    ledger_option,
    model_option,
    password,
    progress,
    reading_options,
    renames,
    scenario_option,
    time_limit_option,
)
from transfer_opt.cli.printing import print_json, print_outcome
from transfer_opt.core.errors import InputError, OutputError

if TYPE_CHECKING:
    from transfer_opt.commands.solve import Done
    from transfer_opt.core.time_limit import Deadline
    from transfer_opt.intake.prepare import BudgetWorkbook


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("path", required=False, type=click.Path(path_type=Path), metavar="[文件]")
@click.option("--example", is_flag=True, help="写出填好的示例（示例数据），而不是空白模板。")
@click.option(
    "--mapping", is_flag=True, help="写出一体化导出用的列对照示例（示例，照本省模板修改）。"
)
@click.option("--force", is_flag=True, help="文件已存在时覆盖它。")
@model_option("按哪个模型写")
def init(path: Path | None, example: bool, mapping: bool, force: bool, model: Path | None) -> None:
    """生成空白模板、示例工作簿、一体化列对照的示例，或（文件名以 .toml 结尾时）一份可以改的模型文件。

    \b
    例：transfer-opt init 预算.xlsx
        transfer-opt init --example 示例.xlsx
        transfer-opt init --mapping 列对照.xlsx
        transfer-opt init 模型.toml
    """
    from transfer_opt.intake.template import write_mapping, write_start

    if sum((example, mapping, model is not None)) > 1:
        raise click.UsageError("--example、--mapping、--model 只能写一个。")
    name = "示例.xlsx" if example else "列对照.xlsx" if mapping else "预算模板.xlsx"
    target = path or Path(name)
    if target.exists() and not force:
        raise OutputError(f"文件已存在，没有覆盖：{target}。处理办法：换一个文件名，或加 --force。")
    what = write_mapping(target) if mapping else write_start(target, example, model)
    click.echo(f"已写出{what}：{target}")


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("budget", type=click.Path(path_type=Path), metavar="工作簿")
@reading_options
def check(
    budget: Path,
    model: Path | None,
    rename: Sequence[str],
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """检查工作簿，一次列出全部问题：在哪张表、哪个单元格、值是什么、怎么改。

    \b
    例：transfer-opt check 预算.xlsx
    """
    from transfer_opt.intake.prepare import check as run_check
    from transfer_opt.intake.prepare import read_budget
    from transfer_opt.intake.reading import reading

    secret = password(budget, password_file)
    read = None
    try:
        given = read_budget(budget, model, rename=renames(rename), password=secret)
        read = reading(given.model, given.budget)
        problems = run_check(given)
    except InputError as error:  # a file that cannot even be read
        problems = error.problems
    errors = [problem for problem in problems if not problem.is_warning]
    if as_json:
        print_json(
            "error" if errors else "ok",
            InputError.exit_code if errors else 0,
            budget,
            problems=problems,
            read=read,
        )
    elif not quiet:
        for line in read.lines() if read else ():
            click.echo(line)
        for problem in problems:
            click.echo(f"警告 {problem}" if problem.is_warning else str(problem), err=True)
        count = f"发现 {len(errors)} 个错误" if errors else "没有错误"
        click.echo(f"{count}，{len(problems) - len(errors)} 个警告：{budget}")
    sys.exit(InputError.exit_code if errors else 0)


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("budget", type=click.Path(path_type=Path), metavar="工作簿")
@file_option("-o", "--output", help="结果工作簿（默认：输入文件名_分配结果.xlsx）。")
@file_option(
    "--into",
    "copy",
    help="把结果表加在工作簿的一个副本里，写到这个文件；原有的表原样保留。不另给 -o 就只写副本。",
)
@scenario_option
@click.option(
    "--solver",
    default="auto",
    metavar="名称",
    help="求解器：auto（默认）、pulp-highs、highs、cbc，或 PuLP 认识的其他名称；exact 从头用分数计算，较慢。结果相同。",
)
@click.option(
    "--unit",
    metavar="单位",
    help="公布单位，如 1元、1万元、0.01万元（默认：工作簿「取整」里写的）。",
)
@click.option(
    "--relax",
    is_flag=True,
    help="规则互相矛盾时，按最省钱的修复放宽再算，并在每张表上注明「已放宽」。",
)
@time_limit_option("没有证明最优")
@ledger_option
@reading_options
def solve(
    budget: Path,
    output: Path | None,
    copy: Path | None,
    scenario: str | None,
    solver: str,
    unit: str | None,
    relax: bool,
    time_limit: float | None,
    ledger: str | None,
    model: Path | None,
    rename: Sequence[str],
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """计算分配方案并写出结果工作簿；输入文件不会被改动。

    \b
    例：transfer-opt solve 预算.xlsx
        transfer-opt solve 预算.xlsx -o 结果.xlsx --scenario 均衡优先
        transfer-opt solve 预算.xlsx --into 预算_含结果.xlsx
    """
    from transfer_opt.core.time_limit import within

    def work(deadline: Deadline) -> Done:
        # Within the time limit: on a slow machine it takes a while to load.
        from transfer_opt.commands.solve import Order, solve_and_write
        from transfer_opt.intake.prepare import read_budget
        from transfer_opt.intake.reading import reading

        def opened() -> BudgetWorkbook:
            given = read_budget(
                budget, model, rename=renames(rename), password=password(budget, password_file)
            )
            if not (quiet or as_json):
                for line in reading(given.model, given.budget).lines():
                    click.echo(line)
            return given

        return solve_and_write(
            Order(budget, output, copy, scenario, unit, solver, relax, ledger),
            opened,
            progress(quiet or as_json),
            deadline,
        )

    done = within(time_limit, work)
    outcome = done.solved.outcome
    if as_json:
        from transfer_opt.intake.reading import reading

        print_json(
            "ok",
            0,
            budget,
            done.target,
            done.solved,
            copy=done.copy,
            remarks=done.remarks,
            read=reading(outcome.spec, outcome.budget),
        )
        return
    for alarm in (
        *outcome.alarms,
        *done.remarks,
    ):  # a shortfall, an exceeded cap, a copy unlike the original: never silent
        click.echo(f"警告 {alarm}", err=True)
    if not quiet:
        print_outcome(outcome, done.target, done.copy)
        if done.entered:
            click.echo(done.entered.said)
