"""Writes an input workbook from its layout: empty for `init`, filled for the example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from transfer_opt.core.atomic_write import save_bytes
from transfer_opt.core.budget import Value
from transfer_opt.core.vocabulary import (
    BENEFICIARIES,
    BOUNDS,
    CODE,
    COUNTIES,
    FUND,
    NAME,
    OUTLOOK,
    POOLS,
    PREFECTURE,
    PROVINCE_SHARE,
    PROVINCES_PART,
    RULES,
    SCENARIOS,
    SECTIONS,
    SERVICES,
    SUCCESSION,
    TOTAL,
    WEIGHTS,
)
from transfer_opt.workbook.input.columns import GROWTH, SHEETS, InputColumn
from transfer_opt.workbook.output.form import FINE_PERCENT, PERCENT, PLAIN, FormSheet, form_book
from transfer_opt.workbook.output.monitoring_form import write_indicators, write_thresholds
from transfer_opt.workbook.output.styles import Styles

_BLANK_UNITS = 60
_BLANK_BOUNDS = 20
_BLANK_SERVICES = 12
_BLANK_SECTIONS = 15
_BLANK_PASSAGES = 15
_LONGEST_LIST = 255
"""What a spreadsheet takes as the choices of a drop-down list."""
_SCENARIO_WIDTH = 20.0

_COUNTY_NOTES = (
    "注：1. 深色表头必填，浅色表头选填；鼠标停在表头上可看填写说明。"
    "空白与0不同：空白表示不享受或没有数据，0表示有资格但金额为零。",
    "2. 小计、合计行和市州本级行可以保留，程序只核对、不参加分配。表头文字不要改动，列的先后可以调整。",
    "3. 可在右侧增加选填列：上年〈资金〉其中一次性、提前下达〈资金〉、户籍人口、财政供养人口、必保支出、"
    "禁止开发区个数、引导性补助名单、绩效系数、预警等级、土地出让收益、用于农业农村支出、流域出资，以及作为需求、财力或分母使用的其他数值列。",
)
_POOL_NOTES = (
    "注：没有列入本表的资金不参加分配。本年总额低于上年总额时会给出提示。其中省级、省级下限、省级上限用于省级统筹，不统筹的留空。各县共同出资的流域补偿资金填省级出资。",
)
_RULE_NOTES = (
    "注：资金、对象留空表示全部；取值、启用、刚性留空表示采用默认值。比例可写0.15，也可写15%。",
    "参数留空的行只说明整条规则的启用、刚性和优先级。同一规则、资金、参数、对象不得有两行。",
)
_SCENARIO_NOTES = (
    "注：每个方案占一列，只填与「约束参数」不同的内容，空白表示不变；整列空白就是按工作簿现状测算。",
    "规则「目标」的参数「顺序」写优化目标，按先后用“>”连接；规则「资金总额」的参数「本年总额」改变资金规模。",
)
_WEIGHT_NOTES = (
    "注：权重留空表示采用模型的。一项资金各因素的权重只看相互之比，说明里是各占百分之几；填0则不用这个因素。",
    "参数不为空的行是测算办法里的系数，公式见县区说明单。方案里改权重：规则写「因素权重」，参数写因素名称。",
)
_OUTLOOK_NOTES = (
    "注：本表只在 transfer-opt plan 推算以后各年时使用，不影响本年分配；整张表不填，就是不作展望。"
    "年份从本年的下一年起依次写，可以增加或删除列。",
    "县区的行先于市州的行，市州的先于全省的；同一项目、资金、对象不得有两行。用不到的行整行删去；"
    "留下的行每年都要填，确实不变写0。增幅是比前一年，如3%；金额是当年的数。",
)
_SERVICE_NOTES = (
    "注：标准是每人每年多少元。程序不带任何分担比例，标准、档次和比例都按文件填写，并在「依据」写明文号；不用就整张表不填。",
    "分档次的事项每档写一行，四级合计必须是1。县级承担的怎样算进“三保”需求，由「约束参数」的规则「共担测算」决定。",
)
_BENEFICIARY_NOTES = (
    "注：在右边加列，一个事项一列，表头写「共担事项」里的名称，填受益人数，没有受益人写0；空白是错误。"
    "「共担事项」没有填时，本表不起作用。",
)
_SECTION_NOTES = (
    "注：一个断面写一行，单价、上限都按协议填，没有约定的写0；不用就整张表不填。类别每差一级、指标每变1%各多少，两部分相加："
    "得正数的下游付给上游，得负数的上游付给下游。",
    "下游有几个县区的，用“、”隔开，分担比例按同样的次序写，如60%、40%。污染物指标填六个浓度，或只填指标变化（下降为负）。"
    "付出的限额、是否计入可用财力和“三保”，由「约束参数」的规则「横向补偿」决定。",
)
_SUCCESSION_NOTES = (
    "注：县区合并、拆分、换代码时填写，一个原县区归一个新县区写一行；没有调整就整张表不填。"
    "合并：两个原代码写同一个新代码，比例都是1；拆分：一个原代码写几行，比例合计是1；换代码：一行，比例1。",
    "原县区的上年数填在它的第一行；新设的县区在「县区数据」里上年各列填0，划入的数由程序加上。"
    "「县区数据」里有其中一次性、提前下达的列时，这里也加同样的列。",
)
_BOUND_NOTES = (
    "注：行政区划代码与县区名称填一项即可，市州填名称；资金填“合计”就是各项资金的合计；下限、上限可以只填一项；理由会原样列入结果。",
)


@dataclass(frozen=True)
class FundLine:
    """One row of 「资金总额」."""

    name: str
    this_year: float | None = None
    last_year: float | None = None
    account: str = ""
    """科目编码."""
    received: str = ""
    basis: str = ""
    province: float | None = None
    """其中省级."""


@dataclass(frozen=True)
class ParameterRow:
    """One row of 「约束参数」."""

    rule: str
    fund: str = ""
    parameter: str = ""
    target: str = ""
    """对象."""
    value: Value = None
    enabled: str = ""
    hardness: str = ""
    priority: int | None = None
    clause: str = ""
    note: str = ""
    percent: bool = False
    """Show a number as a percentage."""


@dataclass(frozen=True)
class WeightRow:
    """One row of 「因素权重」."""

    fund: str
    factor: str
    parameter: str = ""
    value: float | None = None
    clause: str = ""
    note: str = ""


@dataclass(frozen=True)
class ScenarioRow:
    """One row of 「方案」; `values` by scenario name."""

    rule: str
    fund: str = ""
    parameter: str = ""
    target: str = ""
    values: Mapping[str, Value] | None = None
    percent: bool = False


@dataclass(frozen=True)
class OutlookRow:
    """One row of 「年度展望」; `values` by year."""

    item: str
    fund: str = ""
    target: str = ""
    way: str = GROWTH
    values: Mapping[int, float] = field(default_factory=dict)
    basis: str = ""


@dataclass(frozen=True)
class TemplateLayout:
    """Everything an input workbook is made of."""

    year: int
    """0: not known."""
    funds: tuple[FundLine, ...]
    parameters: tuple[ParameterRow, ...] = ()
    scenarios: tuple[str, ...] = ()
    scenario_rows: tuple[ScenarioRow, ...] = ()
    weights: tuple[WeightRow, ...] = ()
    counties: tuple[Mapping[str, Value], ...] = ()
    """Units in order, those of a prefecture together; empty for the template."""
    label: str = ""
    """Printed in red on every sheet, e.g. 示例数据，不代表任何实际分配."""
    unit: str = "万元"
    columns: tuple[InputColumn, ...] = ()
    """Columns of 「县区数据」; none means the usual ones for the funds."""
    outlook: tuple[OutlookRow, ...] = ()
    outlook_years: int = 0
    """How many years after this one 「年度展望」 has columns for."""
    services: tuple[Mapping[str, Value], ...] = ()
    """Rows of 「共担事项」; empty for the template."""
    beneficiaries: tuple[Mapping[str, Value], ...] = ()
    """Rows of 「受益人数」, in the order of `counties`."""
    thresholds: tuple[Mapping[str, Value], ...] = ()
    """Rows of 「预警阈值」."""
    sections: tuple[Mapping[str, Value], ...] = ()
    """Rows of 「断面」; empty for the template."""
    with_bounds: bool = True
    """Whether there are empty 「县区上下限」, 「历年指标」 and 「区划调整」."""
    contributed: bool = False
    """Whether 「资金总额」 has a column for what the province pays into a fund of the counties."""


def county_columns(funds: Sequence[str]) -> tuple[InputColumn, ...]:
    """The usual columns of 「县区数据」: the contract's, without the optional extras, 上年〈资金〉 once per fund."""
    columns: list[InputColumn] = []
    for column in SHEETS[COUNTIES]:
        if column.band:
            names = (
                [column.for_fund(fund) for fund in funds] if FUND in column.name else [column.name]
            )
            columns += [replace(column, name=name) for name in names]
    return tuple(columns)


