"""The catalogues and the model file → models/EQUATIONS.md: what every factor, rule and objective computes.

Sentences and equations are the docstrings' own; only headings, symbols and tables are added.
Written by `python -m transfer_opt.policy.equations`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isinf
from pathlib import Path
from typing import Any

from transfer_opt.core.vocabulary import DEFAULT_MODEL, OUTLOOK, WEIGHTS
from transfer_opt.policy.constraints import CONSTRAINTS, Constraint
from transfer_opt.policy.factors import FACTORS, Factor, assessed, combined, settled
from transfer_opt.policy.model import FactorSpec, FundSpec, ModelSpec, ParameterSpec, RuleSpec
from transfer_opt.policy.model_file.files import shipped
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.policy.model_file.words import SETTINGS_ONLY
from transfer_opt.policy.objectives import OBJECTIVES, Objective
from transfer_opt.policy.shared_costs import livelihood_need

SCOPES = {
    "line": "单笔 line",
    "fund": "资金 fund",
    "recipient": "县区 recipient",
    "prefecture": "市州 prefecture",
    "model": "全省 model",
}
SYMBOLS = (
    (
        "f, i, p",
        "资金、县区、市州",
        "fund, recipient, prefecture; a line is an eligible pair (f, i)",
    ),
    ("x[f, i]", "分配额", "amount, the decision variable, ≥ 0, money"),
    ("pool[f]", "可分配总额", "本年总额 less 州本级及其他 and 预留, money"),
    (
        "last_year[f, i]",
        "上年分配",
        "last year's amount less 其中一次性; 0: eligible and got nothing, money",
    ),
    ("G[f]", "总额增幅", "pool[f] / Σ last_year over all units - 1"),
    ("e[f, i]", "因素法测算额", "reference amount, money"),
    ("N, R", "标准财政支出、标准财政收入", "standard expenditure and revenue, money"),
    (
        "own[i]",
        "可用财力",
        "disposable revenue before the listed funds; may be negative; with what counties pay each other for the water "
        "(横向补偿), save in factors and in the groups H, money",
    ),
    ("need[i]", "三保需求", "保障倍数 · (保基本民生需求 + 保工资需求 + 保运转需求), money"),
    ("usable[f]", "可统筹比例", "share of a fund the recipient may put to 三保"),
    ("capacity[i]", "分配后财力", "own[i] + Σ_f usable[f] · x[f, i], money"),
    ("coverage[i]", "财力保障水平", "capacity[i] / N[i]"),
)
FORMULA = (("加权合成", combined), ("取到最小步长", settled), ("考核奖惩后", assessed))
"""How factors become reference amounts."""
WORDS = {
    "column": "列名",
    "group": "薄弱比例，或 列=值、值",
    "unit": "如 1万元、1元",
    "objectives": "目标名，用 > 连接",
}
"""What a parameter given in words may be, by kind."""
SHORTFALL_TEXT = (
    "It has no function of its own: it is the stage of the soft rule 「三保兜底」 (`basic_need`).\n\n"
    "    min  Σ_i s[i],  then lexicographic min–max of s[i] / need[i]\n"
    "    own[i] + Σ_f usable[f] * x[f, i] + s[i]  >=  need[i],   s >= 0\n\n"
    "Units: money, then ratio."
)


def equations(spec: ModelSpec) -> str:
    """The whole document for a model."""
    blocks = [
        f"# 公式汇编 Equations\n\n{spec.title} {spec.version}",
        "由 `python -m transfer_opt.policy.equations` 从程序注释和模型文件生成，不要手改。"
        f"条款释义见 {DEFAULT_MODEL}/policy.md。\n"
        "Generated from the docstrings of the catalogues and the model file; do not edit by hand.",
        "## 符号 Symbols\n\n"
        + _table(("符号", "名称", "meaning"), [(f"`{s}`", *words) for s, *words in SYMBOLS]),
        "## 因素 Factors",
        *(_factor(entry, spec) for entry in FACTORS.values()),
        "## 测算额 Reference amounts",
        *(_entry(title, each) for title, each in FORMULA),
        "## 规则 Rules",
        *(_rule(entry, spec.rules[name], spec) for name, entry in CONSTRAINTS.items()),
        "## 只有参数的规则 Settings",
        *(
            _setting(spec.rules[name], spec)
            for name in (*SETTINGS_ONLY, WEIGHTS, OUTLOOK)
            if name in spec.rules
        ),
        "## 共担测算 Shared services",
        _entry("保基本民生需求", livelihood_need),
        "## 目标 Objectives",
        f"默认次序 Default order: {'>'.join(spec.objective)}",
        *(_objective(entry) for entry in OBJECTIVES.values()),
    ]
    return "\n\n".join(blocks) + "\n"


def shown_default(parameter: ParameterSpec, spec: ModelSpec) -> str:
    """A parameter's default in words: one value, or a value by fund under the funds' short names."""
    if parameter.kind == "objectives":
        return ">".join(spec.objective)
    if isinstance(parameter.default, Mapping):
        return _pairs((_short(spec, fund), value) for fund, value in parameter.default.items())
    return "—" if parameter.default is None else _shown(parameter.default)


def shown_range(parameter: ParameterSpec) -> str:
    """What a parameter may be: bounds, choices, or the kind of word expected."""
    if parameter.kind == "choice":
        return " / ".join(parameter.choices)
    if parameter.kind in WORDS:
        return WORDS[parameter.kind]
    return (
        f"≥ {parameter.minimum:g}"
        if isinf(parameter.maximum)
        else f"{parameter.minimum:g} … {parameter.maximum:g}"
    )


def shown_parameters(parameters: Mapping[str, Any]) -> str:
    """The parameters of a fund's factor in words."""
    return _pairs(parameters.items()) or "—"


