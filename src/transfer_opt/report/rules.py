"""「约束审计」, 「敏感性」 and 「敏感性分县」."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transfer_opt.allocation.compliance import Finding, Verdict, verdict_sentence
from transfer_opt.allocation.explanation.sensitivity import (
    EVERYTHING,
    NOTHING,
    PORTION,
    STEPPED_LINES,
    Sensitivity,
    tried,
)
from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import in_figures, spelled
from transfer_opt.core.tables import Column, Row, RowKind, Table
from transfer_opt.core.vocabulary import NEED_RULE, POOLS
from transfer_opt.policy.case import Case
from transfer_opt.report.parts import (
    KEY_COLUMNS,
    Group,
    amount,
    finest,
    groups,
    heading,
    known_sum,
)

ROW_KINDS: dict[Verdict, RowKind] = {
    "broken": "alarm",
    "soft": "alarm",
    "rounding": "slack",
    "active": "active",
    "slack": "slack",
}
ACTIVE: dict[Verdict, str] = {
    "broken": "违反",
    "soft": "未满足(软)",
    "rounding": "否",
    "active": "是",
    "slack": "否",
}

LISTED_LINES = 1000
"""Beyond as many lines the rows of single counties that have slack stand together, by rule and fund."""
ASK = "请在「约束参数」里加一行：规则「敏感性」、参数「范围」、取值"
_EXTENT = {
    POOLS: f"只算了资金总额的变动；要逐项算起作用的参数，{ASK}「全部」。",
    NOTHING: f"资金与县区的组合超过 {STEPPED_LINES:,} 个，每算一种变动都要重新完整求解一次，所以没有算；要算资金总额的变动，"
    f"{ASK}「资金总额」；连起作用的参数也逐项算，取值「全部」。",
}
"""What is said where not every change was tried."""
MORE = "如何再多得1万元"
BY_POOL = Column("安排哪项资金", "mark", 10, MORE), Column("约需安排", "mark", 9, MORE)
BY_PARAMETER = Column("放宽哪个参数", "note", 30, MORE)
MOST_ON_A_PAGE = 24
"""So many rows of 「敏感性」 can still be read where all of them stand on one page."""
NAMED = 3
"""How many who gain, and who lose, are named; all stand in 「敏感性分县」."""


def rule_table(outcome: Outcome) -> Table:
    """Every rule on the published integers, worst first; what leaves room is folded away, so that the rest is one page."""
    money = outcome.case.money_unit
    columns = (
        Column("规则", "text", 13),
        Column("依据条款", "note", 28),
        Column("对象", "text", 28),
        Column("左端值", "number", 12),
        Column("关系", "mark", 5.5),
        Column("右端值", "number", 12),
        Column("余量", "number", 11),
        Column("影子价格", "number", 9.5),
        Column("是否起作用", "mark", 9),
        Column("结论", "note", 32),
    )
    listed, together = _listed(outcome)
    rows = (
        *(_row(outcome, finding) for finding in listed),
        *(_common_row(rows) for rows in together),
    )
    folded = sum(row.folded for row in rows)
    notes = (
        *(
            (f"有余量的 {folded:,} 行折叠在这一行上面：点左边的＋展开，展开后一并打印。",)
            if folded
            else ()
        ),
        *(
            (
                f"资金与县区的组合超过 {LISTED_LINES:,} 个：只管一个县、而且有余量的规则，按规则和资金合并成末尾的一行，"
                "写明有几个县，左端值、右端值和余量是其中余量最小的那个县的；其余逐行列出。上面的总结论数的是全部。",
            )
            if together
            else ()
        ),
        "排序：违反 → 软约束未满足 → 取整差 → 起作用 → 有余量。✕ 违反　▲ 软约束未满足　● 起作用　○ 有余量。余量为负表示还差多少。",
        f"影子价格：该行右端每变动 1 {money}，未满足的软约束合计变动多少，增减两边都重新求解核对过；空白表示没有影响，或两边影响不同。"
        if tried(outcome.case, outcome.settings) == EVERYTHING
        else f"影子价格要重新求解核对，没有逐项试算时不求，所以空白；要求影子价格，{ASK}「全部」。",
        *(
            f"规则「{rule.rule.name}」已启用，但没有适用对象。"
            for rule in outcome.formulation.rules
            if not rule.sizes and outcome.settings.on_anywhere(rule.rule.name)
        ),
    )
    return Table(
        "约束审计",
        f"{heading(outcome)}约束审计表（{outcome.scenario}）",
        columns,
        rows,
        f"单位：{money}，影子价格：{money}/{money}",
        verdict_sentence(outcome.case, outcome.findings),
        notes,
        paper="A3",
        landscape=False,
    )


def _listed(outcome: Outcome) -> tuple[list[Finding], list[list[Finding]]]:
    """The findings that have a row of their own, and those that share one."""
    if len(outcome.case.lines) <= LISTED_LINES:
        return list(outcome.findings), []
    listed: list[Finding] = []
    together: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in outcome.findings:
        if finding.alone and finding.verdict == "slack":
            together.setdefault((finding.rule, finding.fund, finding.relation), []).append(finding)
        else:
            listed.append(finding)
    return listed, list(together.values())


def _common_row(found: Sequence[Finding]) -> Row:
    """One row for counties that a rule leaves room, with the figures of the one that has least."""
    least = min(found, key=lambda finding: finding.margin)
    clauses = {finding.clause for finding in found}
    return Row(
        "slack",
        (
            least.rule,
            clauses.pop() if len(clauses) == 1 else "各有理由，见「方案参数」",
            f"{len(found):,} 个县" + (f"·{least.fund}" if least.fund else ""),
            amount(least.left),
            least.relation,
            amount(least.right),
            amount(least.margin),
            None,
            ACTIVE["slack"],
            f"○ 都有余量，最小的是{least.subject}",
        ),
        folded=True,
    )


def sensitivity_table(outcome: Outcome) -> Table:
    """What a little more of each pool, and each binding parameter one step looser, changes: found by solving again."""
    money = outcome.case.money_unit
    columns = (
        Column("对象", "text", 30),
        Column("变动", "text", 18),
        Column("三保缺口变化", "number", 11),
        Column("最低保障水平变化", "text", 15),
        Column("受影响县区", "note", 64),
    )
    rows = tuple(
        Row(
            "plain",
            (
                entry.subject,
                entry.change,
                _known(entry.shortfall, finest([outcome.case])),
                _points(entry.lowest),
                entry.note or _affected(outcome, entry),
            ),
        )
        for entry in outcome.sensitivities
    )
    moved = any(entry.between for entry in outcome.sensitivities)
    apart = "（省级资金各行除外）" if moved else ""
    notes = (
        "注：每一行都是改变后重新完整求解得到的，其他规则和参数不变；县区后面是各项资金合计的增减，取整前。"
        f"每个县的增减{apart}、{MORE}，见「敏感性分县」。",
        _EXTENT.get(
            tried(outcome.case, outcome.settings),
            "参数：列的是正在起作用的规则里可以放宽的参数，每项放宽一小步；"
            "有余量的规则，单独放宽它不改变结果。",
        ),
    )
    return Table(
        "敏感性",
        f"{heading(outcome)}敏感性（{outcome.scenario}）",
        columns,
        rows,
        f"单位：{money}",
        notes=notes,
        fit="page" if len(rows) <= MOST_ON_A_PAGE else "width",
    )


def county_sensitivity_table(outcome: Outcome) -> Table:
    """Every change of 「敏感性」 county by county; a column is headed by 对象 and 变动 as they stand there.

    The last columns tell what brings a county more: the pool and the parameter whose change moved it most.
    """
    case = outcome.case
    entries = [entry for entry in outcome.sensitivities if not entry.between]
    pools, others = entries[: len(case.funds)], entries[len(case.funds) :]
    columns = (
        *KEY_COLUMNS,
        *(
            Column(entry.subject + entry.change, "step", 11, group_formula="sum")
            for entry in entries
        ),
        *((*BY_POOL, BY_PARAMETER) if others else BY_POOL if pools else ()),
    )
    rows = tuple(
        Row(
            group.kind,
            (
                *group.key,
                *(known_sum(entry.moved[group.members]) for entry in entries),
                *(_by_pool(outcome, pools, group) if pools else ()),
                *((_by_parameter(others, group),) if others else ()),
            ),
        )
        for group in groups(case)
    )
    notes = (
        "注：按列头改变后，各项资金合计比本表所附方案多（＋）或少（－）多少，重新完整求解得到，取整前；“–”表示没有变化。",
        *(
            (
                f"{MORE}：试过的变动里使该县增加最多的；“约需安排”按试算的比例，该县每多得 1 万元，全省这项资金约需多安排多少万元。"
                "空白表示都不增加。",
            )
            if pools
            else ()
        ),
    )
    return Table(
        "敏感性分县",
        f"{heading(outcome)}敏感性分县表（{outcome.scenario}）",
        columns,
        rows,
        f"单位：{case.money_unit}",
        notes=notes,
        paper="A3",
        fit="groups",
    )


def _by_pool(outcome: Outcome, pools: Sequence[Sensitivity], group: Group) -> tuple[Value, Value]:
    """The fund of which a county gets most, and how much more of it the province must give for one unit of money there."""
    best = _most(pools, group)
    if best is None:
        return None, None
    fund, case = pools.index(best), outcome.case
    needed = PORTION * case.unit / float(best.moved[group.members].item())
    return case.funds[fund].short, f"{needed:,.1f}"


def _by_parameter(others: Sequence[Sensitivity], group: Group) -> Value:
    """The change of a parameter that brings a county most."""
    best = _most(others, group)
    return best.subject + best.change if best else None


def _most(entries: Sequence[Sensitivity], group: Group) -> Sensitivity | None:
    """The change that brings a county most; none where all bring nothing, and for the sum of several."""
    if group.kind != "unit":
        return None
    best = max(entries, key=lambda entry: float(entry.moved[group.members].item()))
    return best if best.moved[group.members].item() > 0 else None


def _points(change: float) -> str | None:
    points = round(change * 100, 4)
    return None if np.isnan(change) else f"{points:+.4f}个百分点" if points else "不变"


def _affected(outcome: Outcome, entry: Sensitivity) -> str:
    """Who gains and who loses: how many, how much together, and the foremost by name."""
    told = [_side(outcome, entry.moved * sign, word) for sign, word in ((1, "增加"), (-1, "减少"))]
    said = [each for each in told if each]
    return "；".join(said) if said else "没有变化"


def _side(outcome: Outcome, moved: Floats, word: str) -> str:
    found = np.flatnonzero(moved > 0)
    if not len(found):
        return ""
    first = found[np.argsort(-moved[found], kind="stable")][:NAMED]
    case = outcome.case
    names = "、".join(f"{case.recipients.name[i]} {_plain(case, moved[i])}" for i in first)
    return f"{len(found)} 个县{word}共 {_plain(case, moved[found].sum())}：{names}" + (
        " 等" if len(found) > NAMED else ""
    )


def _plain(case: Case, money: float) -> str:
    """To the tenth of the publishing unit, never in powers of ten."""
    return spelled(round(money, case.decimals + 1))


def _known(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else round(value, digits) + 0.0


def _row(outcome: Outcome, finding: Finding) -> Row:
    price = None if np.isnan(finding.price) else round(finding.price, 6)
    return Row(
        ROW_KINDS[finding.verdict],
        (
            finding.rule,
            finding.clause,
            finding.subject,
            amount(finding.left),
            finding.relation,
            amount(finding.right),
            amount(finding.margin),
            price,
            ACTIVE[finding.verdict],
            _conclusion(outcome, finding),
        ),
        folded=finding.verdict == "slack",
    )


def _conclusion(outcome: Outcome, finding: Finding) -> str:
    missing = f"{in_figures(abs(finding.margin), 10)} {outcome.case.money_unit}"
    if finding.verdict == "soft":
        return f"▲ {'缺' if finding.rule == NEED_RULE else '超出'} {missing}" + (
            f"：{finding.remedy}" if finding.remedy else "，已列入警告"
        )
    return {
        "broken": f"✕ 差 {missing}",
        "rounding": f"○ 满足（取整差 {missing}）",
        "active": "● 分毫不差" if finding.relation == "＝" else "● 起作用",
        "slack": "○ 有余量",
    }[finding.verdict]
