"""frontier and sweep: what the result would be if a choice were made otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from transfer_opt.cli.options import (
    Command,
    file_option,
    from_time_to_time,
    password,
    progress,
    reading_options,
    renames,
    scenario_option,
    varied_option,
)
from transfer_opt.cli.printing import print_object


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("budget", type=click.Path(path_type=Path), metavar="工作簿")
@file_option("-o", "--output", help="结果工作簿（默认：输入文件名_前沿.xlsx）。")
@click.option(
    "--objectives",
    metavar="目标,目标",
    help="取舍哪两个目标（默认：保障水平最大化,较上年波动最小）。",
)
@scenario_option
@reading_options
def frontier(
    budget: Path,
    output: Path | None,
    objectives: str | None,
    scenario: str | None,
    model: Path | None,
    rename: Sequence[str],
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """求两个目标之间的取舍：一个目标让一步，另一个最多能好多少；给出整条折线、每个拐点的分配和换算。

    \b
    例：transfer-opt frontier 预算.xlsx
        transfer-opt frontier 预算.xlsx -o 前沿.xlsx --objectives 保障水平最大化,贴近因素法
    """
    from transfer_opt.commands import frontier, publish
    from transfer_opt.core.text import normalise
    from transfer_opt.intake import prepare

    tell = progress(quiet or as_json)
    target = publish.result_path(budget, output, frontier.WHAT)
    prepared = prepare.prepare(
        budget, model, scenario, None, renames(rename), password(budget, password_file)
    )
    pair = (
        normalise(objectives).replace("，", ",").split(",") if objectives else frontier.DEFAULT_PAIR
    )
    found = frontier.trade_off(prepared, pair, tell)
    frontier.write(found, target)
    if as_json:
        print_object(
            budget,
            target,
            prepared.scenario,
            {
                "objectives": list(found.curve.names),
                "corners": [[corner.first, corner.second] for corner in found.curve.corners],
                "slopes": list(found.curve.slopes),
                "present": list(found.curve.present),
                "above": found.curve.above,
            },
        )
    elif not quiet:
        click.echo(f"前沿有 {len(found.curve.corners)} 个拐点。{found.position}")
        click.echo(f"结果：{target}")


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("budget", type=click.Path(path_type=Path), metavar="工作簿")
@file_option(
    "-o", "--output", help="结果写到哪里：.xlsx、.csv 或 .parquet（默认：输入文件名_扫描.xlsx）。"
)
@click.option(
    "--vary",
    multiple=True,
    metavar="规则·资金·参数=起:止:个数",
    help="让一个数字参数从小到大变动，可写多次，取全部组合；不分资金的写 规则·参数，也可写 =值,值,…。",
)
@click.option(
    "--uncertain",
    multiple=True,
    metavar="列=±x%",
    help="让「县区数据」一列各县的数各自随机偏差，要和 --random 一起用；三列需求一起变动写 三保需求。",
)
@click.option(
    "--random",
    "draws",
    type=click.IntRange(min=1),
    metavar="个数",
    help="不取全部组合，随机抽取这么多种情形。",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="整数",
    help="随机种子：同一种子，同一结果。",
)
@varied_option
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="在本机算，或交给 Dask 集群算。",
)
@click.option(
    "--scheduler", metavar="地址", help="--engine dask 时调度器的地址，如 tcp://主机:8786。"
)
@reading_options
def sweep(
    budget: Path,
    output: Path | None,
    vary: Sequence[str],
    uncertain: Sequence[str],
    draws: int | None,
    seed: int,
    scenario: str | None,
    engine: str,
    scheduler: str | None,
    model: Path | None,
    rename: Sequence[str],
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """变动参数、资金总额或数据，成批测算，看每个县的分配额在什么范围、哪些情形做不到。

    算完的情形随时记在 输出文件名.partial 里：中断以后再运行同一命令，接着算，结果一个字节也不差。

    \b
    例：transfer-opt sweep 预算.xlsx --vary "增幅上限·均衡性·增幅上限=10%:20%:5"
        transfer-opt sweep 预算.xlsx -o 扫描.csv --uncertain "常住人口=±5%" --random 200 --seed 7
    """
    from transfer_opt.commands.sweep import Swept, sweep_path
    from transfer_opt.commands.sweep import sweep as run_sweep
    from transfer_opt.intake import prepare
    from transfer_opt.scenarios.sweep.engines import dask, local
    from transfer_opt.scenarios.sweep.plan import plan
    from transfer_opt.scenarios.sweep.point import FEASIBLE, INFEASIBLE, UNSOLVED

    if (engine == "dask") != (scheduler is not None):
        raise click.UsageError("--engine dask 和 --scheduler 地址 要一起写。")
    target = sweep_path(budget, output)
    prepared = prepare.prepare(
        budget, model, scenario, None, renames(rename), password(budget, password_file)
    )
    wanted = plan(prepared, vary, uncertain, draws, seed)
    try:
        done: Swept = run_sweep(
            prepared,
            wanted,
            target,
            dask(str(scheduler)) if engine == "dask" else local,
            _countdown(quiet or as_json),
        )
    except KeyboardInterrupt:
        click.echo(
            f"已中断。算完的情形留在「{target.with_suffix('.partial')}」，再运行同一命令即接着算。",
            err=True,
        )
        sys.exit(130)
    counts = {state: done.count(state) for state in (FEASIBLE, INFEASIBLE, UNSOLVED)}
    if as_json:
        print_object(
            budget,
            target,
            prepared.scenario,
            {
                "scenarios": done.plan.size,
                "feasible": counts[FEASIBLE],
                "unsolved": counts[UNSOLVED],
                "resumed": done.resumed,
                "files": [str(file) for file in done.files],
            },
        )
    elif not quiet:
        click.echo(
            f"{done.plan.size} 种情形：{counts[FEASIBLE]} 种可行，{counts[INFEASIBLE]} 种不可行"
            + (f"，{counts[UNSOLVED]} 种未算出（见结果中的说明）。" if counts[UNSOLVED] else "。")
        )
        for file in done.files:
            click.echo(f"结果：{file}")


def _countdown(silent: bool) -> Callable[[int, int], None]:
    """Say on stderr how many are done and how long the rest will take."""
    due = from_time_to_time(silent)
    first: int | None = None

    def tell(done: int, of: int) -> None:
        nonlocal first
        if first is None:
            first = done
            if done and not silent:
                click.echo(f"接着上次：已有 {done} 种情形算完。", err=True)
        if done > first and (elapsed := due()) is not None:
            left = elapsed / (done - first) * (of + 1 - done)
            click.echo(f"已算完 {done}/{of + 1}，约剩 {left:.0f} 秒", err=True)

    return tell
