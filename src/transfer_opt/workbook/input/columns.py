"""The columns of the input sheets: one table that the reader, the template and the example all use.

A name with 〈资金〉 stands for one column per fund.
"""

from __future__ import annotations

from collections.abc import Mapping

from transfer_opt.core.vocabulary import (
    BENEFICIARIES,
    BOUNDS,
    CONTRIBUTION,
    COUNTIES,
    FUND,
    INDICATORS,
    OUTLOOK,
    OUTLOOK_ITEMS,
    POOLS,
    PROVINCES_PART,
    RULES,
    SCENARIOS,
    SECTIONS,
    SERVICES,
    SUCCESSION,
    THRESHOLDS,
    WARNING_LEVEL,
    WEIGHTS,
)
from transfer_opt.policy.shared_costs import LEVELS
from transfer_opt.policy.warning_levels import LEVELS as WARNING_LEVELS
from transfer_opt.workbook.input.column import CellKind as CellKind
from transfer_opt.workbook.input.column import InputColumn as InputColumn
from transfer_opt.workbook.input.monitoring import INDICATOR_COLUMNS, THRESHOLD_COLUMNS
from transfer_opt.workbook.input.section_columns import SECTION_COLUMNS
from transfer_opt.workbook.input.succession_columns import SUCCESSION_COLUMNS

ZONES = ("国家重点生态功能区", "省级重点生态功能区", "禁止开发区")
ASSESSMENTS = ("变好", "基本稳定", "变差")
YES_NO = ("是", "否")
HARDNESS = ("硬", "软")

