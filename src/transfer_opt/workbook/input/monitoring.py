"""The columns of 「预警阈值」 and 「历年指标」, which `monitor` reads."""

from __future__ import annotations

from transfer_opt.policy.warning_levels import DIRECTIONS
from transfer_opt.workbook.input.column import InputColumn

THRESHOLD_COLUMNS = (
    InputColumn("指标", "text", "指标名称；县级指标写红、橙、黄，全省指标写最差、最好。", width=26),
    InputColumn("方向", "text", "从下拉列表中选择。", choices=tuple(DIRECTIONS), width=11),
    InputColumn("红", "number", "比它差就是红色；不设红色的留空。", required=False, width=9),
    InputColumn("橙", "number", "比它差就是橙色；不设橙色的留空。", required=False, width=9),
    InputColumn("黄", "number", "比它差就是黄色，达到就是绿色。", required=False, width=9),
    InputColumn(
        "回差",
        "number",
        "等级变好时要比线再好这么多，免得在线上下来回跳；不要回差写0。",
        required=False,
        width=9,
    ),
    InputColumn(
        "最差", "number", "得0分的值，整个规划期不变；不算指数的留空。", required=False, width=9
    ),
    InputColumn(
        "最好", "number", "得100分的值，整个规划期不变；不算指数的留空。", required=False, width=9
    ),
    InputColumn("领域", "text", "计入哪个领域的得分，如“缩小差距”。", required=False, width=12),
    InputColumn(
        "权重",
        "number",
        "领域的权重；同一领域写一次或写一样，各领域合计为1。",
        required=False,
        width=9,
    ),
    InputColumn("依据", "text", "文件依据。", required=False, width=40),
)

INDICATOR_COLUMNS = (
    InputColumn("行政区划代码", "code", "六位行政区划代码。", required=False, width=11),
    InputColumn("县区名称", "name", "县区全称；全省的指标另写一行，这里写“全省”。", width=22),
    InputColumn("市州", "name", "所属市、自治州。", required=False, width=16),
    InputColumn("年份", "free", "如2025。", width=8),
    InputColumn(
        "三保需求",
        "number",
        "当年“三保”支出需求；填了它，才能由三保保障倍数说出还差多少钱。",
        "金额",
        required=False,
        width=12,
    ),
)
