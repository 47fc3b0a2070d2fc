"""The independent checker of the impossible: a Farkas proof in exact fractions, by itself. Shares no code with the solver.

A proof holds a few rows over named lines, a weight y for each, and the bounds of those lines. What the weighted rows ask
for together is more than the lines can be within their bounds, so no amounts meet them.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from transfer_opt.checker.optimality import CertificateError, sealed


def check_impossible(proof: Mapping[str, Any]) -> Fraction:
    """The money short, Σ y·b − Σ max over the bounds of (Aᵀy)·x > 0; or CertificateError.

    With |y| ≤ 1 the rows must give no less than this in all before anything is possible.
    """
    try:
        _require(
            proof["seal"]
            == sealed({key: value for key, value in proof.items() if key != "seal"})["seal"],
            "封签与内容不符，证书被改动过",
        )
        short, prices = Fraction(0), dict[str, Fraction]()
        for row in proof["rows"]:
            dual = Fraction(row["dual"])
            _require(0 < abs(dual) <= 1, "对偶值应在 0 和 1 之间")
            short += dual * Fraction(row["lower" if dual > 0 else "upper"])
            for name, a in row["entries"].items():
                prices[name] = prices.get(name, Fraction(0)) + dual * Fraction(a)
        for name, price in prices.items():
            short -= (
                price * Fraction(proof["bounds"][name]["upper" if price > 0 else "lower"])
                if price
                else 0
            )
        _require(0 < short == Fraction(proof["short"]), "没有证明矛盾")
    except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError) as error:
        raise CertificateError(f"证书内容不完整或格式不对（{type(error).__name__}）。") from error
    return short


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CertificateError(otherwise + "。")
