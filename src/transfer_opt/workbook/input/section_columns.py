"""The columns of 「断面」."""

from __future__ import annotations

from transfer_opt.policy.sections import CLASSES, POLLUTANTS
from transfer_opt.workbook.input.column import InputColumn

BASE, FOUND = "基准", "实际"
"""After the name of a pollutant: its concentration then and now."""

SECTION_COLUMNS = (
    InputColumn("断面名称", "text", "断面的名称，一个断面写一行，不得重复。", width=14),
    InputColumn("上游", "text", "上游县区的全称。", width=15),
    InputColumn(
        "下游",
        "text",
        "下游县区的全称；几个县区分担的，用“、”隔开，分担比例按同样的次序写。",
        width=17,
    ),
    InputColumn(
        "分担比例",
        "free",
        "下游只有一个县区的留空；几个的写成“60%、40%”，合计必须是100%。",
        required=False,
        width=11,
    ),
    *(
        InputColumn(name, "text", "水质类别，从下拉列表中选择。", choices=CLASSES, width=6.5)
        for name in ("目标类别", "实际类别")
    ),
    InputColumn(
        "每级金额",
        "number",
        "实际比目标每好（差）一级，下游补偿上游（上游补偿下游）多少；没有约定写0。",
        "金额",
        width=9,
    ),
    InputColumn(
        "每1%金额",
        "number",
        "污染物指标每下降（上升）1%，下游补偿上游（上游补偿下游）多少；没有约定写0。",
        "金额",
        width=9,
    ),
    InputColumn(
        "指标上限",
        "number",
        "按指标变化计算的部分两个方向都不超过多少；不封顶的留空。",
        "金额",
        required=False,
        width=9,
    ),
    *(
        InputColumn(
            f"{pollutant}{when}",
            "number",
            f"{pollutant}的{told}浓度，毫克/升。与「指标变化」填一种即可。",
            required=False,
            width=8.5,
        )
        for pollutant in POLLUTANTS
        for when, told in ((BASE, "基准年"), (FOUND, "考核年"))
    ),
    InputColumn(
        "指标变化",
        "number",
        "污染物指标比基准变化的比例，下降为负，如-4%；填了六个浓度的留空。",
        required=False,
        width=8.5,
        signed=True,
    ),
    InputColumn("依据", "text", "协议文号；没有协议、只作测算的写“试算”。", width=26),
)
