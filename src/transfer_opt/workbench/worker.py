"""The process beside the server that holds one session: it computes and writes the page, the server only hands it on.

A worker that hangs can be ended and another one started where it stood: with every reply it tells the state of the
session, from which the next one goes on.
"""

from __future__ import annotations

import os
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from transfer_opt.workbench.messages import Reply


class Worker:
    """The server's end. One question at a time; whoever asks from several threads holds a lock."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,))
        self._process.start()
        theirs.close()

    def ask(self, name: str, *values: Any) -> Reply:
        """Raises EOFError or OSError where the worker has ended."""
        self.put(name, *values)
        return self.reply()

    def put(self, name: str, *values: Any) -> None:
        """A question whose reply is waited for later."""
        self._pipe.send((name, values))

    def reply(self) -> Reply:
        """To what was put; raises EOFError or OSError where the worker has ended."""
        reply: Reply = self._pipe.recv()
        return reply

    def end(self) -> None:
        """Whatever it is doing."""
        self._process.terminate()
        self._process.join()
        self._pipe.close()


def _serve(pipe: Connection) -> None:
    """Answer until the server's end is closed."""
    from transfer_opt.workbench.answering import Answering
    from transfer_opt.workbench.templates import environment, load

    Thread(target=load, args=(environment(),), daemon=True).start()  # while a workbook is read
    answering = Answering()
    while True:
        try:
            name, values = pipe.recv()
            pipe.send(answering.reply(name, values))
        except (EOFError, OSError, KeyboardInterrupt):
            os._exit(0)  # nothing is to be kept, and a proof may still be under way in the solver
