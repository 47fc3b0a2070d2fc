"""compare: scenarios, results and approved tables side by side."""

from __future__ import annotations

import sys
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
)
from transfer_opt.cli.printing import echo_json
from transfer_opt.core.errors import InfeasibleError

if TYPE_CHECKING:
    from transfer_opt.scenarios.comparison.compare import Comparison


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="文件…")
@file_option("-o", "--output", help="比较工作簿（默认：第一个文件名_方案比较.xlsx）。")
@file_option("--html", help="另写一份单文件网页，不联网，可以打印。")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="方案",
    help="只比较这些方案，可写多次（默认：全部，基准方案在前）。",
)
@click.option("--baseline", metavar="方案", help="和谁比：一个方案名，或“上年”（默认：第一个）。")
@click.option(
    "--years",
    type=click.IntRange(min=2),
    metavar="年数",
    help="再按「年度展望」把每个方案逐年推算，连同本年算几年（最多 5 年）；只用于一份预算工作簿。",
)
@file_option("--boundaries", help="县区边界（GeoJSON），网页上多一张示意图。")
@reading_options
def compare(
    files: Sequence[Path],
    output: Path | None,
    html: Path | None,
    scenarios: Sequence[str],
    baseline: str | None,
    years: int | None,
    boundaries: Path | None,
    model: Path | None,
    rename: Sequence[str],
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """比较一份工作簿的各个方案，或比较几份结果：谁多谁少、为什么、代价是什么。

    \b
    例：transfer-opt compare 预算.xlsx --html 比较.html
        transfer-opt compare 预算.xlsx --years 3
        transfer-opt compare 上年_分配结果.xlsx 本年_分配结果.xlsx -o 两年比较.xlsx
    """
    from transfer_opt.commands import compare

    if boundaries and not html:
        raise click.UsageError("--boundaries 是网页上的示意图，要和 --html 一起用。")
    tell = progress(quiet or as_json)
    target = compare.comparison_path(files, output, html)
    secret = password(files[0], password_file) if len(files) == 1 else None
    comparison = compare.compare(
        files, model, scenarios, baseline, renames(rename), secret, tell, years
    )
    tell("写比较工作簿")
    compare.write(comparison, target, html, boundaries)
    stuck = any(each.stuck for each in comparison.ahead)
    code = InfeasibleError.exit_code if comparison.failed or stuck else 0
    if as_json:
        _print_json(comparison, files, target, html, code)
    else:
        _print(comparison, target, html, quiet)
    sys.exit(code)


def _print(comparison: Comparison, target: Path, html: Path | None, quiet: bool) -> None:
    """What cannot be had is never silent; then a line per scenario, the larger pools that do harm, the files."""
    from transfer_opt.report.comparison.ahead import ahead_sentences, stuck_told
    from transfer_opt.report.comparison.matrix import alarms, facts, sentences

    for name, why in comparison.failed:
        click.echo(f"方案「{name}」没有可行方案：{why}", err=True)
    for said in stuck_told(comparison):
        click.echo(said, err=True)
    for warning in alarms(comparison):
        click.echo(f"警告 {warning}", err=True)
    if quiet:
        return
    for note in comparison.notes:
        click.echo(f"警告 {note}", err=True)
    click.echo(facts(comparison))
    for side, said in zip(comparison.sides, sentences(comparison), strict=True):
        click.echo(f"  {side.name}：{said}")
    for said in ahead_sentences(comparison):
        click.echo(f"  {said}。")
    for worse in comparison.worse:
        if worse.losers:
            click.echo(
                f"  单调性：{worse.scenario}，{worse.change}，{len(worse.losers)} 个县反而变少，起因是「{worse.rule}」。"
            )
    click.echo(f"比较：{target}" + (f"　网页：{html}" if html else ""))


def _print_json(
    comparison: Comparison, files: Sequence[Path], target: Path, html: Path | None, code: int
) -> None:
    """One object on stdout."""
    from transfer_opt.report.comparison.ahead import ahead_record
    from transfer_opt.report.comparison.matrix import alarms, measures, sentences

    made = measures(comparison.sides, comparison.money_unit)
    content = {
        "status": "infeasible" if code else "ok",
        "exit": code,
        "input": [str(file) for file in files],
        "output": str(target),
        "html": str(html) if html else None,
        "baseline": comparison.baseline.name,
        "scenarios": [
            {
                "name": side.name,
                "sentence": said,
                "losers": [str(name) for name in comparison.units.name[side.losers]],
                "measures": {
                    one.name: None if one.shown[at] != one.shown[at] else one.shown[at]
                    for one in made
                },
            }
            for at, (side, said) in enumerate(
                zip(comparison.sides, sentences(comparison), strict=True)
            )
        ],
        **({"years": ahead_record(comparison)} if comparison.ahead else {}),
        "failed": [{"name": name, "message": why} for name, why in comparison.failed],
        "monotonicity": [
            {
                "scenario": worse.scenario,
                "change": worse.change,
                "rule": worse.rule,
                "losers": dict(worse.losers),
            }
            for worse in comparison.worse
            if worse.losers
        ],
        "warnings": [*comparison.notes, *alarms(comparison)],
    }
    echo_json(content)
