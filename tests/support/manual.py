"""Follows a document of the manual: its commands, its tables, its fragments, its answers."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import openpyxl
import pytest

from transfer_opt.cli.main import main
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.workbook.input.columns import SHEETS
from transfer_opt.workbook.input.handover import MAPPING_SHEETS

ROOT = Path(__file__).parents[2]

COPIED = re.compile(r"把 `([^`]+)` 另存为 `([^`]+)`")
MADE = re.compile(r"新建 `([^`]+)`(?:.*?上方写“(\d{4}年[^”]+)”)?")
SHEET = re.compile("「(" + "|".join((*SHEETS, *MAPPING_SHEETS)) + ")」")
KEYS: Mapping[str, tuple[str, ...]] = {
    "约束参数": ("规则", "资金", "参数", "对象"),
    "方案": ("规则", "资金", "参数", "对象"),
    "资金总额": ("资金",),
    "县区数据": ("县区名称",),
    "年度展望": ("项目", "资金", "对象"),
    "列对照": ("对方列名",),
    "资金对照": ("资金",),
    "导出设置": ("项目",),
}
"""What names a row of a sheet that is already there."""
SERVED = "open"
"""The command that goes on until somebody ends it."""
CLEARED, REST, EXIT, EVERYONE = "（清空）", "…", "# 退出码 ", "（每个县）"
WAYS = (WHOLE, END, LINES) = ("新建", "末尾加", "改成")
"""How a fragment of a model file is put into it."""


@dataclass
class Command:
    """A command of the document, the answer printed under it, and what really came."""

    text: str
    answer: list[str] = field(default_factory=list)
    exit_code: int = 0
    real_code: int | None = None
    real_answer: str = ""


@dataclass(frozen=True)
class Start:
    """「把 A 另存为 B」, or 「新建 B」 where `source` is empty."""

    source: str
    target: str
    title: str = ""
    """What stands above the first sheet of a new workbook."""


@dataclass(frozen=True)
class Filling:
    """A table of the guide that the reader types into a sheet."""

    sheet: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Fragment:
    """A piece of a model file: the whole of it, its end, or lines that replace or join those of their tables."""

    file: str
    how: str
    text: str


def steps(text: str) -> Iterator[Command | Start | Filling | Fragment]:
    """What a reader does who follows the guide from top to bottom."""
    lines = iter(text.splitlines())
    caption, editing = "", False
    for line in lines:
        if line.startswith("```"):
            block = list(iter(lambda: next(lines), "```"))
            if line == "```console":
                yield from commands(block)
                editing = False
            elif line == "```toml":
                yield Fragment(
                    re.findall(r"`([^`]+\.toml)`", caption)[-1],
                    next(filter(caption.__contains__, WAYS)),
                    "\n".join(block),
                )
        elif line.startswith("|") and editing and SHEET.search(caption):
            table = [line, *table_rest(lines)]
            fence = table.pop() if table[-1].startswith("```") else ""
            headers, _, *rows = [
                [cell.strip() for cell in row.strip("|").split("|")] for row in table
            ]
            yield Filling(SHEET.findall(caption)[-1], headers, rows)
            caption = ""
            if fence:
                yield from commands(list(iter(lambda: next(lines), "```")))
                editing = False
        elif line:
            caption = line
            for start in (
                *(Start(*found) for found in COPIED.findall(line)),
                *(Start("", *found) for found in MADE.findall(line)),
            ):
                yield start
                editing = True


def table_rest(lines: Iterator[str]) -> Iterator[str]:
    """The further rows of a table, and the fence that ends it where one does."""
    for line in lines:
        if not line:
            return
        yield line
        if line.startswith("```"):
            return


def commands(block: Sequence[str]) -> Iterator[Command]:
    """The commands of a console block; other lines are the answer to the one above."""
    current: Command | None = None
    for line in block:
        if line.startswith("transfer-opt"):
            if current:
                yield current
            current = Command(line)
        elif current and line.startswith(EXIT):
            current.exit_code = int(line.removeprefix(EXIT))
        elif current:
            current.answer.append(line)
    if current:
        yield current


def run(command: Command) -> None:
    """Run it as the shell would, in the current folder; the page is opened, looked at and closed."""
    words = shlex.split(command.text)[1:]
    if words[0] == SERVED and "--help" not in words:
        command.real_code, command.real_answer = _served(words)
        return
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ending:
        main(words)
    command.real_code, command.real_answer = (
        int(ending.value.code or 0),
        out.getvalue() + err.getvalue(),
    )


def _served(words: Sequence[str]) -> tuple[int, str]:
    """Open a page in a process of its own, go to the address that it tells, and press 关闭 there."""
    arguments = [*words, "--no-browser", "--keep", "测算台的记录"]
    with subprocess.Popen(
        [sys.executable, "-X", "utf8", "-m", "transfer_opt", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as process:
        assert process.stdout
        told = [process.stdout.readline(), process.stdout.readline()]
        try:
            address = told[0].split("：", 1)[1].strip()
            browser = build_opener(ProxyHandler({}), HTTPCookieProcessor())
            with browser.open(address, timeout=60) as first:
                where = first.geturl().removesuffix("opening")
            with browser.open(where, timeout=60) as page:
                token = re.findall('"X-Token": "([^"]+)"', page.read().decode())[0]
            stop = Request(urljoin(address, "/stop"), b"", {"X-Token": token})
            browser.open(stop, timeout=60).close()
            told.append(process.stdout.read())
            process.wait(60)
        finally:
            process.kill()
    return process.returncode, "".join(told)


def fill(path: str, filling: Filling, title: str = "") -> None:
    """Type a table into a sheet: cells of rows that are there, new rows under the last, new columns at the right."""
    exists = os.path.exists(path)
    book = openpyxl.load_workbook(path) if exists else openpyxl.Workbook()
    if not exists:
        book.active.title = filling.sheet
        for line in filter(None, (title, "单位：万元")):
            book.active.append([line])
    sheet = (
        book[filling.sheet]
        if filling.sheet in book.sheetnames
        else book.create_sheet(filling.sheet)
    )
    top = next(
        (r for r in range(1, sheet.max_row + 1) if _found(sheet, r, filling.headers[0])), None
    )
    if top is None:
        sheet.append(list(filling.headers))
        top = sheet.max_row
    columns = {
        _header(sheet.cell(top, c).value): c
        for c in range(1, sheet.max_column + 1)
        if sheet.cell(top, c).value
    }
    for header in filling.headers:
        if header not in columns:
            columns[header] = max(columns.values()) + 1
            sheet.cell(top, columns[header]).value = header
    keys = [key for key in KEYS.get(filling.sheet, ()) if key in columns]
    for texts in filling.rows:
        given = dict(zip(filling.headers, texts, strict=True))
        everyone = EVERYONE in given.values()
        for row in (
            _counties(sheet, columns)
            if everyone
            else [_row(sheet, top, columns, {key: given.get(key, "") for key in keys})]
        ):
            for header, text in given.items():
                if text and text != EVERYONE:
                    sheet.cell(row, columns[header]).value = (
                        None if text == CLEARED else _typed(text)
                    )
    book.save(path)


def put(fragment: Fragment) -> None:
    """Write a fragment into the model file, as its caption says."""
    path = Path(fragment.file)
    before = path.read_text(encoding="utf-8") if fragment.how != WHOLE else ""
    path.write_text(
        with_lines(before, fragment.text)
        if fragment.how == LINES
        else f"{before}\n{fragment.text}\n".removeprefix("\n"),
        encoding="utf-8",
    )


def whole_file(document: str, file: str) -> str:
    """A model file as it stands once every piece of it that the document gives has been pasted one after the other."""
    pieces = [
        step.text
        for step in steps(document)
        if isinstance(step, Fragment) and step.file == file and step.how != LINES
    ]
    return "\n\n".join(pieces) + "\n"


def with_lines(text: str, fragment: str) -> str:
    """A model file in which each table of the fragment has the fragment's lines, in place of those with the same key."""
    lines, header = text.splitlines(), ""
    for line in fragment.splitlines():
        if line.startswith("["):
            header = line
            continue
        top = lines.index(header) + 1
        end = next((i for i in range(top, len(lines)) if lines[i].startswith("[")), len(lines))
        key = line.split("=")[0]
        lines[top:end] = [line, *(other for other in lines[top:end] if not other.startswith(key))]
    return "\n".join(lines) + "\n"


