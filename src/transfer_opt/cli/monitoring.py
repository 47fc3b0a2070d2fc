"""monitor: levels of warning through the years."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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


@click.command(cls=Command, options_metavar="[选项]")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="文件…")
@click.option(
    "--thresholds",
    type=click.Path(path_type=Path),
    metavar="工作簿",
    help="填了「预警阈值」的工作簿，如预算工作簿（默认：所给文件里有这张表的）。",
)
@file_option("-o", "--output", help="监测工作簿（默认：最后一个文件名_监测预警.xlsx）。")
@reading_options
def monitor(
    files: Sequence[Path],
    thresholds: Path | None,
    output: Path | None,
    model: Path | None,
    rename: Sequence[str],
    password_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """监测预警：由各年结果或「历年指标」定各县的等级，列出预警名单、升到上一级还差多少钱和协调指数。

    \b
    例：transfer-opt monitor 2025_分配结果.xlsx 2026_分配结果.xlsx --thresholds 预算.xlsx
        transfer-opt monitor 监测.xlsx -o 名单.xlsx
    """
    from transfer_opt.commands import monitor as command
    from transfer_opt.report.monitor_sentences import monitor_record

    target = command.monitor_path(files, thresholds, output)
    secret = password(files[0], password_file)
    tell = progress(quiet or as_json)
    warned = command.monitor(files, thresholds, model, renames(rename), secret, tell)
    tell("写监测工作簿")
    warned.save(target)
    if as_json:
        content = {
            "status": "ok",
            "exit": 0,
            "input": [str(file) for file in files],
            "output": str(target),
            **monitor_record(warned.watch),
            "problems": [],
            "warnings": [problem.as_dict() for problem in warned.warnings],
        }
        echo_json(content)
        return
    if not quiet:
        for problem in warned.warnings:
            click.echo(f"警告 {problem}", err=True)
        for sentence in warned.sentences:
            click.echo(sentence)
        click.echo(f"监测：{target}")
