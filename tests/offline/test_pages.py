"""The manual and the README read well outside the project: links lead somewhere, tables are tables, pages hang together."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from bundle.make import manual
from bundle.pages import leads, page, rendered

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "models").rglob("*.md"),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_renders_and_its_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    html = rendered(text)
    words = re.sub(r"<pre>.*?</pre>|<code>.*?</code>", "", html, flags=re.S)
    assert not re.search(r"\|\s*-{3,}\s*\|", words), "a table that was not read as one"
    assert "```" not in words
    assert {target for target in leads(text) if not (document.parent / target).exists()} == set()


def test_pages_of_the_manual_lead_to_each_other_and_to_what_lies_beside_them() -> None:
    files = manual()
    assert {
        "手册/用户手册.html",
        "手册/手册-离线安装.html",
        "手册/pictures/input.png",
    } <= files.keys()
    for name, content in files.items():
        if not name.endswith(".html"):
            continue
        for target, anchor in re.findall(r'(?:href|src)="([^"#]*)(?:#([^"]*))?"', content.decode()):
            other = f"手册/{target}" if target else name
            assert other in files, f"{name} leads to {target}"
            if anchor:
                assert f'id="{unquote(anchor)}"' in files[other].decode(), (
                    f"{name} leads to #{anchor}"
                )


def test_a_link_out_of_the_manual_becomes_words() -> None:
    html = page("# 题\n\n[甲](甲.md#一-二)、[乙](../乙.toml)\n\n## 一 二\n", {"甲.md"})
    assert '<a href="甲.html#一-二">甲</a>、乙' in html
    assert '<h2 id="一-二">' in html
    assert "<title>题</title>" in html
