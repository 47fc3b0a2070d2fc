"""explain: one county's result in sentences, how far it may move, and beside another county."""

from __future__ import annotations

from pathlib import Path

import click

from transfer_opt.cli.options import Command, model_option


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("result", type=click.Path(path_type=Path), metavar="结果工作簿")
@click.argument("county", metavar="县区")
@click.option(
    "--range",
    "movable",
    is_flag=True,
    help="再说明每一笔的可调范围：规则和前面各步目标都不变时，最少、最多能是多少。",
)
@click.option(
    "--versus",
    metavar="县区",
    help="与另一个县区对照：每项资金逐步相差多少，各步之差相加正好等于分配额之差。",
)
@model_option("从哪个模型认原名和原代码")
def explain(
    result: Path, county: str, movable: bool, versus: str | None, model: Path | None
) -> None:
    """用几句话说明一个县区为什么分到这么多：每笔的来历、起作用的规则和条款。县区可写名称、简称、原名或行政区划代码。

    \b
    例：transfer-opt explain 预算_分配结果.xlsx 甲县
        transfer-opt explain 预算_分配结果.xlsx 甲县 --versus 乙县
        transfer-opt explain 预算_分配结果.xlsx 甲县 --range
    """
    if versus is not None:
        from transfer_opt.published.versus import versus as side_by_side

        sentences = side_by_side(result, county, versus, model)
    else:
        from transfer_opt.published.narrative import explain as alone

        sentences = alone(result, county, model)
    if movable:
        from transfer_opt.published.movable import movable as ranges

        sentences += ranges(result, county, model)
    for sentence in sentences:
        click.echo(sentence)