def write_template(path: Path, layout: TemplateLayout) -> None:
    """Write the input workbook of a layout; the same layout gives the same bytes. OutputError where that fails."""
    save_bytes(path, _made(layout))


def made_scenarios(layout: TemplateLayout) -> bytes:
    """A workbook of nothing but the sheet 「方案」 of a layout."""
    memory = BytesIO()
    book = form_book(memory, _title(layout, "省对下转移支付测算基础数据"))
    _write_scenarios(book, Styles(book), layout)
    book.close()
    return memory.getvalue()


def _made(layout: TemplateLayout) -> bytes:
    memory = BytesIO()
    book = form_book(memory, _title(layout, "省对下转移支付测算基础数据"))
    styles = Styles(book)
    _write_counties(book, styles, layout)
    _write_pools(book, styles, layout)
    _write_rules(book, styles, layout)
    _write_scenarios(book, styles, layout)
    if layout.weights:
        _write_weights(book, styles, layout)
    if layout.with_bounds:
        _write_bounds(book, styles, layout)
    if layout.outlook:
        _write_outlook(book, styles, layout)
    _write_services(book, styles, layout)
    _write_beneficiaries(book, styles, layout)
    write_thresholds(book, styles, _title(layout, "预警阈值表"), layout.label, layout.thresholds)
    if layout.with_bounds:
        write_indicators(book, styles, layout.label, layout.unit)
    _write_sections(book, styles, layout)
    if layout.with_bounds:
        _write_succession(book, styles, layout)
    book.close()
    return memory.getvalue()