_COUNTY_COLUMNS = (
    InputColumn(
        "行政区划代码", "code", "六位行政区划代码，按文本填写，不得重复。", band="基本情况", width=9
    ),
    InputColumn(
        "县区名称",
        "name",
        "县、市、区全称，不得重复。小计、合计、州本级行可以保留，不参加分配。",
        band="基本情况",
        width=21,
    ),
    InputColumn(
        "市州",
        "name",
        "所属市、自治州全称，每一行都要填写，不要合并单元格。",
        band="基本情况",
        width=15,
    ),
    InputColumn("常住人口", "number", "年末常住人口，必须大于0。", "人", band="基本情况", width=11),
    InputColumn(
        "标准财政收入",
        "number",
        "按客观因素测算的标准财政收入，不是决算数。",
        "金额",
        band="标准收支与财力",
        width=11,
    ),
    InputColumn(
        "标准财政支出",
        "number",
        "按客观因素测算的标准财政支出，必须大于0。",
        "金额",
        band="标准收支与财力",
        width=11,
    ),
    InputColumn(
        "可用财力",
        "number",
        "一般公共预算收入（扣除专项性质部分）加税收返还、体制补助等可统筹补助，减体制上解；"
        "不含本次测算的各项资金（上年数、提前下达数、一次性数都不含）；入不敷出的可以是负数。",
        "金额",
        band="标准收支与财力",
        width=11,
        signed=True,
    ),
    InputColumn(
        "保基本民生需求",
        "number",
        "按国家和省定范围、标准测算的保基本民生支出需求。",
        "金额",
        band="“三保”支出需求",
        width=11,
    ),
    InputColumn(
        "保工资需求",
        "number",
        "按国家统一出台的工资政策测算的保工资支出需求。",
        "金额",
        band="“三保”支出需求",
        width=11,
    ),
    InputColumn(
        "保运转需求",
        "number",
        "按省定标准测算的保运转支出需求。",
        "金额",
        band="“三保”支出需求",
        width=11,
    ),
    InputColumn(
        "功能区类型",
        "text",
        "从下拉列表中选择；不属于功能区的留空，不参加只分给功能区的资金的分配。",
        required=False,
        choices=ZONES,
        band="类型与考核",
        width=17.5,
    ),
    InputColumn(
        "禁止开发区面积",
        "number",
        "各级自然保护区等禁止开发区域面积，没有的填0。",
        "平方公里",
        band="类型与考核",
        width=10,
    ),
    InputColumn(
        "生态考核结果",
        "text",
        "县域生态环境质量考核结果，从下拉列表中选择；未考核的留空。",
        required=False,
        choices=ASSESSMENTS,
        band="类型与考核",
        width=10,
    ),
    InputColumn(
        "困难地区类型",
        "text",
        "困难地区的类型名称，如“集中连片特困地区”；不属于困难地区的留空。",
        required=False,
        band="类型与考核",
        width=16,
    ),
    InputColumn(
        f"上年{FUND}",
        "number",
        "上年实际分配给该县区的该项资金。参加今年分配的县区必填，上年没有得到的填0；不参加的可以留空。",
        "金额",
        band="上年分配",
        width=14,
    ),
    InputColumn(
        f"上年{FUND}其中一次性",
        "number",
        "上年该项资金中的一次性补助，不作为今年的基数。",
        "金额",
        required=False,
        width=14,
    ),
    InputColumn(
        f"提前下达{FUND}",
        "number",
        "已经提前下达的该项资金，今年的分配数不会低于它。",
        "金额",
        required=False,
        width=14,
    ),
    InputColumn("户籍人口", "number", "年末户籍人口。", "人", required=False, width=11),
    InputColumn("财政供养人口", "number", "财政供养人员数。", "人", required=False, width=11),
    InputColumn(
        "必保支出",
        "number",
        "计算困难程度用的必保支出；不设此列时取“三保”需求合计。",
        "金额",
        required=False,
        width=11,
    ),
    InputColumn(
        "禁止开发区个数",
        "number",
        "禁止开发区域个数；设此列时代替面积参加计算。",
        "个",
        required=False,
        width=9,
    ),
    InputColumn(
        "引导性补助名单",
        "text",
        "属于引导性补助范围的填“是”，其他留空。",
        required=False,
        choices=YES_NO,
        width=9,
    ),
    InputColumn("绩效系数", "number", "绩效评价系数。", required=False, width=9),
    InputColumn(
        WARNING_LEVEL,
        "text",
        "上年监测的等级，从 transfer-opt monitor 写出的「各年等级」复制；只用来分组，不要填本年测算得到的等级。",
        required=False,
        choices=WARNING_LEVELS,
        width=9,
    ),
    InputColumn(
        "土地出让收益",
        "number",
        "当年土地出让收益；没有的填0。只用于监测，不参加分配。",
        "金额",
        required=False,
        width=11,
    ),
    InputColumn(
        "用于农业农村支出",
        "number",
        "土地出让收益中用于农业农村的支出；没有的填0。只用于监测，不参加分配。",
        "金额",
        required=False,
        width=11,
    ),
    InputColumn(
        CONTRIBUTION,
        "number",
        "这个县区出到流域补偿资金里的钱，从可用财力中减去；不出资的留空。",
        "金额",
        required=False,
        width=11,
    ),
)

_POOL_COLUMNS = (
    InputColumn("资金", "name", "资金全称，与县区数据表“上年…”各列的名称一致。", width=28),
    InputColumn(
        "本年总额", "number", "本年可分配的资金总额，按县区数据表的单位填写。", "金额", width=13
    ),
    InputColumn("上年总额", "number", "上年资金总额，可以留空。", "金额", required=False, width=13),
    InputColumn(
        "州本级及其他",
        "number",
        "从总额中留给州本级及其他单位、不分配到县区的部分，没有的留空。",
        "金额",
        required=False,
        width=13,
    ),
    InputColumn(
        "其中省级",
        "number",
        "本年总额中省级自己安排、可以在各项资金之间统筹的部分；不作统筹的留空。中央资金不能改变用途。",
        "金额",
        required=False,
        width=11,
    ),
    InputColumn(
        "省级下限",
        "number",
        "统筹时这项资金的省级部分不得低于此数；各项的上下限都留空时不统筹，只在「敏感性」里试算。",
        "金额",
        required=False,
        width=11,
    ),
    InputColumn(
        "省级上限",
        "number",
        "统筹时这项资金的省级部分不得高于此数；不限的留空。",
        "金额",
        required=False,
        width=11,
    ),
    InputColumn(
        PROVINCES_PART,
        "number",
        "各县共同出资的流域补偿资金填省级出的部分：它与「县区数据」的流域出资相加等于本年总额；其他资金留空。",
        "金额",
        required=False,
        width=13,
    ),
    InputColumn(
        "科目编码", "code", "收入科目编码，只作说明，不参加计算。", required=False, width=11
    ),
    InputColumn(
        "收文日期", "text", "收到上级资金文件的日期，如2026-03-15。", required=False, width=12
    ),
    InputColumn("依据", "text", "资金的文件依据。", required=False, width=40),
)

