"""What the commands share: Chinese help pages, the options of every command that reads a budget, progress."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import click

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.vocabulary import DEFAULT_MODEL

PATIENCE = 1.0
"""Seconds after which a user wants to know what is going on."""
SPEAK_EVERY = 2.0
"""Seconds between two words on how far long work has come."""


class _Chinese:
    """Help pages with Chinese headings."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="用法：")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = [
            record
            for parameter in self.get_params(ctx)  # type: ignore[attr-defined]
            if isinstance(parameter, click.Option)
            and (record := parameter.get_help_record(ctx)) is not None
        ]
        if records:
            with formatter.section("选项"):
                formatter.write_dl(
                    [(name, re.sub(r"\s+\[(.*)\]$", _extra, said)) for name, said in records]
                )
        if isinstance(self, click.Group):
            with formatter.section("命令"):
                formatter.write_dl(
                    [
                        (name, command.get_short_help_str(80))
                        for name, command in self.commands.items()
                    ]
                )

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "显示这份帮助。"
        return option  # type: ignore[no-any-return]


def _extra(found: re.Match[str]) -> str:
    """What click adds about an option: 「（必填）」, 「（默认：1；不小于 0）」."""
    pieces = (
        re.sub("^x>=", "不小于 ", re.sub("^default: ", "默认：", piece))
        for piece in found[1].split("; ")
    )
    return f"（{'；'.join(pieces)}）".replace("required", "必填")


class Command(_Chinese, click.Command):
    """A command whose help page is Chinese."""


class Group(_Chinese, click.Group):
    """The group of all commands."""

    command_class = Command


Decorator: TypeAlias = Callable[[Callable[..., None]], Callable[..., None]]


def file_option(*names: str, help: str) -> Decorator:
    """An option that takes the path of a file."""
    return click.option(*names, type=click.Path(path_type=Path), metavar="文件", help=help)


def model_option(help: str) -> Decorator:
    """The model a command goes by; `help` says what for."""
    return click.option(
        "--model",
        type=click.Path(path_type=Path),
        metavar="模型",
        help=f"{help}：附带模型的名称，或模型文件（默认：{DEFAULT_MODEL}）。",
    )


def time_limit_option(unfinished: str) -> Decorator:
    """How long a command may take from reading to writing; `unfinished` says what is not done by then."""
    return click.option(
        "--time-limit",
        type=click.FloatRange(min=0),
        metavar="秒",
        help=f"从读入到写出最多多少秒；到时{unfinished}就停止（退出码 4）。",
    )


scenario_option = click.option(
    "--scenario",
    metavar="方案",
    help="按「方案」里的一个方案计算（默认：工作簿现状，即基准方案）。",
)
"""The one scenario that is solved."""
varied_option = click.option(
    "--scenario", metavar="方案", help="在哪个方案上变动（默认：工作簿现状，即基准方案）。"
)
"""The scenario from which something is varied."""
json_option = click.option(
    "--json", "as_json", is_flag=True, help="在标准输出打印一个 JSON 对象，供程序读取。"
)
quiet_option = click.option("--quiet", is_flag=True, help="只在出错时说话。")
ledger_option = click.option(
    "--ledger",
    envvar="TRANSFER_OPT_LEDGER",
    metavar="文件或地址",
    help="把这次操作记入台账：SQLite 文件，或 postgresql:// 开头的数据库地址（也可用环境变量 TRANSFER_OPT_LEDGER）。",
)
"""Where every completed solve, adjustment and export is recorded; without it nothing is."""


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that reads a budget."""
    for option in (
        model_option("用哪个模型"),
        click.option(
            "--rename", multiple=True, metavar="列=标准列", help="把表里的列当作标准列，可写多次。"
        ),
        click.option(
            "--password-file",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="文件",
            help="工作簿有打开密码时，从这个文本文件的第一行读密码（不给时在终端里询问）。",
        ),
        json_option,
        quiet_option,
    ):
        command = option(command)
    return command


def renames(pairs: Sequence[str]) -> dict[str, str]:
    """「列=标准列」 pairs as a mapping; raises click.BadParameter."""
    result = {}
    for pair in pairs:
        column, equals, standard = pair.partition("=")
        if not (column and equals and standard):
            raise click.BadParameter(f"--rename 应写成 列=标准列，收到「{pair}」。")
        result[column] = standard
    return result


def password(budget: Path, file: Path | None) -> str | None:
    """The password of a locked workbook: from the file, else asked for where somebody sits at the terminal."""
    from transfer_opt.workbook.files.open import is_locked

    if file is not None:
        try:
            return file.read_text(encoding="utf-8-sig").split("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                [
                    Problem(
                        "E115",
                        f"密码文件「{file}」读不了。",
                        "给出 UTF-8 编码的文本文件，第一行写密码。",
                    )
                ]
            ) from error
    if sys.stdin.isatty() and is_locked(budget):
        return str(click.prompt("工作簿的打开密码", hide_input=True, err=True))
    return None


def from_time_to_time(silent: bool) -> Callable[[], float | None]:
    """Asked again and again: the seconds since the start where a word is due on how far long work has come, else None."""
    start = spoken = time.monotonic()

    def due() -> float | None:
        nonlocal spoken
        now = time.monotonic()
        if silent or now - start <= PATIENCE or now - spoken <= SPEAK_EVERY:
            return None
        spoken = now
        return now - start

    return due


def progress(silent: bool) -> Callable[[str], None]:
    """Say on stderr what is being done, once it has taken more than a second."""
    start = time.monotonic()

    def tell(what: str) -> None:
        elapsed = time.monotonic() - start
        if not silent and elapsed > PATIENCE:
            click.echo(f"[{elapsed:.0f} 秒] {what}…", err=True)

    return tell
