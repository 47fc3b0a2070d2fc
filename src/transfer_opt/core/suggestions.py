"""How a remedy names the word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_MOST_OPTIONS, _LONGEST_WORD = 200, 100


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like it, where one is."""
    return next(
        iter(
            get_close_matches(
                word[:_LONGEST_WORD], list(islice(known, _MOST_OPTIONS)), n=1, cutoff=0.4
            )
        ),
        None,
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """「是否为…」 for the closest known word, or the list of them, which is cut where it is very long."""
    options = list(islice(known, _MOST_OPTIONS))
    close = closest(word, options)
    return f"是否为「{close}」？" if close else "可用的有：" + "、".join(options) + "。"
