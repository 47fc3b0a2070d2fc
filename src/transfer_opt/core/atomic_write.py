"""Writing files so that each is either wholly there or not there at all; knows no file format."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from transfer_opt.core.errors import OutputError

Produce = Callable[[Path], None]
"""Writes one whole file."""
Commit = Callable[[], None]
"""Called when all is finished, just before a file is put in place."""
TEMPORARY = ".transfer-opt-"
"""How the names of unfinished files begin."""
ABANDONED = 24 * 3600.0
"""Seconds after which an unfinished file belongs to no living run: writing takes seconds."""
LOCKS = ("~${}", ".~{}", ".~lock.{}#")
"""The files Excel, WPS and LibreOffice keep beside a workbook they have open."""
REMEDIES = {
    errno.ENOENT: "文件夹不存在，请先建立该文件夹，或改用其他输出位置",
    errno.ENOTDIR: "路径中有一段不是文件夹，请改用其他输出位置",
    errno.EISDIR: "这是一个文件夹，请给出文件名",
    errno.EACCES: "没有写入权限，或文件正被 Excel、WPS 等程序打开，请关闭该文件或改用其他输出位置",
    errno.EPERM: "没有写入权限，或文件正被 Excel、WPS 等程序打开，请关闭该文件或改用其他输出位置",
    errno.EBUSY: "文件正被 Excel、WPS 等程序打开，请关闭该文件或改用其他输出位置",
    errno.EROFS: "所在磁盘是只读的，请改用其他输出位置",
    errno.ENOSPC: "磁盘空间不足，请清理磁盘或改用其他输出位置",
    errno.EDQUOT: "磁盘配额已用完，请清理磁盘或改用其他输出位置",
    errno.EFBIG: "文件超过磁盘允许的大小，请改用其他输出位置",
    errno.ENAMETOOLONG: "文件名过长，请换一个较短的文件名",
}


def nothing() -> None:
    """No last word before a file is put in place."""


def save_atomically(path: Path, produce: Produce, commit: Commit = nothing) -> None:
    """Let `produce` write a temporary file in the folder of `path`, then put it in place in one step.

    `commit` is called just before that step; what it raises leaves everything as it was. Any OSError becomes an
    OutputError; whatever happens, the temporary file does not stay behind, save where the process is killed: what such
    a run left is cleared away by a run into the same folder a day later.
    """
    save_together((path, produce), commit=commit)


def save_bytes(path: Path, content: bytes, commit: Commit = nothing) -> None:
    """As save_atomically, for a file made beforehand."""
    save_together((path, writing(content)), commit=commit)


def writing(content: bytes) -> Produce:
    """What writes a file made beforehand."""

    def produce(path: Path) -> None:
        path.write_bytes(content)

    return produce


def save_together(*files: tuple[Path, Produce], commit: Commit = nothing) -> None:
    """As save_atomically for several files: none is put in place before all are finished."""
    with ExitStack() as leftovers:
        finished = [(_finished(path, produce, leftovers), path) for path, produce in files]
        commit()
        for temporary, path in finished:
            try:
                os.replace(temporary, path)
            except OSError as error:
                raise OutputError(_sentence(path, error)) from error
        for path in {path.parent for path, _ in files}:
            _clear_abandoned(path)


def same_place(one: Path, other: Path) -> bool:
    """Whether two paths are one file, also through links, and where the difference of capitals may not count."""
    with suppress(OSError):
        if one.samefile(other):
            return True
    return os.path.realpath(one).casefold() == os.path.realpath(other).casefold()


def is_name(path: Path) -> bool:
    """Whether a file can be called so at all."""
    try:
        os.lstat(path)
    except OSError as error:
        return error.errno not in (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)
    except ValueError:  # a NUL
        return False
    return True


def _finished(path: Path, produce: Produce, leftovers: ExitStack) -> Path:
    """The temporary file, written and flushed; removed when `leftovers` ends."""
    # A short random name: the final one may be as long as the file system allows.
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}{path.suffix[:8]}")
    try:
        _refuse_what_cannot_be_replaced(path)
        leftovers.callback(_remove, temporary)
        # Opened here, not by tempfile: the result must get the usual permissions, not 0600.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        produce(temporary)
        _flush_to_disk(temporary)
    except OSError as error:
        raise OutputError(_sentence(path, error)) from error
    return temporary


def _refuse_what_cannot_be_replaced(path: Path) -> None:
    """A folder, a file marked read-only (which replacing would quietly get around), a file open in another program."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not path.exists():
        return
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    lock = next(
        (lock for pattern in LOCKS if (lock := path.with_name(pattern.format(path.name))).exists()),
        None,
    )
    if lock:
        raise OutputError(
            f"无法写入文件「{path}」：它正被 Excel、WPS 等程序打开（旁边有锁文件「{lock.name}」）。"
            "处理办法：关闭该文件后重试；若没有打开，删去这个锁文件。"
        )


def _flush_to_disk(path: Path) -> None:
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())


def _remove(path: Path) -> None:
    with suppress(
        OSError
    ):  # a leftover must not hide what went wrong, nor turn a whole result into a failure
        path.unlink(missing_ok=True)


def _clear_abandoned(folder: Path) -> None:
    with suppress(OSError):
        for leftover in folder.glob(f"{TEMPORARY}*"):
            if time.time() - leftover.stat().st_mtime > ABANDONED:
                leftover.unlink(missing_ok=True)


def _sentence(path: Path, error: OSError) -> str:
    remedy = REMEDIES.get(
        error.errno or 0, f"系统报告“{error.strerror or error}”，请检查磁盘或改用其他输出位置"
    )
    return f"无法写入文件「{path}」：{remedy}。"


def refused(path: Path, error: OSError) -> OutputError:
    """The error that says why a file could not be written, and what to do about it."""
    return OutputError(_sentence(path, error))
