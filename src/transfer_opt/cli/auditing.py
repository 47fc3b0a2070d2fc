"""audit, round: whether a published table adds up, and rounding one so that it does."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from transfer_opt.cli.options import (
    Command,
    file_option,
    json_option,
    password,
    quiet_option,
    reading_options,
    renames,
)
from transfer_opt.cli.printing import print_json
from transfer_opt.core.errors import AuditError


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("table", type=click.Path(path_type=Path), metavar="结果工作簿或分配表")
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path), metavar="[输入工作簿…]")
@file_option("--exported", help="核对这个文件：从结果导出、由一体化系统退回的 xlsx 或 csv。")
@file_option("--mapping", help="导出时用的列对照，与 --exported 同用。")
@reading_options
def audit(
    table: Path,
    sources: Sequence[Path],
    exported: Path | None,
    mapping: Path | None,
    model: Path | None,
    rename: Sequence[str],
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """核对一份结果工作簿：从文件自身重新推算每一个数；给出输入工作簿时，再核对输入是否一致。也核对任何一张分配表的合计，和一体化系统退回的文件。

    监测预警工作簿要连同它的各份来源文件一起给出，由这些文件重新推算每一个数。

    \b
    例：transfer-opt audit 预算_分配结果.xlsx
        transfer-opt audit 预算_分配结果.xlsx 预算.xlsx
        transfer-opt audit 分配表.xlsx
        transfer-opt audit 名单.xlsx 2025_分配结果.xlsx 2026_分配结果.xlsx 预算.xlsx
        transfer-opt audit 预算_分配结果.xlsx --exported 一体化.xlsx --mapping 列对照.xlsx
    """
    from transfer_opt.commands.audit import audit as run_audit
    from transfer_opt.commands.audit import audit_exported

    if (exported is None) != (mapping is None) or (exported and sources):
        raise click.UsageError("--exported 与 --mapping 同用，不再写输入工作簿。")
    secret = password(exported or (*sources, table)[0], password_file)
    audited = (
        audit_exported(table, exported, mapping, model, secret)
        if exported and mapping
        else run_audit(table, sources, model, renames(rename), secret)
    )
    code = 0 if audited.clean else AuditError.exit_code
    if as_json:
        print_json(
            "ok" if audited.clean else "discrepancy",
            code,
            exported or table,
            problems=audited.problems,
            message=audited.message,
        )
    else:
        for kind, problem in audited.told if not (audited.clean and quiet) else ():
            click.echo(f"{kind} {problem}".strip(), err=True)
        if not quiet:
            click.echo(f"{audited.verdict}\n{audited.closing}")
    sys.exit(code)


@click.command("round", cls=Command, options_metavar="--unit 单位 [选项]")
@click.argument("table", type=click.Path(path_type=Path), metavar="表格")
@click.option(
    "--unit",
    required=True,
    metavar="单位",
    help="取整到：数字（按表里的单位），或 元、万元、亿元。",
)
@click.option(
    "--group",
    default="",
    metavar="列",
    help="按这一列分组，每组小计也相邻取整（默认：按表里的小计行）。",
)
@click.option("--columns", default="", metavar="列,…", help="只取整这些列（默认：全部金额列）。")
@file_option("-o", "--output", help="输出文件（默认：表格文件名_取整.xlsx）。")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="文件",
    help="表格有打开密码时，从这个文本文件的第一行读密码（不给时在终端里询问）。",
)
@json_option
@quiet_option
def round_table(
    table: Path,
    unit: str,
    group: str,
    columns: str,
    output: Path | None,
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """把一张表取整，并且仍然加得起来：每格、由各列相加的列、小计和合计都取相邻的整数，合计为零的列仍为零。

    \b
    例：transfer-opt round 分配表.xlsx --unit 1
        transfer-opt round 分配表.xlsx --unit 万元 --group 市州 --columns 均衡性,生态 -o 取整.xlsx
    """
    from transfer_opt.commands.publish import result_path
    from transfer_opt.tables.rounding import round_file
    from transfer_opt.workbook.rewrite import read_source, rewrite

    secret = password(table, password_file)
    source = read_source(table, secret)
    target = result_path(table, output, "取整", source.suffix)
    done = round_file(
        table, unit, group, [name for name in re.split("[,，]", columns) if name], secret
    )
    problems = (*done.problems, *rewrite(source, target, done.sheet, done.numbers))
    if as_json:
        print_json("ok", 0, table, target, problems=problems, message="\n".join(done.told))
    elif not quiet:
        for problem in problems:
            click.echo(f"警告 {problem}", err=True)
        for line in done.told:
            click.echo(line)
        click.echo(f"已写出：{target}")