_RULE_COLUMNS = (
    InputColumn("规则", "text", "规则名称，不要改动。", width=13),
    InputColumn("资金", "text", "只对某项资金起作用时填资金全称；留空表示全部。", width=26.5),
    InputColumn(
        "参数",
        "text",
        "参数名称，不要改动；留空表示这一行只说明整条规则的启用、刚性和优先级。",
        width=10.5,
    ),
    InputColumn(
        "对象",
        "text",
        "只对某个市州或县区起作用时填其名称；留空表示全部。",
        required=False,
        width=8,
    ),
    InputColumn(
        "取值", "free", "参数的数值或选项；留空表示采用默认值。比例可写0.15，也可写15%。", width=15
    ),
    InputColumn(
        "启用", "text", "填“是”或“否”；填“否”则这条规则不参加计算。", choices=YES_NO, width=5.5
    ),
    InputColumn(
        "刚性",
        "text",
        "“硬”必须满足；“软”尽量满足，做不到时给出缺多少。",
        choices=HARDNESS,
        width=5.5,
    ),
    InputColumn("优先级", "number", "软规则之间的先后，1最先。", required=False, width=6.5),
    InputColumn("依据条款", "text", "规则的政策依据。", width=25),
    InputColumn("说明", "text", "这一行的意思。", width=53),
)

_SCENARIO_COLUMNS = (
    InputColumn(
        "规则", "text", "要改动的规则；“目标”表示优化顺序，“资金总额”表示资金规模。", width=13
    ),
    InputColumn("资金", "text", "只改某项资金时填资金全称；留空表示全部。", width=26.5),
    InputColumn("参数", "text", "要改动的参数。", width=10.5),
    InputColumn(
        "对象", "text", "只改某个市州或县区时填其名称；留空表示全部。", required=False, width=8
    ),
)

_WEIGHT_COLUMNS = (
    InputColumn("资金", "text", "资金全称。", width=28),
    InputColumn("因素", "text", "因素名称，不要改动。", width=23),
    InputColumn(
        "参数",
        "text",
        "留空的行填因素的权重；不留空的行填测算办法里的这个参数。",
        required=False,
        width=20,
    ),
    InputColumn(
        "权重",
        "number",
        "权重或参数的数值；留空表示采用模型的。权重只看相互之比，不必合计为1；填0则不用这个因素。",
        required=False,
        width=9,
    ),
    InputColumn("依据条款", "text", "因素的政策依据。", required=False, width=25),
    InputColumn("说明", "text", "这一行的意思。", required=False, width=42),
)

_BOUND_COLUMNS = (
    InputColumn(
        "行政区划代码", "code", "六位行政区划代码；与县区名称填一项即可。", required=False, width=12
    ),
    InputColumn(
        "县区名称",
        "name",
        "县区全称，或市州全称（给整个市州定上下限）；县区也可以只填行政区划代码。",
        required=False,
        width=20,
    ),
    InputColumn("资金", "text", "资金全称；各项资金的合计填“合计”。", width=27),
    InputColumn(
        "下限", "number", "分配数不得低于此数；不限的留空。", "金额", required=False, width=13
    ),
    InputColumn(
        "上限", "number", "分配数不得高于此数；不限的留空。", "金额", required=False, width=13
    ),
    InputColumn("理由", "text", "必须写明理由，结果中会原样列出。", width=42),
)

