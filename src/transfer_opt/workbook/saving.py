"""Writing a file so that it is either wholly there or not there at all; knows no file format."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from transfer_opt.errors import OutputError

REMEDIES = {
    errno.ENOENT: "文件夹不存在，请先建立该文件夹，或改用其他输出位置",
    errno.ENOTDIR: "路径中有一段不是文件夹，请改用其他输出位置",
    errno.EISDIR: "这是一个文件夹，请给出文件名",
    errno.EACCES: "没有写入权限，或文件正被 Excel、WPS 等程序打开，请关闭该文件或改用其他输出位置",
    errno.EPERM: "没有写入权限，或文件正被 Excel、WPS 等程序打开，请关闭该文件或改用其他输出位置",
    errno.EROFS: "所在磁盘是只读的，请改用其他输出位置",
    errno.ENOSPC: "磁盘空间不足，请清理磁盘或改用其他输出位置",
    errno.EDQUOT: "磁盘配额已用完，请清理磁盘或改用其他输出位置",
    errno.ENAMETOOLONG: "文件名过长，请换一个较短的文件名",
}


def save_atomically(path: Path, produce: Callable[[Path], None]) -> None:
    """Let `produce` write a temporary file in the folder of `path`, then put it in place in one step.

    Any OSError becomes an OutputError; whatever happens, the temporary file does not stay behind.
    """
    # A short random name: the final one may be as long as the file system allows.
    temporary = path.with_name(f".{secrets.token_hex(8)}{path.suffix[:8]}")
    try:
        _refuse_what_cannot_be_replaced(path)
        # Opened here, not by tempfile: the result must get the usual permissions, not 0600.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        try:
            produce(temporary)
            _flush_to_disk(temporary)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(_sentence(path, error)) from error


def _refuse_what_cannot_be_replaced(path: Path) -> None:
    """A folder, or a file marked read-only (which replacing would quietly get around)."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _flush_to_disk(path: Path) -> None:
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())


def _sentence(path: Path, error: OSError) -> str:
    remedy = REMEDIES.get(error.errno or 0, f"系统报告“{error.strerror or error}”，请检查磁盘或改用其他输出位置")
    return f"无法写入文件「{path}」：{remedy}。"


def refused(path: Path, error: OSError) -> OutputError:
    """The error that says why a file could not be written, and what to do about it."""
    return OutputError(_sentence(path, error))
