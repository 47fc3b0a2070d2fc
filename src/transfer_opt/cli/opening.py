"""open: the page to click."""

from __future__ import annotations

from pathlib import Path

import click

from transfer_opt.cli.options import Command, file_option, ledger_option, model_option
from transfer_opt.core.errors import OutputError


@click.command("open", cls=Command, options_metavar="[选项]")
@click.argument("budget", required=False, type=click.Path(path_type=Path), metavar="[工作簿]")
@model_option("用哪个模型")
@file_option("--boundaries", help="县界文件（GeoJSON），页面上画增幅示意图。")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="文件夹",
    help="没有保存的改动和上传的工作簿记在哪里（默认：个人文件夹里的 .transfer-opt）。",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="端口", help="默认：随便一个空着的。"
)
@click.option("--no-browser", is_flag=True, help="只打印地址，不打开浏览器。")
@ledger_option
def open_page(
    budget: Path | None,
    model: Path | None,
    boundaries: Path | None,
    keep: Path | None,
    port: int | None,
    no_browser: bool,
    ledger: str | None,
) -> None:
    """打开测算台：在浏览器里拖动资金总额、改规则，各县的数马上跟着变。只在本机运行，不联网。

    \b
    例：transfer-opt open 预算.xlsx
        transfer-opt open
    """
    from transfer_opt.workbench.worker import Worker

    first = Worker()  # it loads what it works with while the server is being loaded
    try:
        try:
            from transfer_opt.workbench.running import run
        except ImportError as error:
            raise OutputError(
                "没有安装测算台要用的组件。处理办法：安装 transfer-opt 的 web 附加组件（transfer-opt[web]）。"
            ) from error
        run(first, budget, model, boundaries, keep, port, not no_browser, ledger, click.echo)
    finally:
        first.end()
