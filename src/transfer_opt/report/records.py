"""「方案参数」, 「输入数据」 and 「审计信息」: exactly what was used, so that the file stands alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from transfer_opt.allocation.formulation.rule_rows import REPAIRED
from transfer_opt.allocation.plan import Outcome, Plan
from transfer_opt.allocation.projection import Projection
from transfer_opt.core.arrays import Ints
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import floats
from transfer_opt.core.tables import Column, Notice, Row, Table
from transfer_opt.core.version import __version__
from transfer_opt.core.vocabulary import (
    AS_TYPED,
    BENEFICIARIES,
    BOUND_SIDES,
    CODE,
    COUNTIES,
    FLOW_RULE,
    INPUT,
    NAME,
    NET_FLOW,
    OTHER_NEED,
    OUTLOOK,
    PARAMETERS,
    PREFECTURE,
    PROJECTED,
    PROOF,
    PROVINCE_SHARE,
    PROVINCE_SIDES,
    PROVINCES_PART,
    SHARED_RULE,
    TIER,
    TOGETHER,
    TOTAL,
    WEIGHTS,
    YEAR_PROOFS,
)
from transfer_opt.intake.recipients import ordered_rows
from transfer_opt.intake.succession import followed
from transfer_opt.policy.given import is_bound
from transfer_opt.policy.model import Change, ParameterSpec, RuleSpec
from transfer_opt.policy.payment_deadlines import RECEIVED, dates
from transfer_opt.policy.settings import ANYWHERE, Settings, as_cell
from transfer_opt.report.parts import amount, groups, heading, optional, totals_held
from transfer_opt.workbook.output.formulas import Sums
from transfer_opt.workbook.result.fingerprint import fingerprint, notice_contents, table_fingerprint
from transfer_opt.workbook.result.inputs import PEOPLE, POOL_FACTS, SHARED_TIER

UNIQUE = "唯一：证书逐级证明，每一笔金额都被对偶价格逼定（低一点或高一点都会使某一级目标变差），最优解只有一个。"
_OUTLOOK_TEXTS = ("项目", "资金", "对象", "方式", "依据")
PIECE = 30_000
"""Characters a cell of 「证明」 holds at most."""


def parameter_table(outcome: Outcome) -> Table:
    """Who signed, rules, switches and values as they held; can be read back as 「约束参数」."""
    columns = (
        Column("规则", "text", 14),
        Column("资金", "text", 28),
        Column("参数", "text", 13),
        Column("对象", "text", 15),
        Column("取值", "number", 16),
        Column("启用", "mark", 6),
        Column("刚性", "mark", 6),
        Column("优先级", "mark", 7),
        Column("依据条款", "note", 26),
        Column("说明", "note", 42),
    )
    signed = ((item, *(None,) * 3, said, *(None,) * 5) for item, said in outcome.settings.signature)
    shares = {
        (rule.name, spec.name): spec
        for rule in outcome.settings.rules.values()
        for spec in rule.parameters.values()
        if spec.kind == "share"
    }
    rows = []
    for values in (*signed, *parameter_rows(outcome)):
        rule, fund, name, place, value, *others = values
        share = shares.get((str(rule), str(name)))
        told = as_cell(share, value) if share and isinstance(value, float | int) else value
        rows.append(
            Row("plain", (rule, fund, name, place, told, *others), is_share=share is not None)
        )
    return Table(
        PARAMETERS,
        f"{heading(outcome)}方案参数（{outcome.scenario}）",
        columns,
        tuple(rows),
        f"单位：{outcome.case.money_unit}",
        paper="A3",
    )


def parameter_rows(plan: Plan) -> Iterator[tuple[Value, ...]]:
    """规则, 资金, 参数, 对象, 取值, 启用, 刚性, 优先级, 依据条款, 说明 of everything that held."""
    yield from _rules(plan)
    yield from _pools(plan)
    yield from _bounds(plan)


def input_table(outcome: Outcome) -> Table:
    """「县区数据」 as read, in the order of the result."""
    sheet, units = outcome.budget.sheets[COUNTIES], outcome.case.recipients
    headers = [header for header in sheet.letters if header not in (CODE, NAME, PREFECTURE)]
    columns = [
        Column(CODE, "code", 6.6),
        Column(NAME, "name", 20),
        Column(PREFECTURE, "prefecture", 14.5),
    ]
    columns += [
        Column(header, "number", 11) if header in units.numbers else Column(header, "text", 18)
        for header in headers
    ]
    succession = outcome.case.succession
    source, typed = ordered_rows(followed(sheet, succession)), ordered_rows(sheet)
    shared = dict(_shared(outcome))
    shared |= {
        AS_TYPED + name: [row.values.get(name) for row in typed] for name in succession.moved
    }
    columns += [
        Column(header, "text" if header == SHARED_TIER else "number", 11) for header in shared
    ]
    rows = [
        Row(
            "unit",
            (
                *group.key,
                *(_cell(outcome, source[i].values.get(header), header) for header in headers),
                *(values[i] for values in shared.values()),
            ),
        )
        for group in groups(outcome.case)
        if group.kind == "unit"
        for i in group.members
    ]
    return Table(
        INPUT,
        f"{heading(outcome)}输入数据（{outcome.scenario}）",
        tuple(columns),
        tuple(rows),
        f"单位：{outcome.case.money_unit}（人口：人，面积：平方公里）",
        paper="A3",
    )


def _shared(outcome: Outcome) -> Iterator[tuple[str, Sequence[Value]]]:
    """What counties pay each other, and 「受益人数」, as further columns: header → a value per unit."""
    flows, paid = outcome.case.flows, outcome.case.burdens
    if flows is not None and flows.terms.counted:
        yield NET_FLOW, flows.moved.tolist()
    if paid is None:
        return
    letters = outcome.budget.sheets[BENEFICIARIES].letters
    if TIER in letters:
        yield SHARED_TIER, [str(tier) or None for tier in paid.tiers]
    if OTHER_NEED in letters:
        yield OTHER_NEED, floats(paid.other).tolist()
    for service, people in zip(paid.services, paid.people, strict=True):
        yield PEOPLE + service, floats(people).tolist()


def audit_table(outcome: Outcome, finished: str) -> Table:
    """Versions, digests, stages, warnings: what an auditor asks first."""
    columns = (Column("项目", "text", 24), Column("内容", "text", 100))
    rows = tuple(
        Row("plain", (name, piece))
        for name, text in _facts(outcome, finished)
        for piece in (tuple(pieces(text)) or ("",))
    )
    return Table("审计信息", f"{heading(outcome)}审计信息（{outcome.scenario}）", columns, rows)


def outlook_table(outcome: Outcome) -> Table:
    """「年度展望」 as read."""
    sheet = outcome.budget.sheets[OUTLOOK]
    headers = list(sheet.letters)
    columns = tuple(
        Column(
            header, "text" if header in _OUTLOOK_TEXTS else "number", 12 + 12 * (header == "资金")
        )
        for header in headers
    )
    rows = tuple(
        Row("plain", tuple(row.values.get(header) for header in headers)) for row in sheet.rows
    )
    return Table(
        OUTLOOK,
        f"{heading(outcome)}年度展望（{outcome.scenario}）",
        columns,
        rows,
        f"单位：{outcome.case.money_unit}（增幅为比例，人口：人）",
    )


def year_proof_table(outcome: Outcome, projection: Projection) -> Table:
    """The certificates of the years after this one, cut into cells, and that of all years together."""
    proofs = [
        *zip((f"{number}年" for number in projection.years[1:]), projection.proofs, strict=False),
        *([(TOGETHER, projection.joint.proof)] if projection.joint else ()),
    ]
    rows = tuple(
        Row("plain", (name, float(number), piece))
        for name, proof in proofs
        for number, piece in enumerate(pieces(proof), start=1)
    )
    columns = (Column("年度", "text", 12), Column("序号", "number", 6), Column("证书", "text", 120))
    return Table(
        YEAR_PROOFS,
        f"{heading(outcome)}年度证明（{outcome.scenario}）",
        columns,
        rows,
        notes=("注：同一年度各行连接起来是一个 JSON 文本，与「证明」的写法相同。",),
        unprinted=f"「{YEAR_PROOFS}」供程序核对，不打印。",
    )


def proof_table(outcome: Outcome, others: Sequence[Table], notice: Notice, label: str) -> Table:
    """The certificate as text, cut into cells (joined in order it is one JSON object); below it what seals every sheet.

    A seal is the fingerprint of a sheet of `others`, of the notice, and of this sheet save the column that holds the seals.
    """
    notes = (
        "注：有序号的各行连接起来是一个 JSON 文本，金额以 step 为单位，是整数或分数；transfer_opt.certificate 单独核对它，不用求解器。",
        "表名各行是该表全部单元格的 SHA-256 和逐行、逐列的短校验码，transfer-opt audit 用它指出被改动的单元格。",
    )
    sums = Sums(next((table for table in others if table.name == INPUT), None))
    marks = {
        **{table.name: table_fingerprint(table, label, sums) for table in others},
        notice.name: fingerprint(notice_contents(notice)),
    }
    seals = [(name, piece) for name, mark in marks.items() for piece in pieces(str(mark))]
    numbered = [
        Row("plain", (float(number), piece))
        for number, piece in enumerate(pieces(outcome.proof), start=1)
    ]
    columns = (Column("序号", "number", 6), Column("证书", "text", 120))
    unsealed = Table(
        PROOF,
        f"{heading(outcome)}证明（{outcome.scenario}）",
        columns,
        (
            *numbered,
            *(Row("plain", (name, None)) for name in (*(name for name, _ in seals), PROOF)),
        ),
        notes=notes,
        unprinted=f"「{PROOF}」供程序核对，不打印。",
    )
    seals.append((PROOF, str(table_fingerprint(unsealed, label, sums))))
    return replace(unsealed, rows=(*numbered, *(Row("plain", seal) for seal in seals)))


def pieces(text: str) -> Iterator[str]:
    """A text in parts that a cell can hold."""
    yield from (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def _cell(outcome: Outcome, value: Value, header: str) -> Value:
    alias = outcome.spec.value_aliases.get(header, {})
    return alias.get(str(value), value) if isinstance(value, str) else value


def _rules(outcome: Plan) -> Iterator[tuple[Value, ...]]:
    settings = outcome.settings
    for rule in settings.rules.values():
        if not _spoken_of(outcome, rule.name):
            continue
        specs: tuple[ParameterSpec | None, ...] = tuple(rule.parameters.values())
        if all(spec.by == "prefecture" or spec.kind == "money" for spec in specs if spec):
            specs = (
                None,
                *specs,
            )  # the switches need a row of their own where no value holds everywhere
        for spec in specs:
            if spec is None or spec.kind != "money":
                yield from _parameter(settings, rule, spec, outcome)
    for change in _exceptions(settings):
        if _spoken_of(outcome, change.rule):
            yield _exception(settings, change)


def _spoken_of(outcome: Plan, rule: str) -> bool:
    """Whether the rule has anything to say: without shared services, or sections, theirs has only what somebody set."""
    told = {SHARED_RULE: outcome.case.burdens, FLOW_RULE: outcome.case.flows}
    if rule not in told or told[rule] is not None:
        return True
    parameters = outcome.settings.rules[rule].parameters
    return any(
        change.rule == rule and change.value not in (None, parameters[change.parameter].default)
        for layer in outcome.settings.layers
        for change in layer
    )


def _parameter(
    settings: Settings, rule: RuleSpec, spec: ParameterSpec | None, outcome: Plan
) -> Iterator[tuple[Value, ...]]:
    scope = spec.by if spec else rule.by
    by_fund = scope in ("line", "fund", "prefecture")
    subjects = settings.by_fund() if by_fund else ANYWHERE
    for position in range(len(subjects)):
        subject = subjects[position : position + 1]
        value = _value(settings, rule, spec, subject, outcome)
        if (
            spec is not None
            and value is None
            and (scope == "prefecture" or rule.name in (WEIGHTS, OUTLOOK))
        ):
            continue
        fund = settings.funds[position] if by_fund else None
        yield (
            rule.name,
            fund,
            spec.name if spec else None,
            None,
            value,
            *_switches(settings, rule, subject),
            rule.cited,
            spec.summary if spec else rule.summary,
        )


def _value(
    settings: Settings, rule: RuleSpec, spec: ParameterSpec | None, subject: Ints, outcome: Plan
) -> Value:
    if spec is None:
        return None
    if spec.kind == "objectives":
        return ">".join(outcome.objective)
    if spec.numeric:
        number = float(settings.numbers(rule.name, spec.name, subject)[0])
        return None if np.isnan(number) else number
    return str(settings.texts(rule.name, spec.name, subject)[0] or "") or None


def _switches(settings: Settings, rule: RuleSpec, subject: Ints) -> tuple[Value, Value, Value]:
    if rule.fixed:
        return "是", "硬", None
    hard = bool(settings.hard(rule.name, subject)[0])
    priority = None if hard else float(settings.priority(rule.name, subject)[0])
    if priority == REPAIRED:  # nobody gave it
        priority = None
    return (
        ("是" if settings.on(rule.name, subject)[0] else "否"),
        ("硬" if hard else "软"),
        priority,
    )


def _exceptions(settings: Settings) -> Iterator[Change]:
    """What is set for single places, each address once: a scenario's word replaces the workbook's."""
    merged: dict[tuple[str, str, str, str], Change] = {}
    for change in (change for layer in settings.layers for change in layer if change.object):
        said = change
        if is_bound(change.rule, change.parameter):  # its value is told with the other bounds
            said = replace(change, parameter="", value=None)
            if said == Change(said.rule, said.fund, "", said.object):
                continue
        merged[said.key] = said.over(merged.get(said.key, said))
    yield from merged.values()


def _exception(settings: Settings, change: Change) -> tuple[Value, ...]:
    rule = settings.rules[change.rule]
    said = {None: None, True: "是", False: "否"}[change.on]
    hard = {None: None, True: "硬", False: "软"}[change.hard]
    priority = None if change.priority is None else float(change.priority)
    return (
        rule.name,
        change.fund or None,
        change.parameter or None,
        change.object,
        change.value,
        said,
        hard,
        priority,
        rule.cited,
        "只对所列对象",
    )


def _pools(outcome: Plan) -> Iterator[tuple[Value, ...]]:
    split = outcome.split
    for f, fund in enumerate(outcome.case.funds):
        # what the budget gives stands where it is read back; what the split made of it, beside it
        moved = float(split.decided[f] - split.bounds.draft[f]) if split else 0.0
        given = amount(fund.budget - moved) if moved else fund.budget
        money = (given, fund.provincial, fund.reserved, fund.pool, fund.last_total)
        known = (
            *map(optional, money),
            str(fund.row.get(RECEIVED) or "") or None,
            *(optional(fund.number(column)) for column in (PROVINCE_SHARE, *PROVINCE_SIDES)),
            fund.budget if split else None,
            fund.row.get(PROVINCES_PART),
        )
        for name, value in zip(POOL_FACTS, known, strict=True):
            if value is not None:
                yield (
                    "资金总额",
                    fund.name,
                    name,
                    None,
                    value,
                    "是",
                    "硬",
                    None,
                    fund.spec.clause.short,
                    None,
                )


def _bounds(outcome: Plan) -> Iterator[tuple[Value, ...]]:
    case = outcome.case
    for each in case.given:
        for name, value in zip(BOUND_SIDES, (each.floor, each.cap), strict=True):
            if not np.isnan(value):
                yield (
                    "县区上下限",
                    case.fund_name(each.fund) or TOTAL,
                    name,
                    case.place_name(each.place),
                    value,
                    "是",
                    "硬",
                    None,
                    each.reason,
                    None,
                )


def _facts(outcome: Outcome, finished: str) -> Iterator[tuple[str, str]]:
    case, solution = outcome.case, outcome.solution
    yield "工具版本", f"transfer-opt {__version__}"
    yield "模型", f"{outcome.spec.title} {outcome.spec.version}"
    yield "模型文件 SHA-256", outcome.spec.sha256
    yield "输入文件", outcome.budget.path.replace("\\", "/").rsplit("/", 1)[-1]
    yield "输入文件 SHA-256", outcome.budget.sha256
    yield "方案", outcome.scenario
    yield from outcome.settings.signature
    yield "目标顺序", " > ".join(outcome.objective)
    yield "求解器", outcome.solver
    for stage in solution.stages:
        if not np.isnan(stage.value):
            summed = len(stage.duals) > 0
            shown = (
                f"合计 {stage.value:,.6f} {case.money_unit}"
                if summed
                else f"最大 {stage.value:.6%}"
            )
            yield f"目标值：{stage.name}", shown
    yield "求解次数", f"{solution.programs} 次"
    yield "唯一性", UNIQUE
    yield (
        "证明",
        "通过：每一级目标都由独立程序用分数重算核对，见「证明」表；证书 SHA-256 "
        + outcome.proof_digest,
    )
    yield "公布单位", case.unit_name
    if outcome.projection:
        together = "，并多年统筹" if outcome.projection.joint else ""
        yield PROJECTED, f"{outcome.projection.label}，逐年滚动{together}"
    yield from totals_held(outcome)
    for due in dates(case.funds):
        yield f"下达期限：{due.fund}", str(due)
    yield "校验码 SHA-256", outcome.digest
    for note in (
        *outcome.formulation.notes,
        *outcome.alarms,
        *(str(problem) for problem in outcome.problems),
    ):
        yield "警告" if note in outcome.alarms or note.startswith("[W") else "说明", note
    if finished:
        yield "生成时间", finished