def _write_counties(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    columns = layout.columns or county_columns([fund.name for fund in layout.funds])
    title = _title(layout, "省对下转移支付测算基础数据表")
    form = FormSheet(book, styles, COUNTIES, columns, title, layout.label, f"单位：{layout.unit}")
    form.set_paper("A3")
    if layout.counties:
        form.write_groups(layout.counties)
    else:
        form.write_blank_rows(_BLANK_UNITS)
    form.finish(_COUNTY_NOTES, frozen_columns=2)


def _write_pools(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    title = _title(layout, "省对下转移支付资金总额表")
    columns = [c for c in SHEETS[POOLS] if layout.contributed or c.name != PROVINCES_PART]
    form = FormSheet(book, styles, POOLS, columns, title, layout.label, f"单位：{layout.unit}")
    for fund in layout.funds:
        form.write_row(
            {
                "资金": fund.name,
                "本年总额": fund.this_year,
                "上年总额": fund.last_year,
                PROVINCE_SHARE: fund.province,
                "科目编码": fund.account,
                "收文日期": fund.received,
                "依据": fund.basis,
            }
        )
    form.finish(_POOL_NOTES, frozen_columns=1)


def _write_rules(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    form = FormSheet(
        book, styles, RULES, SHEETS[RULES], _title(layout, "约束参数表"), layout.label, ""
    )
    for row in layout.parameters:
        form.write_row(
            {
                "规则": row.rule,
                "资金": row.fund,
                "参数": row.parameter,
                "对象": row.target,
                "取值": row.value,
                "启用": row.enabled,
                "刚性": row.hardness,
                "优先级": row.priority,
                "依据条款": row.clause,
                "说明": row.note,
            },
            PERCENT if row.percent else PLAIN,
        )
    form.finish(_RULE_NOTES, frozen_columns=3)


def _write_scenarios(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    own = [
        InputColumn(
            name,
            "free",
            "方案名称，可以改名、增加或删除列。只填与「约束参数」不同的取值。",
            required=False,
            width=_SCENARIO_WIDTH,
        )
        for name in layout.scenarios
    ]
    columns = (*SHEETS[SCENARIOS], *own)
    form = FormSheet(
        book, styles, SCENARIOS, columns, _title(layout, "测算方案表"), layout.label, ""
    )
    for row in layout.scenario_rows:
        names = {"规则": row.rule, "资金": row.fund, "参数": row.parameter, "对象": row.target}
        form.write_row({**names, **(row.values or {})}, PERCENT if row.percent else PLAIN)
    form.finish(_SCENARIO_NOTES, frozen_columns=4)


def _write_weights(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    form = FormSheet(
        book, styles, WEIGHTS, SHEETS[WEIGHTS], _title(layout, "因素权重表"), layout.label, ""
    )
    for row in layout.weights:
        form.write_row(
            {
                "资金": row.fund,
                "因素": row.factor,
                "参数": row.parameter,
                "权重": row.value,
                "依据条款": row.clause,
                "说明": row.note,
            }
        )
    form.finish(_WEIGHT_NOTES, frozen_columns=2)


def _write_bounds(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    title = _title(layout, "县区分配上下限表")
    form = FormSheet(
        book, styles, BOUNDS, SHEETS[BOUNDS], title, layout.label, f"单位：{layout.unit}"
    )
    names = [*(fund.name for fund in layout.funds), TOTAL]
    if len(",".join(names)) <= _LONGEST_LIST:
        form.offer("资金", names)
    form.write_blank_rows(_BLANK_BOUNDS)
    form.finish(_BOUND_NOTES, frozen_columns=2)


def _write_outlook(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    years = range(layout.year + 1, layout.year + 1 + layout.outlook_years)
    note = "比前一年的增幅（3%、0.03），或当年的金额；确实不变写0。"
    own = [InputColumn(f"{year}年", "free", note, width=10) for year in years]
    *named, basis = SHEETS[OUTLOOK]
    title = _title(layout, "起年度展望表")
    form = FormSheet(
        book,
        styles,
        OUTLOOK,
        (*named, *own, basis),
        title,
        layout.label,
        f"单位：{layout.unit}",
    )
    names = [fund.name for fund in layout.funds]
    if len(",".join(names)) <= _LONGEST_LIST:
        form.offer("资金", names)
    for row in layout.outlook:
        given = {f"{year}年": row.values.get(year) for year in years}
        form.write_row(
            {
                "项目": row.item,
                "资金": row.fund,
                "对象": row.target,
                "方式": row.way,
                **given,
                "依据": row.basis,
            },
            FINE_PERCENT if row.way == GROWTH else PLAIN,
        )
    form.finish(_OUTLOOK_NOTES, frozen_columns=4)


def _write_services(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    title = _title(layout, "共同财政事权分担表")
    form = FormSheet(book, styles, SERVICES, SHEETS[SERVICES], title, layout.label, "")
    for row in layout.services:
        form.write_row(row)
    form.write_blank_rows(0 if layout.services else _BLANK_SERVICES)
    form.finish(_SERVICE_NOTES, frozen_columns=1)


def _write_beneficiaries(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    names = dict.fromkeys(str(row["事项"]) for row in layout.services)
    own = [
        InputColumn(name, "number", "受益人数；没有受益人写0。", "人", width=14) for name in names
    ]
    form = FormSheet(
        book,
        styles,
        BENEFICIARIES,
        (*SHEETS[BENEFICIARIES], *own),
        _title(layout, "共同财政事权受益人数表"),
        layout.label,
        f"单位：{layout.unit}、人",
    )
    if layout.beneficiaries:
        form.write_groups(layout.beneficiaries)
    elif layout.counties:
        keys = (CODE, NAME, PREFECTURE)
        form.write_groups([{key: row.get(key) for key in keys} for row in layout.counties])
    else:
        form.write_blank_rows(_BLANK_UNITS)
    form.finish(_BENEFICIARY_NOTES, frozen_columns=2)


def _write_sections(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    form = FormSheet(
        book,
        styles,
        SECTIONS,
        SHEETS[SECTIONS],
        _title(layout, "断面水质补偿协议表"),
        layout.label,
        f"单位：{layout.unit}（浓度：毫克/升）",
    )
    form.set_paper("A3")
    for row in layout.sections:
        form.write_row(row)
    form.write_blank_rows(0 if layout.sections else _BLANK_SECTIONS)
    form.finish(_SECTION_NOTES, frozen_columns=1)


def _write_succession(book: Any, styles: Styles, layout: TemplateLayout) -> None:
    columns = [
        replace(column, name=name, required=False) if FUND in column.name else column
        for column in SHEETS[SUCCESSION]
        if column.name == f"上年{FUND}" or FUND not in column.name
        for name in dict.fromkeys(column.for_fund(fund.name) for fund in layout.funds)
    ]
    form = FormSheet(
        book,
        styles,
        SUCCESSION,
        columns,
        _title(layout, "行政区划调整表"),
        layout.label,
        f"单位：{layout.unit}",
    )
    form.set_paper("A3")
    form.write_blank_rows(_BLANK_PASSAGES)
    form.finish(_SUCCESSION_NOTES, frozen_columns=4)


def _title(layout: TemplateLayout, name: str) -> str:
    return f"{layout.year}年{name}" if layout.year else name
