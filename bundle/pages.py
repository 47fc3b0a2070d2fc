"""The manual as pages that a browser shows without the project: Markdown to HTML, links and pictures kept where they lead."""

from __future__ import annotations

import re
from collections.abc import Set
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt

STYLE = """body{max-width:60em;margin:2em auto;padding:0 1em;line-height:1.7;
font-family:"Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",sans-serif}
table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2em .6em;vertical-align:top}
pre,code{background:#f3f3f3}pre{padding:.6em;overflow-x:auto}img{max-width:100%}"""
HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>")
LINK = re.compile(r'<a href="([^"#:]+)(#[^"]*)?">(.*?)</a>', re.S)
PICTURE = re.compile(r'<img src="([^"]+)"')


def rendered(text: str) -> str:
    """Markdown, the common form with tables, as HTML; headings get the anchors that links to them use."""
    body = str(MarkdownIt("commonmark").enable("table").render(text))
    return HEADING.sub(
        lambda found: f'<h{found[1]} id="{_anchor(found[2])}">{found[2]}</h{found[1]}>', body
    )


def page(text: str, beside: Set[str]) -> str:
    """A document as a page. `beside`: names of the documents that become pages in the same folder; other links become words."""
    body = LINK.sub(lambda found: _led(found, beside), rendered(text))
    title = text.splitlines()[0].lstrip("# ")
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>\n'
        f"<style>{STYLE}</style></head><body>\n{body}</body></html>\n"
    )


def leads(text: str) -> set[str]:
    """Where the links and pictures of a document lead, those within it apart."""
    html = rendered(text)
    return {unquote(found) for found in [each[0] for each in LINK.findall(html)] + pictures(text)}


def pictures(text: str) -> list[str]:
    """The pictures of a document."""
    return [unquote(found) for found in PICTURE.findall(rendered(text))]


def _led(found: re.Match[str], beside: Set[str]) -> str:
    name, anchor, words = Path(unquote(found[1])).name, unquote(found[2] or ""), found[3]
    if name not in beside:
        return words
    return f'<a href="{Path(name).with_suffix(".html")}{anchor}">{words}</a>'


def _anchor(heading: str) -> str:
    """As code hosts make it: small letters, blanks as hyphens, no punctuation."""
    words = re.sub(r"<[^>]*>", "", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
