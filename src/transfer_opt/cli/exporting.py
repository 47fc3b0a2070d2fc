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
    type=click.Choice(["docx", "pdf", "csv", "json", "一体化"]),
    required=True,
    metavar="格式",
    help="docx（公文附件）、pdf、csv、json，或 一体化（预算管理一体化系统的导入表）。",
)
@file_option(
    "-o",
    "--output",
    help="写到哪里（默认：结果文件名_附件、_分配表 或 _一体化）；一体化写 .xlsx 或 .csv。",
)
@file_option(
    "--mapping", help="一体化的列对照：对方的列、科目、文号（用 init --mapping 写出示例）。"
)
@model_option("计算时用的模型")
@ledger_option
@json_option
@quiet_option
def export(
    result: Path,
    kind: str,
    output: Path | None,
    mapping: Path | None,
    model: Path | None,
    ledger: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """把结果导出为公文附件（Word、PDF，含各县分配说明）、CSV、JSON，或一体化系统的导入表。

    \b
    例：transfer-opt export 预算_分配结果.xlsx --format docx
        transfer-opt export 预算_分配结果.xlsx --format csv -o 分配表.csv
        transfer-opt export 预算_分配结果.xlsx --format 一体化 --mapping 列对照.xlsx
    """
    from transfer_opt.commands.export import SYSTEM
    from transfer_opt.commands.export import export as run_export
    from transfer_opt.commands.ledger import prepare_ledger, record_export

    if (kind == SYSTEM) != (mapping is not None):
        raise click.UsageError(
            f"--format {SYSTEM} 要用 --mapping 给出列对照；别的格式不用 --mapping。"
        )
    prepare_ledger(ledger)
    done = run_export(result, kind, output, model, mapping)
    line = record_export(ledger, result, done.digest, kind, done.path)
    if as_json:
        echo_json(
            {
                "status": "ok",
                "exit": 0,
                "input": str(result),
                "output": str(done.path),
                "told": done.told,
                "ledger": line.hash if line else None,
            }
        )
    elif not quiet:
        click.echo(f"已导出：{done.path}")
        for said in done.told:
            click.echo(f"  {said}")
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
