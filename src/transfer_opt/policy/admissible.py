"""Which values a parameter takes: the same for the model file, 「约束参数」, 「方案」 and the command line."""

from __future__ import annotations

from decimal import Decimal

from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_number
from transfer_opt.policy.case import YUAN
from transfer_opt.policy.model import ParameterSpec
from transfer_opt.policy.objectives import OBJECTIVES

LEAST_YUAN = Decimal("0.01")
"""Money has no smaller part."""
Refusal = tuple[str, str]
"""What is wrong with a value, and the remedy."""


def parse_unit(text: str) -> tuple[float, str] | None:
    """「1万元」 → (1.0, 万元); None when it is no unit: nothing is less than 0.01元."""
    for name in ("万元", "亿元", "元"):
        if text.endswith(name):
            number = to_number(text.removesuffix(name)) if text != name else 1.0
            return (
                (number, name)
                if number is not None and Decimal(repr(number)) * YUAN[name] >= LEAST_YUAN
                else None
            )
    return None


def parse_objectives(text: str) -> tuple[str, ...]:
    """「三保缺口最小>贴近因素法」 → its parts."""
    return tuple(
        part for part in normalise(text).replace("》", ">").replace("→", ">").split(">") if part
    )


def wrong_number(spec: ParameterSpec, number: float | None) -> Refusal | None:
    """Why a number, or what is none (None), cannot be the parameter's value."""
    if number is None:
        return "不是数字。", "填数字，比例可写 0.15 或 15%。"
    if not spec.minimum <= number <= spec.maximum:
        return f"超出允许范围 {spec.minimum:g} 至 {spec.maximum:g}。", "改到范围之内。"
    return None


def wrong_text(spec: ParameterSpec, text: str) -> Refusal | None:
    """Why words cannot be the parameter's value."""
    if spec.kind == "choice" and text not in spec.choices:
        return f"{spec.name}不认识这个取值。", did_you_mean(text, spec.choices)
    if spec.kind == "unit" and parse_unit(text) is None:
        return "不是公布单位。", "写成 1万元、1元、0.01万元 这样。"
    if spec.kind == "group" and text != "薄弱比例" and not all(text.partition("=")):
        return "不是组别。", "写「薄弱比例」，或「列=值、值」，如 功能区类型=国家重点生态功能区。"
    if spec.kind == "objectives":
        unknown = [name for name in parse_objectives(text) if name not in OBJECTIVES]
        if unknown:
            return f"目标「{unknown[0]}」不认识。", did_you_mean(unknown[0], OBJECTIVES)
    return None
