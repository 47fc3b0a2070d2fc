"""Every name that the workbooks, the model file and the program share, bound once."""

from __future__ import annotations

# ------------------------------------------------------------ sheets an official fills in
COUNTIES = "县区数据"
POOLS = "资金总额"
RULES = "约束参数"
SCENARIOS = "方案"
BOUNDS = "县区上下限"
WEIGHTS = "因素权重"

# ------------------------------------------------------------ sheets of a result
ALLOCATION = "分配结果"
STEPS = "测算说明"
COMPLIANCE = "约束审计"
COVERAGE_CHART = "保障水平对比"
SENSITIVITY = "敏感性"
COUNTY_SENSITIVITY = "敏感性分县"
FUND_COMPARISON = "分资金对比"
PARAMETERS = "方案参数"
INPUT = "输入数据"
NOTICE = "县区说明单"
CHART_DATA = "图表数据"
FACTS = "审计信息"
PROOF = "证明"
ADJUSTED = "人工调整"
CHECKED = "批准后核验"
APPROVED_ALLOCATION = "批准后分配表"
SCENARIO_COMPARISON = "方案比较"

# ------------------------------------------------------------ columns
CODE = "行政区划代码"
NAME = "县区名称"
PREFECTURE = "市州"
SUBTOTAL = "小计"
TOTAL = "合计"
APPROVED = "批准数"
FUND = "〈资金〉"
"""In the name of a column: the fund it speaks of."""

# ------------------------------------------------------------ rules and choices
NEED_RULE = "三保兜底"
POOL_RULE = POOLS
POOL_AMOUNT = "本年总额"
GIVEN_RULE = BOUNDS
GIVEN_TOTAL_RULE = "合计上下限"
ASSESSMENT_RULE = "考核奖惩"
FLOOR_RULE = "上年保底"
CAP_RULE = "增幅上限"
FACTOR_RULE = "因素法"
ELIGIBILITY_RULE = "资格"
REFERENCE_STEP = "因素法测算额"
ROUNDING_STEP = "取整"
BASELINE = "基准方案"
ONE_OFF = "其中一次性"
"""Ends the name of a column of what was paid once only last year."""
SIGNATURE = ("编制人", "日期", "一句话")
"""In the place of a rule: who made a scenario, when, and what it is for."""
YES, NO = "是", "否"
HARD, SOFT = "硬", "软"
EXAMPLE = "示例数据"