def target() -> Path:
    """Where the document lies: beside the models."""
    return shipped("models") / "EQUATIONS.md"


def main() -> None:
    """Write the document of the default model."""
    target().write_text(equations(load_model()), encoding="utf-8")


def _factor(entry: Factor, spec: ModelSpec) -> str:
    uses = [
        (fund, each) for fund in spec.funds for each in fund.factors if each.function == entry.name
    ]
    title = "、".join(dict.fromkeys(each.title for _, each in uses)) or "未使用 not used"
    rows = [_use(fund, each) for fund, each in uses]
    table = _table(("资金", "因素", "权重", "参数", "条款"), rows) if rows else ""
    columns = f"Columns: {'、'.join(entry.columns)}." if entry.columns else ""
    return _joined(_entry(title, entry.function), columns, table)


def _use(fund: FundSpec, each: FactorSpec) -> tuple[str, ...]:
    return (
        fund.name,
        each.title,
        _shown(each.weight),
        shown_parameters(each.parameters),
        each.clause.short,
    )


def _rule(entry: Constraint, rule: RuleSpec, spec: ModelSpec) -> str:
    keywords = {parameter: keyword for keyword, parameter in entry.parameters.items()}
    return _joined(
        _heading(rule.name, entry.function.__name__),
        f"{rule.summary}。",
        _doc(entry.function),
        f"条款 Clause in the model file: {rule.cited}。 {_switches(rule, spec)}",
        _parameters(rule, keywords, spec),
    )


def _setting(rule: RuleSpec, spec: ModelSpec) -> str:
    return _joined(
        f"### {rule.name}",
        f"{rule.summary}。",
        f"条款 Clause in the model file: {rule.cited}。",
        _parameters(rule, {}, spec),
    )


def _objective(entry: Objective) -> str:
    if entry.function is None:
        return _joined(f"### {entry.name}", SHORTFALL_TEXT)
    return _entry(entry.name, entry.function)


def _switches(rule: RuleSpec, spec: ModelSpec) -> str:
    """The defaults of 启用, 刚性 and 优先级."""
    if rule.fixed:
        return "必须启用，为硬约束 always on and hard."
    on, hard = (
        _switch(rule.on, "启用 on", "不启用 off", spec),
        _switch(rule.hard, "硬 hard", "软 soft", spec),
    )
    soft = rule.hard is False or (isinstance(rule.hard, Mapping) and not all(rule.hard.values()))
    priority = f"；优先级 priority {rule.priority}" if soft else ""
    return f"默认 Default: {on}；{hard}{priority}."


def _switch(value: bool | Mapping[str, bool], yes: str, no: str, spec: ModelSpec) -> str:
    if isinstance(value, Mapping):
        return "，".join(
            f"{_short(spec, fund)} {yes if flag else no}" for fund, flag in value.items()
        )
    return yes if value else no


def _parameters(rule: RuleSpec, keywords: Mapping[str, str], spec: ModelSpec) -> str:
    """The table of a rule's parameters; a parameter without a keyword acts before the rule is written down."""
    rows = [
        (
            each.name,
            f"`{keywords[each.name]}`" if each.name in keywords else "—",
            shown_default(each, spec),
            shown_range(each),
            SCOPES[each.by],
            each.summary,
        )
        for each in rule.parameters.values()
    ]
    return (
        _table(("参数", "argument", "默认 default", "范围 range", "适用 by", "说明"), rows)
        if rows
        else ""
    )


def _entry(title: str, function: Callable[..., Any]) -> str:
    return _joined(_heading(title, function.__name__), _doc(function))


def _heading(title: str, function: str) -> str:
    return f"### {title} · `{function}`"


def _doc(function: Callable[..., Any]) -> str:
    return inspect.getdoc(function) or ""


def _short(spec: ModelSpec, fund: str) -> str:
    found = spec.fund(fund)
    return found.short if found else fund


def _pairs(entries: Iterable[tuple[str, Any]]) -> str:
    return "；".join(f"{name} {_shown(value)}" for name, value in entries)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "（" + _pairs(value.items()) + "）"
    if isinstance(value, float | int):
        return f"{value:g}"
    return "、".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


if __name__ == "__main__":
    main()
