"""adjust: an approved amount beside the computed one, and what it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transfer_opt.cli.options import (
    Command,
    file_option,
    json_option,
    ledger_option,
    model_option,
)
from transfer_opt.cli.printing import echo_json

if TYPE_CHECKING:
    from transfer_opt.commands.adjust import Adjusted
    from transfer_opt.commands.ledger import Entered

MOST_TOLD = 10
"""Broken rules told one by one; all of them stand in the workbook."""


@click.command(
    cls=Command,
    options_metavar="--county 县区 --fund 资金 --to 金额 --reason 理由 --by 决定人 [选项]",
)
@click.argument("result", type=click.Path(path_type=Path), metavar="结果工作簿")
@click.option(
    "--county", required=True, metavar="县区", help="县区名称、简称、原名或行政区划代码。"
)
@click.option("--fund", required=True, metavar="资金", help="资金的全称或简称。")
@click.option(
    "--to", required=True, metavar="金额", help="批准数，单位同工作簿，须是公布单位的整数倍。"
)
@click.option("--reason", required=True, metavar="理由", help="为什么调整。")
@click.option("--by", required=True, metavar="决定人", help="谁决定的：人或会议。")
@file_option("-o", "--output", help="写到哪里（默认：结果文件名_调整.xlsx，再次调整为 _调整2 …）。")
@model_option("计算时用的模型")
@ledger_option
@json_option
@click.option("--quiet", is_flag=True, help="只说警告和错误。")
def adjust(
    result: Path,
    county: str,
    fund: str,
    to: str,
    reason: str,
    by: str,
    output: Path | None,
    model: Path | None,
    ledger: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """登记一项人工调整：批准数与测算数分开放，重新核验每条规则和合计，指出破坏了什么。结果写成副本，原文件不动。

    \b
    例：transfer-opt adjust 预算_分配结果.xlsx --county 甲县 --fund 均衡性 --to 31000
            --reason 雪灾应急 --by 厅长办公会
    """
    from transfer_opt.commands.adjust import Wish, adjusted_path, opened, write
    from transfer_opt.commands.adjust import adjust as run_adjust
    from transfer_opt.commands.ledger import prepare_ledger, record_adjustment

    prepare_ledger(ledger)
    target = adjusted_path(result, output)
    adjusted = run_adjust(opened(result, model), Wish(county, fund, to, reason, by))
    remarks = write(adjusted, target)
    line = record_adjustment(ledger, adjusted.facts, target)
    if as_json:
        _print_json(adjusted, target, remarks, line)
    else:
        _print(adjusted, target, remarks, line, quiet)


def _print(
    adjusted: Adjusted, target: Path, remarks: Sequence[str], line: Entered | None, quiet: bool
) -> None:
    """What the adjustment breaks is never silent; then the line, the totals and where the copy lies."""
    from transfer_opt.core.exact import spelled
    from transfer_opt.report.approved import totals_of

    unit, new = adjusted.plan.case.money_unit, adjusted.new
    for problem in adjusted.warnings[:MOST_TOLD]:
        click.echo(f"警告 {problem}", err=True)
    if len(adjusted.warnings) > MOST_TOLD:
        click.echo(
            f"警告 另有 {len(adjusted.warnings) - MOST_TOLD} 条规则被破坏，见「批准后核验」。",
            err=True,
        )
    if quiet:
        return
    click.echo(
        f"{new.line[1]} {new.line[2]}：测算 {adjusted.computed:,f} {unit}，批准 {new.approved:,f} {unit}"
        f"（{new.approved - adjusted.computed:+,f}）"
    )
    if adjusted.reach:
        click.echo(f"  可调范围：{adjusted.reach}")
    for name, pool, computed, approved in totals_of(adjusted.plan, adjusted.adjustments):
        click.echo(
            f"  {name}：测算合计 {spelled(computed)}，批准合计 {spelled(approved)}，可分配总额 {spelled(pool)}"
        )
    for remark in remarks:
        click.echo(remark)
    click.echo(
        f"已写出：{target}（原有各表的数不变，打印页眉注明已被取代；「批准后分配表」「人工调整」「批准后核验」在最后，打开就是「批准后分配表」）"
    )
    if line:
        click.echo(line.said)


def _print_json(
    adjusted: Adjusted, target: Path, remarks: Sequence[str], line: Entered | None
) -> None:
    """One object on stdout."""
    from transfer_opt.report.approved import conclusion, totals_of

    unit, facts = adjusted.plan.case.money_unit, adjusted.facts
    echo_json(
        {
            "status": "ok",
            "exit": 0,
            "input": str(adjusted.source),
            "output": str(target),
            "scenario": adjusted.plan.scenario,
            "adjustment": {
                **{name: facts[name] for name in ("code", "county", "fund", "reason", "by")},
                "computed": float(adjusted.computed),
                "before": float(adjusted.before),
                "approved": float(adjusted.new.approved),
            },
            "range": adjusted.reach or None,
            "totals": [
                {"fund": name, "pool": pool, "computed": computed, "approved": approved}
                for name, pool, computed, approved in totals_of(adjusted.plan, adjusted.adjustments)
            ],
            "broken": [
                {
                    "rule": each.after.rule,
                    "clause": each.after.clause,
                    "subject": each.after.subject,
                    "left": each.after.left,
                    "relation": each.after.relation,
                    "right": each.after.right,
                    "conclusion": conclusion(each, unit),
                }
                for each in adjusted.standings
                if each.new
            ],
            "problems": [],
            "warnings": [problem.as_dict() for problem in adjusted.warnings],
            "remarks": list(remarks),
            "ledger": line.hash if line else None,
        }
    )
