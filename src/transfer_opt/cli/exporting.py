"""export, history: from a result to what is sent out, and what was done when."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from transfer_opt.cli.options import (
    Command,
    file_option,
    json_option,
    ledger_option,
    model_option,
    quiet_option,
)
from transfer_opt.cli.printing import echo_json
from transfer_opt.core.errors import AuditError, OutputError


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("result", type=click.Path(path_type=Path), metavar="结果工作簿")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["docx", "pdf", "csv", "json"]),
    required=True,
    metavar="格式",
    help="docx（公文附件）、pdf、csv 或 json。",
)
@file_option("-o", "--output", help="写到哪里（默认：结果文件名_附件 或 _分配表）。")
@model_option("计算时用的模型")
@ledger_option
@json_option
@quiet_option
def export(
    result: Path,
    kind: str,
    output: Path | None,
    model: Path | None,
    ledger: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """把结果导出为公文附件（Word、PDF，含各县分配说明）、CSV 或 JSON。

    \b
    例：transfer-opt export 预算_分配结果.xlsx --format docx
        transfer-opt export 预算_分配结果.xlsx --format csv -o 分配表.csv
    """
    from transfer_opt.commands.export import export as run_export
    from transfer_opt.commands.ledger import prepare_ledger, record_export

    prepare_ledger(ledger)
    target, digest = run_export(result, kind, output, model)
    line = record_export(ledger, result, digest, kind, target)
    if as_json:
        echo_json(
            {
                "status": "ok",
                "exit": 0,
                "input": str(result),
                "output": str(target),
                "ledger": line.hash if line else None,
            }
        )
    elif not quiet:
        click.echo(f"已导出：{target}")
        if line:
            click.echo(line.said)


@click.command(cls=Command, options_metavar="[选项]")
@ledger_option
@json_option
def history(ledger: str | None, as_json: bool) -> None:
    """列出台账：何时做过哪些计算、调整、导出；台账被删改过就指出是哪一行（退出码 6）。

    \b
    例：transfer-opt history --ledger 台账.db
    """
    from transfer_opt.commands.ledger import told
    from transfer_opt.published.ledger import history as read_history

    if not ledger:
        raise OutputError(
            "没有说明台账在哪里。处理办法：加 --ledger 文件，或设环境变量 TRANSFER_OPT_LEDGER。"
        )
    lines, problems = read_history(ledger)
    code = AuditError.exit_code if problems else 0
    if as_json:
        echo_json(
            {
                "status": "error" if problems else "ok",
                "exit": code,
                "ledger": ledger,
                "lines": [
                    {
                        "number": line.number,
                        "time": line.time,
                        "kind": line.kind,
                        "facts": line.facts,
                        "hash": line.hash,
                    }
                    for line in lines
                ],
                "problems": [problem.as_dict() for problem in problems],
            }
        )
    else:
        for line in lines:
            click.echo(told(line))
        for problem in problems:
            click.echo(str(problem), err=True)
        click.echo(
            f"共 {len(lines)} 行，{'链条完整' if not problems else f'发现 {len(problems)} 处删改'}。"
        )
    sys.exit(code)