def _counties(sheet: Any, columns: Mapping[str, int]) -> list[int]:
    """The rows of the counties: those with a code."""
    return [
        row
        for row in range(1, sheet.max_row + 1)
        if re.fullmatch(r"\d{6}", str(sheet.cell(row, columns["行政区划代码"]).value))
    ]


def _found(sheet: Any, row: int, text: str) -> bool:
    return any(_header(cell.value) == text for cell in sheet[row])


def _header(value: Any) -> str:
    """A header as it is called: without line breaks, and without the unit in brackets that ends it."""
    return re.sub(r"\s|[(（](?:人|万元|平方公里|个)[)）]$", "", str(value or ""))


def _row(sheet: Any, top: int, columns: Mapping[str, int], key: Mapping[str, str]) -> int:
    row, first = top + 1, columns[next(iter(key))] if key else 1
    while sheet.cell(row, first).value and not str(sheet.cell(row, 1).value).startswith("注"):
        if key and all(
            (sheet.cell(row, columns[name]).value or "") == text for name, text in key.items()
        ):
            return row
        row += 1
    for merged in [merged for merged in sheet.merged_cells.ranges if merged.min_row >= row]:
        sheet.unmerge_cells(str(merged))  # openpyxl leaves them where they were, Excel moves them
    sheet.insert_rows(row)
    return row


