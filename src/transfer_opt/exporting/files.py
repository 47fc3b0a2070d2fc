"""Where an export goes and in which form: one call for every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from transfer_opt.errors import OutputError
from transfer_opt.publication import Publication, read_publication
from transfer_opt.workbook.saving import save_atomically


def export(result: Path, kind: str, target: Path | None = None) -> Path:
    """Write the export of a result workbook, whole or not at all; returns where. Raises InputError, OutputError."""
    publication = read_publication(result)
    path = target or result.with_name(f"{result.stem}_{NAMES[kind]}.{kind}")
    if path.exists() and path.samefile(result):
        raise OutputError(f"输出文件与结果工作簿是同一个：{path}。处理办法：用 -o 另起一个文件名。")
    save_atomically(path, partial(WRITERS[kind], publication))
    return path


def _docx(publication: Publication, path: Path) -> None:
    from transfer_opt.exporting.document import blocks
    from transfer_opt.exporting.word import write_word

    write_word(blocks(publication), f"{publication.title}分配表", path)


def _pdf(publication: Publication, path: Path) -> None:
    from transfer_opt.exporting.document import blocks
    from transfer_opt.exporting.pdf import write_pdf

    write_pdf(blocks(publication), f"{publication.title}分配表", path)


def _csv(publication: Publication, path: Path) -> None:
    from transfer_opt.exporting.plain import as_csv

    path.write_text(as_csv(publication), encoding="utf-8-sig", newline="")


def _json(publication: Publication, path: Path) -> None:
    from transfer_opt.exporting.plain import as_json

    path.write_text(as_json(publication), encoding="utf-8", newline="\n")


WRITERS: Mapping[str, Callable[[Publication, Path], None]] = {"docx": _docx, "pdf": _pdf, "csv": _csv, "json": _json}
NAMES = {"docx": "附件", "pdf": "附件", "csv": "分配表", "json": "分配表"}
"""What is added to the result's file name."""
