"""What a reader may not know, explained where it stands: on hover, by words that the texts themselves keep."""

from __future__ import annotations

import re
from collections.abc import Mapping

GLOSSARY: Mapping[str, str] = {
    "基尼系数": "0 到 1 之间，衡量各县保障水平的差距：0 是完全一样，越大差距越大。",
    "泰尔指数": "衡量各县保障水平的差距，可以拆成“市州之间”和“市州内部”两部分：0 是完全一样，越大差距越大。",
    "变异系数": "各县保障水平的标准差除以平均数：0 是完全一样，越大差距越大。",
    "单调性": "总额增加而规则不变时，每个县都不应变少；有县变少就要看是哪条规则造成的。",
    "最低保障水平": "保障水平＝（可用财力＋可统筹的转移支付）÷标准财政支出；这里取全省最低的县。",
    "三保缺口": "保基本民生、保工资、保运转需求减去可用财力和可统筹的转移支付；0 是足额保障。可用财力不是填报数的，写在均衡性指标下面。",
    "软规则": "钱不够时可以按先后突破的规则，突破多少逐条列出；硬规则任何时候都不突破。",
}
_WORDS = re.compile("|".join(sorted(map(re.escape, GLOSSARY), key=len, reverse=True)))


def explained(text: str) -> list[tuple[str, str]]:
    """The text in pieces, each with its explanation where it is the first use of such a word."""
    pieces, end, told = [], 0, set[str]()
    for found in _WORDS.finditer(text):
        pieces += [(text[end : found.start()], ""), (found[0], _first(found[0], told))]
        end = found.end()
    return [piece for piece in (*pieces, (text[end:], "")) if piece[0]]


def _first(word: str, told: set[str]) -> str:
    why = "" if word in told else GLOSSARY[word]
    told.add(word)
    return why
