"""The process beside the server that holds one session: it computes and writes the page, the server only hands it on.

A worker that hangs can be ended and another one started where it stood: with every reply it tells the state of the
session, from which the next one goes on.
"""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.connection import Connection
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
        self._pipe.send((name, values))
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

    answering = Answering()
    while True:
        try:
            name, values = pipe.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        pipe.send(answering.reply(name, values))
