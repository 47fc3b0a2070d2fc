"""`transfer-opt open`: a free port of this machine, the server on it, the browser on the server; until somebody stops it."""

from __future__ import annotations

import os
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn

from transfer_opt.core.errors import InputError, OutputError, Problem
from transfer_opt.workbench.autosave import Autosave
from transfer_opt.workbench.server import Bench, application
from transfer_opt.workbench.worker import Worker

LOOPBACK = "127.0.0.1"
FOLDER = ".transfer-opt"


def run(
    spare: Worker,
    budget: Path | None,
    model: Path | None,
    boundaries: Path | None,
    keep: Path | None,
    port: int | None,
    browser: bool,
    ledger: str | None,
    tell: Callable[[str], None],
) -> None:
    """Serve until told to stop; `spare` is a worker that does nothing yet.

    Raises InputError where the workbook is not there, OutputError where the port is taken.
    """
    if budget is not None and not budget.is_file():
        raise InputError([Problem("E492", f"找不到文件「{budget}」。", "检查文件名和文件夹。")])
    listening = _listening(port or 0)
    number = listening.getsockname()[1]
    autosave = Autosave((keep or Path.home() / FOLDER).absolute())
    bench = Bench(spare, autosave, ledger, str(model.absolute()) if model else None)
    try:
        key = ""
        if budget is not None:
            key = bench.begin(budget.absolute(), budget.name, None, boundaries)
        address = f"http://{LOOPBACK}:{number}/enter?key={bench.secret}" + (
            f"&to={key}" if key else ""
        )
        tell(f"测算台：{address}\n用完按页面上的「关闭」，或在这里按 Ctrl-C。")
        if browser:
            threading.Timer(0.2, webbrowser.open, (address,)).start()
        _serve(bench, number, listening)
    finally:
        bench.end()
    tell("测算台已关闭。")


def _serve(bench: Bench, port: int, listening: socket.socket) -> None:
    config = uvicorn.Config(
        application(bench, port),
        log_level="error",
        access_log=False,
        lifespan="off",
        server_header=False,
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    bench.stop = stop
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


def _listening(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if (
        os.name == "posix"
    ):  # a port just let go of is free again; elsewhere the option means another thing
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((LOOPBACK, port))
        found.listen()  # a browser that is quicker than the server waits
    except OSError as error:
        found.close()
        raise OutputError(
            f"端口 {port} 已经有程序在用。处理办法：换一个 --port，或去掉它，由程序找一个空着的。"
        ) from error
    return found
