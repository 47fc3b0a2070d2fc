"""The units of a model file: every code and every name stands once, and a former one leads to one that is there, at once or through others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise
from transfer_opt.policy.model_file.source import Finding, Source, members

_SIX_DIGITS = re.compile(r"[0-9]{6}")


def place_findings(source: Source) -> Iterator[Finding]:
    """What is wrong in [divisions] and [former]; without a table of units, former names may lead anywhere."""
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for prefecture, _ in members(source.table, "divisions"):
        for code, name in members(source.table, "divisions", prefecture):
            at = ("divisions", prefecture, code)
            if not _SIX_DIGITS.fullmatch(code):
                yield source.finding(
                    at, f"写的行政区划代码「{code}」不是六位数字", "写六位数字，加引号。"
                )
            for text, seen in ((code, codes), (normalise(str(name)), names)):
                if text in seen:
                    yield source.finding(
                        at,
                        f"写了「{text}」，前面「{seen[text]}」里已经有一个",
                        "一个县区只写一行；两个县区真的同名，就在名称前面写上市州。",
                    )
                seen.setdefault(text, prefecture)
    former = {old: str(new) for old, new in members(source.table, "former")}
    for old, new in former.items():
        known = codes if new.isdigit() else names
        if known and not {new, normalise(new)} & {*known, *(former.keys() - {old})}:
            yield source.of_key(
                ("former", old),
                f"写的是「{new}」，[divisions] 里没有",
                did_you_mean(new, known),
            )
