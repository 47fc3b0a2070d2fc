"""The finished scenarios of a sweep on disk, line by line: what a killed run leaves for the next one."""

from __future__ import annotations

import json
import os
import zlib
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from transfer_opt.core.atomic_write import refused
from transfer_opt.core.errors import OutputError

FORMAT = "transfer-opt 扫描 1"


class Journal:
    """`OUT.partial`: a line that names the plan, then a line per scenario, each with its checksum; only appended to.

    A last line that was torn by a kill is dropped, and with it whatever does not carry its checksum. Raises
    OutputError where the file belongs to another input or plan, or cannot be written.
    """

    def __init__(self, path: Path, digest: str) -> None:
        self._path, self._head = path, _sealed(json.dumps([FORMAT, digest], ensure_ascii=False))
        self.done: dict[int, str] = {}
        """Scenario → its line of JSON."""

    def __enter__(self) -> Journal:
        try:
            self._stream: BinaryIO = self._path.open("r+b" if self._path.exists() else "x+b")
            with ExitStack() as unfit:
                unfit.callback(self._stream.close)
                self._begin()
                unfit.pop_all()
        except OSError as error:
            raise refused(self._path, error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(finished=False)

    def add(self, line: str) -> None:
        """Keep a finished scenario."""
        try:
            self._append(_sealed(line))
        except OSError as error:
            raise refused(self._path, error) from error
        self.done[int(json.loads(line)["index"])] = line

    def close(self, finished: bool) -> None:
        """Let go of the file; a finished sweep needs it no more, and one that has nothing leaves nothing."""
        if not self._stream.closed:
            os.fsync(self._stream.fileno())
            self._stream.close()
            if finished or not self.done:
                self._path.unlink()

    def _begin(self) -> None:
        """Take over what is whole; a new file begins with the plan."""
        kept = self._read(self._stream.read())
        self._stream.seek(kept)
        self._stream.truncate()
        if not kept:
            self._append(self._head)

    def _append(self, text: str) -> None:
        self._stream.write(text.encode())
        self._stream.flush()

    def _read(self, content: bytes) -> int:
        """Take over the lines that are whole; how many bytes they take."""
        size = 0
        for line in content.splitlines(keepends=True):
            text = _opened(line)
            if text is None:
                break
            if not size and _sealed(text) != self._head:
                raise OutputError(
                    f"「{self._path}」是另一次扫描（输入、参数或版本不同）留下的，没有动它。"
                    "处理办法：用 -o 另起文件名；不再需要那次扫描，就删去这个文件。"
                )
            if size:
                self.done[int(json.loads(text)["index"])] = text
            size += len(line)
        if content and not size and not self._head.encode().startswith(content):
            raise OutputError(
                f"「{self._path}」不是扫描留下的文件，没有动它。处理办法：用 -o 另起文件名，或移走这个文件。"
            )
        return size


def _sealed(text: str) -> str:
    """The text as a line with its checksum before it."""
    return f"{zlib.crc32(text.encode()):08x} {text}\n"


def _opened(line: bytes) -> str | None:
    """The text of a whole line; None where it is torn or altered."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    return text[9:-1] if text == _sealed(text[9:-1]) else None
