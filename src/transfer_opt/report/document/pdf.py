"""The attachment as PDF: the blocks handed as data to a template that sets them like the Word file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transfer_opt.core.errors import OutputError
from transfer_opt.report.document.blocks import Block, Grid, PageBreak

TEMPLATE = Path(__file__).with_name("attachment.typ")


def write_pdf(blocks: Iterable[Block], title: str, path: Path) -> None:
    """Write the blocks as PDF; no date inside, so the same allocation gives the same bytes.

    Without the tags of every table cell, which make the file ten times as large and country-wide attachments slow.
    Raises OutputError where the library that sets it is not installed.
    """
    try:
        import typst
    except ImportError as error:
        raise OutputError(
            "没有安装 typst，写不了 PDF。处理办法：安装 transfer-opt 的 pdf 附加组件（typst），"
            "或用 --format docx，再在 Word、WPS 里另存为 PDF。"
        ) from error

    data = {"title": title, "blocks": [_plain(block) for block in blocks]}
    content = typst.compile(
        str(TEMPLATE),
        format="pdf",
        pdf_tags=False,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    path.write_bytes(content)


def _plain(block: Block) -> dict[str, Any]:
    kind = (
        "break"
        if isinstance(block, PageBreak)
        else "grid"
        if isinstance(block, Grid)
        else "paragraph"
    )
    return {"type": kind, **asdict(block)}