def _typed(text: str) -> float | str:
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def follow(document: Path, folder: Path) -> list[Command]:
    """Do what a document says, in a folder."""
    done = []
    before = Path.cwd()
    os.chdir(folder)
    try:
        target, title = "", ""
        for step in steps(document.read_text(encoding="utf-8")):
            if isinstance(step, Start):
                target, title = step.target, step.title
                if step.source:
                    source = (
                        Path(step.source) if Path(step.source).exists() else ROOT / step.source
                    )  # a file of the project
                    Path(target).write_bytes(source.read_bytes())
            elif isinstance(step, Filling):
                fill(target, step, title)
            elif isinstance(step, Fragment):
                put(step)
            else:
                run(step)
                done.append(step)
    finally:
        os.chdir(before)
    return done


def unsaid(done: Sequence[Command]) -> list[tuple[str, str]]:
    """Lines a document prints as answers that did not come."""
    return [
        (command.text, line)
        for command in done
        for line in command.answer
        if not re.search(
            "^" + ".*".join(map(re.escape, line.split(REST))) + "$", command.real_answer, re.M
        )
    ]


def followed(document: Path, folder: Path) -> list[Command]:
    """Do what a document says, in a folder: every command ends as it says, and answers what it says."""
    done = follow(document, folder)
    assert [(c.text, c.real_code) for c in done] == [(c.text, c.exit_code) for c in done]
    assert unsaid(done) == []
    return done


# Model files ----------------------------------------------------------------------------------------------------


def said(path: Path, text: str) -> tuple[Problem, ...]:
    """What is wrong with a model file of that text."""
    path.write_text(text, encoding="utf-8")
    try:
        load_model(path)
    except InputError as error:
        return error.problems
    return ()


# Figures in the running text ------------------------------------------------------------------------------------


def counties(path: Path) -> dict[str, dict[str, Any]]:
    """The rows of single counties in 「分配结果」."""
    return {
        name: row
        for name, row in cells(path, "分配结果").items()
        if re.fullmatch(r"\d{6}", str(row["行政区划代码"]))
    }


def cells(path: Path, sheet: str, key: str = "县区名称") -> dict[str, dict[str, Any]]:
    """A result sheet by the first cell of a row under `key`: header → value; the first row of a name counts."""
    rows = list(openpyxl.load_workbook(path, data_only=True)[sheet].iter_rows(values_only=True))
    top = next(i for i, row in enumerate(rows) if key in row)
    named: dict[str, dict[str, Any]] = {}
    for row in rows[top + 1 :]:
        named.setdefault(str(row[rows[top].index(key)]), dict(zip(rows[top], row, strict=True)))
    return named
