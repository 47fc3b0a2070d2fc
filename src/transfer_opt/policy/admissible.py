"""Which values a parameter takes: the same for the model file, 「约束参数」, 「方案」 and the command line."""

from __future__ import annotations

from decimal import Decimal

from transfer_opt.core.budget import LARGEST
from transfer_opt.core.exact import exact
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_number
from transfer_opt.policy.case import YUAN
from transfer_opt.policy.model import ParameterSpec
from transfer_opt.policy.objectives import OBJECTIVES

LEAST_YUAN = Decimal("0.01")
"""Money has no smaller part."""
SIGNS = "+-−"
LIKELY_SHARE = 100
"""A number below 1 and below the present amount by so many times is likely a share."""
LIKELY_PERCENT = 3
"""A share typed as a bare number from here on is likely meant in per cent."""
Refusal = tuple[str, str]
"""What is wrong with a value, and the remedy."""
TOO_LARGE: Refusal = "大得不可能。", "核对数字和单位。"


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
    share = spec.kind == "share"
    if spec.kind == "money" and number < spec.minimum == 0:
        return "不能是负数。", "改正，没有的填 0。"
    if spec.kind == "money" and number > LARGEST:
        return TOO_LARGE
    if not spec.minimum <= number <= spec.maximum:
        low, high = (
            f"{end * 100:g}%" if share else f"{end:g}" for end in (spec.minimum, spec.maximum)
        )
        meant = (
            f"；要 {number:g}%，写 {number:g}% 或 {number / 100:g}" if share and number > 1 else ""
        )
        return f"超出允许范围 {low} 至 {high}。", f"改到范围之内{meant}。"
    return None


def wrong_share(spec: ParameterSpec, typed: object, number: float) -> Refusal | None:
    """Why a share typed as a bare number is more likely a percentage: 15 for 15%."""
    if spec.kind != "share" or number < LIKELY_PERCENT or str(typed).rstrip().endswith("%"):
        return None
    return (
        f"是 {number * 100:,.10g}%，多半是把 {number:g}% 写成了 {number:g}。",
        f"要 {number:g}%，写 {number:g}% 或 {number / 100:g}；确实要 {number * 100:,.10g}%，"
        f"用文本写「{number * 100:.10g}%」。",
    )


def changed_amount(typed: str | float, now: float) -> float | Refusal:
    """What 本年总额 becomes, in the workbook's unit: an amount, or a change on the present one written with its sign.

        +2%  →  now * (1 + 2%)        -20000  →  now - 20000        450000  →  450000

    A share without a sign has two readings, and a spreadsheet takes the plus of a typed +2% away: both are told.
    """
    text = normalise(typed) if isinstance(typed, str) else repr(float(typed))
    number = to_number(text)
    if number is None:
        return "不是数字。", "填总额，或带正负号的变动，如 +2%、-3%、+20000。"
    signed, amount = text[0] in SIGNS, exact(number)
    share = text.endswith("%") or not isinstance(typed, str) and signed and abs(number) < 1
    if not signed and (share or 0 < number < min(1.0, now / LIKELY_SHARE)):
        shown = f"{number * 100:.10g}%"
        more, rest = (float(exact(now) * part) for part in (1 + amount, amount))
        return (
            f"看不出是比现在（{now:,.10g}）增加 {shown} 成为 {more:,.10g}，还是总额就是 {rest if share else number:,.10g}。",
            f"增加就写「+{shown}」（先把单元格设成文本格式，否则 Excel 会去掉加号），否则写出总额。",
        )
    found = exact(now) * (1 + amount) if share else exact(now) + amount if signed else amount
    if found < 0:
        return "减少的比现在的总额还多。", f"现在是 {now:,.10g}，改小减少的数。"
    if found > LARGEST:
        return TOO_LARGE
    return float(found)


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
