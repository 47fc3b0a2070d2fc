"""The command line: each command reads its options, makes one call and prints."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from transfer_opt.cli.adjusting import adjust
from transfer_opt.cli.auditing import audit, round_table
from transfer_opt.cli.comparing import compare
from transfer_opt.cli.explaining import explain
from transfer_opt.cli.exploring import frontier, sweep
from transfer_opt.cli.exporting import export, history
from transfer_opt.cli.monitoring import monitor
from transfer_opt.cli.needing import need
from transfer_opt.cli.opening import open_page
from transfer_opt.cli.options import Group
from transfer_opt.cli.planning import plan
from transfer_opt.cli.printing import print_error
from transfer_opt.cli.solving import check, init, solve
from transfer_opt.cli.usage import usage_sentence
from transfer_opt.core.errors import InputError, TransferOptError
from transfer_opt.core.version import __version__

USAGE_EXIT = 2
BUG_EXIT = 70


@click.group(cls=Group, options_metavar="[选项]", subcommand_metavar="命令 [参数]…")
@click.version_option(__version__, message="transfer-opt %(version)s", help="显示版本号。")
def cli() -> None:
    """把转移支付资金按政策规则分配到县区：读部门的 Excel 工作簿，用线性规划求出唯一的最优方案，写出可打印、可核对的结果工作簿。

    \b
    例：
      transfer-opt init --example 示例.xlsx     生成一份示例工作簿
      transfer-opt check 预算.xlsx              检查工作簿，列出全部问题
      transfer-opt solve 预算.xlsx              计算并写出 预算_分配结果.xlsx
      transfer-opt explain 预算_分配结果.xlsx 甲县   说明一个县的数是怎么来的
      transfer-opt compare 预算.xlsx --html 比较.html  比较各个方案
    """


for _command in (
    init,
    check,
    solve,
    plan,
    explain,
    compare,
    frontier,
    sweep,
    need,
    monitor,
    audit,
    round_table,
    export,
    adjust,
    history,
    open_page,
):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program: every way out has its exit code and, where something is wrong, one Chinese sentence."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a GBK console must not end the program
    if arguments is None and not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries say there is for programmers
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        cli.main(given, prog_name="transfer-opt", standalone_mode=False)
    except click.ClickException as error:
        click.echo(usage_sentence(error), err=True)
        sys.exit(USAGE_EXIT)
    except click.Abort:
        click.echo("已中断，没有写出任何文件。", err=True)
        sys.exit(130)
    except TransferOptError as error:
        print_error(error, "--json" in given)
        sys.exit(error.exit_code)
    except MemoryError:
        click.echo(
            "内存不够，没有写出任何文件。处理办法：关闭其他程序，或删去工作簿里无关的内容后再试。",
            err=True,
        )
        sys.exit(InputError.exit_code)
    except Exception as error:  # the last line of defence: one sentence, no traceback
        _print_bug(error)
        sys.exit(BUG_EXIT)
    sys.exit(0)


def _print_bug(error: Exception) -> None:
    """A report without any data: the kind of error and where it happened."""
    import tempfile
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"transfer-opt {__version__}", type(error).__name__]
    lines += [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    with tempfile.NamedTemporaryFile(
        "w", prefix="transfer-opt-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write("\n".join(lines) + "\n")
    click.echo(
        f"程序出错（不是您的数据问题），没有写出结果；错误报告（不含数据）在 {file.name}。",
        err=True,
    )
