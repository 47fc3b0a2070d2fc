"""Bytes → the table of a model file; what is no TOML is told in Chinese, with the line and the key it happened at."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.policy.model_file.files import SHOWING
from transfer_opt.policy.model_file.positions import Statement, positions
from transfer_opt.policy.model_file.source import Source, one_line, place

_LARGEST = 4_000_000
"""Bytes; no model file comes near it, and a wrong path may lead to anything."""
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")
_LIKE_SHIPPED = f"照附带的模型（用 {SHOWING} 写出）里同样的段改正。"
_REASONS = {
    "Invalid statement": "这一行不是「名称 = 取值」，也不是方括号里的表名",
    "Expected newline": "这一行写完以后还有多余的字",
    "Expected '='": "名称后面没有等号",
    "Invalid initial character for a key": "名称写法不对，中文名称要加引号",
    "Cannot declare": "同一个表写了两次",
    "Cannot overwrite": "同一个名称写了两次",
    "Duplicate inline table key": "花括号里同一个名称写了两次",
    "Cannot redefine": "这个表前面已经写完，不能在这里再写",
    "Cannot mutate": "这个表前面已经写完，不能在这里补写",
    "Unclosed array": "方括号没有关上，或两项之间少了逗号",
    "Unclosed inline table": "花括号没有关上，或两项之间少了逗号",
    "Expected ']": "表名的方括号没有关上",
    "Unterminated string": "引号没有关上",
    'Expected "': "引号没有关上",
    "Illegal character": "引号没有关上，或引号里有不能用的字符",
    "Found invalid character": "有不能用的字符",
    "Invalid value": "等号后面的取值写法不对，文字要加引号",
    "Invalid date": "没有这个日期",
    "Unescaped": "反斜杠的写法不对",
    "Invalid hex": "反斜杠的写法不对",
    "Escaped character": "反斜杠的写法不对",
    "Exceeds the limit": "整数有几千位",
}
"""How the reasons of `tomllib` begin → what they mean to someone who edits the file."""


def read(path: Path) -> Source:
    """The file; raises InputError where it cannot be read or is no TOML."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise _wrong(f"模型文件 {path} 打不开", "检查 --model 后面的路径。") from error
    if len(content) > _LARGEST:
        raise _wrong(f"模型文件 {path} 太大，不是模型文件", "检查 --model 后面的路径。")
    text = _decoded(path, content)
    try:
        table = tomllib.loads(text)
    except RecursionError as error:
        raise _wrong(f"模型文件 {path} 里括号套得太多", _LIKE_SHIPPED) from error
    except (
        ValueError
    ) as error:  # besides what tomllib finds, Python refuses whole numbers of thousands of digits
        raise _wrong(
            f"模型文件 {path} 不是有效的 TOML，{_syntax(text, str(error))}", _LIKE_SHIPPED
        ) from error
    return Source(text, table, hashlib.sha256(content).hexdigest())


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _wrong(
            f"模型文件 {path} 不是 UTF-8 编码的文本，第 {line} 行有别的编码的字",
            "用编辑器另存为 UTF-8 编码。",
        ) from error


def _syntax(text: str, error: str) -> str:
    """What tomllib refuses: line and key of the statement it is in, the reason, and how far it was read."""
    spots = positions(text)
    found = _PLACE.search(error)
    if found and found[1]:
        offset = (
            sum(len(line) + 1 for line in text.split("\n")[: int(found[1]) - 1]) + int(found[2]) - 1
        )
        reached = f"（读到第 {found[1]} 行第 {found[2]} 列）"
    else:
        offset, reached = len(text), "（读到文件末尾）" if found else ""
    reason = next((told for start, told in _REASONS.items() if error.startswith(start)), "写法不对")
    statement = spots.statement(offset)
    if statement is None or (statement.end is not None and "\n" in text[statement.end : offset]):
        line, where = text.count("\n", 0, offset) + 1, ""  # between two statements
    else:
        line, where = text.count("\n", 0, statement.begin) + 1, _named(statement)
    return f"第 {line} 行{where}：{reason}{reached}"


def _named(statement: Statement) -> str:
    """The table and, where it could be read, the key of a statement."""
    table = place({}, statement.table)
    if statement.path is None:
        return f"（{table} 之后）" if table else ""
    key = ".".join(str(each) for each in statement.path[len(statement.table) :])
    if not table:
        return f"「{key}」"
    return f" {table}" + (f"{' ' if table[-1].isascii() else ''}里的「{key}」" if key else "")


def _wrong(message: str, remedy: str) -> InputError:
    return InputError([Problem("E150", one_line(message) + "。", remedy)])