GROWTH, AMOUNT = "增幅", "金额"
OUTLOOK_WAYS = (GROWTH, AMOUNT)

_OUTLOOK_COLUMNS = (
    InputColumn("项目", "text", "要展望的数，从下拉列表中选择。", choices=OUTLOOK_ITEMS, width=17),
    InputColumn(
        "资金",
        "text",
        "项目是「本年总额」时填资金全称，各项资金增幅相同的可以留空；其他项目留空。",
        required=False,
        width=28,
    ),
    InputColumn(
        "对象",
        "text",
        "只说某个市州或县区时填其名称；留空表示全省。县区先于市州，市州先于全省。",
        required=False,
        width=18,
    ),
    InputColumn(
        "方式",
        "text",
        "“增幅”：比前一年增减的比例，如3%、-1%；“金额”：当年的数（常住人口为人数）。",
        choices=OUTLOOK_WAYS,
        width=9,
    ),
    InputColumn("依据", "text", "这一行的依据。", required=False, width=40),
)

_SERVICE_COLUMNS = (
    InputColumn(
        "事项",
        "text",
        "共同财政事权事项的名称，与「受益人数」的表头一致；分档次的，每档写一行。",
        width=24,
    ),
    InputColumn(
        "标准", "number", "每人每年多少元；同一事项各行填一样，标准不同的分成两个事项。", width=12
    ),
    InputColumn(
        "列入三保",
        "text",
        "属于保基本民生的填“是”，其他填“否”。",
        choices=YES_NO,
        width=9,
    ),
    InputColumn(
        "档次",
        "text",
        "县区的档次，如“一档”，与「受益人数」的档次一致；各县分担比例都一样的事项留空。",
        required=False,
        width=9,
    ),
    *(
        InputColumn(
            level, "number", f"{level}承担的比例，如10%；不分担的写0。四级合计必须是1。", width=9
        )
        for level in LEVELS
    ),
    InputColumn("依据", "text", "分担办法的文号。", required=False, width=44),
)

_BENEFICIARY_COLUMNS = (
    InputColumn(
        "行政区划代码", "code", "六位行政区划代码；与县区名称填一项即可。", required=False, width=11
    ),
    InputColumn("县区名称", "name", "与县区数据表一致，县区要齐全。", width=22),
    InputColumn("市州", "name", "所属市、自治州。", required=False, width=16),
    InputColumn("档次", "text", "这个县区的档次；事项都不分档次时不要这一列。", width=9),
    InputColumn(
        "其他保基本民生需求",
        "number",
        "共担事项以外的保基本民生需求；没有这一列就是没有。",
        "金额",
        required=False,
        width=18,
    ),
)

SHEETS: Mapping[str, tuple[InputColumn, ...]] = {
    COUNTIES: _COUNTY_COLUMNS,
    POOLS: _POOL_COLUMNS,
    RULES: _RULE_COLUMNS,
    SCENARIOS: _SCENARIO_COLUMNS,
    WEIGHTS: _WEIGHT_COLUMNS,
    BOUNDS: _BOUND_COLUMNS,
    OUTLOOK: _OUTLOOK_COLUMNS,
    SERVICES: _SERVICE_COLUMNS,
    BENEFICIARIES: _BENEFICIARY_COLUMNS,
    THRESHOLDS: THRESHOLD_COLUMNS,
    INDICATORS: INDICATOR_COLUMNS,
    SECTIONS: SECTION_COLUMNS,
    SUCCESSION: SUCCESSION_COLUMNS,
}
"""Canonical sheet name → its columns in the template's order."""

FREE_HEADERS: frozenset[str] = frozenset({SCENARIOS, OUTLOOK})
"""Sheets whose other columns are the user's own (scenarios, years) and hold numbers or text as typed."""
