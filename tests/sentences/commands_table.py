"""The table of the codes told by commands: what calls for each, and the nearest command that must not tell it."""

from __future__ import annotations

from books import ECOLOGY, EXAMPLE
from cases import SPEC
from corpus import county

from sentences.bench_said import kept, pinned
from sentences.commands_said import (
    FIXTURES,
    MONEY,
    Row,
    adjusted,
    against,
    audit,
    audited,
    balanced,
    budget,
    by,
    calculated,
    check,
    compare,
    compared,
    edited_budget,
    example,
    explain,
    footing,
    frontier,
    goal,
    grown,
    half,
    handled_result,
    into,
    listed,
    locked,
    locked_table,
    merged,
    model,
    need,
    older,
    other,
    part,
    refused,
    released,
    rename,
    renamed,
    renamed_county,
    resealed,
    result,
    rich,
    rounding,
    shown,
    small,
    solve,
    sweep,
    unlocked,
    unmoved,
    warned,
    wish,
)
from sentences.hands import cell, coded, handled, proof, unfit, without
from sentences.records_said import mapped, recorded, told_in
from sentences.years_said import YEARS
from transfer_opt.commands import adjust as adjusting
from transfer_opt.scenarios.goals import parse_goal
from transfer_opt.scenarios.sweep.plan import plan as sweep_plan

PEOPLE = cell("输入数据", "D5", 5)
UNFUNDED = [["县区名称", "教育"], ["城东区", 1.0]]
LISTED = [["县区名称", "均衡性转移支付"], ["城东区", 1.0]]
CROSSED = [
    ["市州", "县区名称", "金额"],
    ["甲州", "一县", 1.5],
    ["乙州", "二县", 2.5],
    [None, "小计", 4],
    ["甲州", "三县", 3.5],
    ["乙州", "四县", 4.5],
    [None, "小计", 8],
    [None, "合计", 12],
]
SHARES = [
    ["县区名称", "补助", "占比"],
    ["甲县", 10.4, 0.3377],
    ["乙县", 20.4, 0.6623],
    ["合计", 30.8, 1],
]
COUNTED = ["县区名称", "教育", "农业", "交通", "合计", "上年数", "较上年增减"]
HALVES = [  # counties in prefectures, by parts in a sum, against last year's sum: of these halves no choice fits all
    COUNTED,
    ["一县", 1, 0, 1.5, 2.5, 0.5, 2],
    ["二县", 0, 0.5, 0, 0.5, 1, -0.5],
    ["甲州小计", 1, 0.5, 1.5, 3, 1.5, 1.5],
    ["三县", 1.5, 0.5, 1.5, 3.5, 0, 3.5],
    ["四县", 0.5, 0, 0.5, 1, 1.5, -0.5],
    ["乙州小计", 2, 0.5, 2, 4.5, 1.5, 3],
    ["合计", 3, 1, 3.5, 7.5, 3, 4.5],
]
WHOLE = [HALVES[0], *([row[0], *(2 * value for value in row[1:])] for row in HALVES[1:])]
CAP = "增幅上限·均衡性·增幅上限"
RANGE = f"{CAP}=15%,16%"
SHORT = "三保缺口最小"
NO_ZONE = county("城东区", **{f"上年{ECOLOGY}": 100})

FILES = (
    Row("E110", lambda desk: desk.says("check", desk.path("无.xlsx")), example),
    Row("E111", check("空.xlsx", b""), example),
    Row("E112", lambda desk: desk.says("check", locked(desk)), unlocked("密码.txt")),
    Row("E113", check("坏.xlsx", b"PK\x03\x04" + bytes(200)), example),
    Row("E114", check("大.xlsx", bytes(50 * 1024 * 1024 + 1)), example),
    Row("E115", unlocked("没有.txt"), unlocked("密码.txt")),
    Row("E116", small("-o", "长" * 100 + ".xlsx"), small()),
    Row("E123", merged("C8:C9"), example),
    Row("E126", rename("财力"), rename("可用财力")),
    Row("E127", edited_budget(county("城中区", 县区名称="=B3")), example),
    Row("W138", part('<row r="9"', '<row r="9" hidden="1"'), example),
    Row("W139", part("<v>192715</v>", "<f>96357.5*2</f><v>192715</v>"), example),
    Row("E150", model('by = "line"', 'by = "kind"'), model("by", "by")),
    Row("E151", model("default = 1.0\n", ""), model("by", "by")),
    Row("E215", grown(None), grown(0.01)),
    Row("E160", small("--solver", "gurobby"), small()),
    Row("E161", mapped("无.geojson"), mapped(None)),
    Row("E220", solve("--scenario", "均衡优生"), small("--json", "--scenario", "稳定优先")),
    Row("E221", small("--unit", "百元"), small()),
    Row("E337", told_in("亿元", "--unit", "0.01元"), told_in("亿元", "--unit", "1元")),
    Row("W350", edited_budget(NO_ZONE), solve()),
    Row("W360", solve("--json"), small("--json", "--scenario", "稳定优先")),
    Row("W510", into("--json", again=True), into("--json", again=False)),
)
RESULTS = (
    Row("E170", lambda desk: desk.says("explain", EXAMPLE, "玛多县"), explain(0)),
    Row("E171", explain("甲乙县"), explain(0)),
    Row("E189", explain(0, "--versus", 0), explain(0, "--versus", 1)),
    Row("E190", explain(0, "--range", change=cell("分配结果", "D7", 1)), explain(0, "--range")),
    Row("E172", other("audit"), audit()),
    Row("W371", other("compare"), compare(result, result)),
    Row("E173", compare(renamed_county, result), compare(result, result)),
    Row("W370", compare(handled_result, result), compare(result, result)),
    Row("E175", compare(budget, result), compare(result, result)),
    Row("E176", compare(result, listed(LISTED, "元")), compare(result, listed(LISTED, "万元"))),
    Row("E174", compare(listed(LISTED)), compare(result, result)),
    Row("E177", compare(result, options=("--scenario", "甲")), compare(result, result)),
    Row("E181", compare(result, options=("--years", "2")), compare(result, result)),
    Row("E180", audited(compared), audit()),
    Row("E193", compare(result, listed(UNFUNDED, "亿元")), compare(result, listed(LISTED))),
    Row("E239", compare(result, result, options=("--baseline", "甲")), compare(result, result)),
    Row("E192", lambda desk: desk.says("audit", desk.small[1], *desk.small[:1] * 2), audit()),
    Row("E182", refused(lambda desk: adjusting.opened(handled_result(desk))), warned(wish())),
    Row("E183", refused(wish("甲乙县")), refused(wish())),
    Row("E184", refused(wish(fund="教育")), refused(wish(fund="均衡性"))),
    Row("E185", refused(wish(zoneless=True, fund="生态")), refused(wish(zoneless=True))),
    Row("E186", refused(wish(to="-1")), refused(wish(to="0"))),
    Row("E187", refused(unmoved), refused(wish(to="0"))),
    Row("E188", refused(wish(reason=" ")), refused(wish(reason="雪"))),
    Row("W380", warned(wish()), warned(balanced)),
    Row("W381", warned(wish(to="0")), warned(balanced)),
    Row("W611", audit(PEOPLE), audit()),
    Row("A602", audit(handled), audit()),
    Row("A606", audit(PEOPLE), audit()),
    Row("W612", audit(handled), audit()),
    Row("W613", audit(handled), audit()),
    Row("W617", audit(handled), audit()),
    Row("A609", audit(handled), audit()),
    Row("A610", audit(handled, budget=True), audit(handled)),
    Row("A601", resealed(proof), audit(handled)),
    Row("A604", resealed(coded), audit(handled)),
    Row("A603", resealed(coded), audit(handled)),
    Row("A607", audit(without("测算说明")), audit(handled)),
    Row("W614", older, audit()),
    Row("W618", older, audit()),
    Row("W619", released, older),
    Row("W615", against(renamed), against(budget)),
    Row("W616", audited(adjusted), audit()),
    Row("A608", audited(adjusted, cell("人工调整", "A5", "000000")), audited(adjusted)),
    Row("A605", resealed(unfit), audit()),
)
QUESTIONS = (
    Row("E230", sweep(), sweep(RANGE)),
    Row("E231", sweep(uncertain=("常住人口=±5%",)), sweep(uncertain=("常住人口=±5%",), draws=1)),
    Row("E232", sweep(RANGE, f"{CAP}=17%,18%"), sweep(RANGE)),
    Row("E233", sweep(f"{CAP}=高"), sweep(RANGE)),
    Row("E234", by("目标·顺序"), by(CAP)),
    Row(
        "E235",
        refused(
            lambda desk: sweep_plan(
                desk.poor, (f"增幅上限·{ECOLOGY}·增幅上限=15%,16%",), (), None, 1
            )
        ),
        sweep(f"增幅上限·{ECOLOGY}·增幅上限=15%,16%"),
    ),
    Row(
        "E236",
        sweep(uncertain=("常住人口=±100%",), draws=1),
        sweep(uncertain=("常住人口=±99%",), draws=1),
    ),
    Row(
        "E237", sweep(uncertain=("人头=±5%",), draws=1), sweep(uncertain=("常住人口=±5%",), draws=1)
    ),
    Row("E240", frontier(SHORT, SHORT), frontier(SHORT, "贴近因素法")),
    Row("E241", frontier(SHORT, "贴近因素法", hard=True), frontier(SHORT, "贴近因素法")),
    Row(
        "E242",
        frontier("较上年波动最小", "贴近因素法", born=True),
        frontier("较上年波动最小", "贴近因素法"),
    ),
    Row("E250", goal("少一些"), goal("三保缺口=0")),
    Row("E251", goal("最高保障水平>=80%"), goal("最低保障水平>=80%")),
    Row("E252", goal("最低保障水平<=80%"), goal("最低保障水平>=80%")),
    Row("E253", goal("最低保障水平>=80"), goal("最低保障水平>=80%")),
    Row(
        "E254",
        refused(lambda desk: parse_goal(f"{desk.zoneless}·生态>=1", desk.case, SPEC)),
        refused(lambda desk: parse_goal(f"{desk.zoneless}·均衡性>=1", desk.case, SPEC)),
    ),
    Row("E238", sweep("年度展望·均衡性·本年总额=1%,2%"), sweep(RANGE)),
    Row("E255", by("教育"), by("均衡性")),
    Row("E256", by("保障水平下限·下限比例"), by(CAP)),
    Row("E257", need("少于上年的县=0", born=True), need("少于上年的县=0", born=False)),
)
TABLES = (
    Row("E178", rounding(MONEY, "--columns", "款项"), rounding(MONEY, "--columns", "金额")),
    Row("E194", footing([["县区名称", "金额"], ["甲县", 1]]), footing(MONEY)),
    Row("E195", rounding([["没有表"]]), rounding(MONEY)),
    Row("E196", rounding(MONEY, "--unit", "万元"), rounding(MONEY)),
    Row("E197", rounding(MONEY, "--unit", "斤"), rounding(MONEY)),
    Row("E198", rounding([*MONEY[:3], ["合计", 41]]), rounding(MONEY)),
    Row("E199", half("=21/2", 10.6), half("=21/2")),
    Row("A690", recorded("update transfer_opt_lines set time = 'x' where number = 1"), recorded()),
    Row("A691", recorded("delete from transfer_opt_lines where number = 1"), recorded()),
    Row("A692", recorded("delete from transfer_opt_head"), recorded()),
    Row("E179", rounding(CROSSED, "--group", "市州"), rounding(CROSSED)),
    Row("W631", rounding([*MONEY[:3], ["合计", 31.1]]), rounding(MONEY)),
    Row("W632", rounding(HALVES), rounding(WHOLE)),
    Row("W633", rounding(SHARES), rounding(MONEY)),
    Row("W634", rounding({"甲表": MONEY, "乙表": MONEY}), rounding(MONEY)),
    Row("W635", half("=21/2"), half(None)),
    Row(
        "W636",
        calculated("round", "=VLOOKUP(B2,B1:B3,1,FALSE)", 10.5),
        calculated("round", "=B2*2", 21),
    ),
    Row("W637", rounding(locked_table, "--password-file", "密码.txt"), rounding(MONEY)),
    Row("W638", rounding(rich), rounding(MONEY)),
    Row("W639", rounding(FIXTURES / "qinghai.ods", "--unit", "10"), rounding(MONEY)),
    Row(
        "W641",
        calculated("audit", "=VLOOKUP(B2,B1:B3,1,FALSE)", 10.5),
        calculated("audit", "=B2*2", 21),
    ),
    Row("A622", calculated("audit", "=B2*2", 22), calculated("audit", "=B2*2", 21)),
    Row("A620", footing([*MONEY[:3], ["合计", 41]]), footing(MONEY)),
    Row("A621", footing([SHARES[0], ["甲县", 10.4, 0.5], *SHARES[2:]]), footing(SHARES)),
    Row("A623", footing([*MONEY[:2], ["二县", "20%"], ["合计", 31]]), footing(MONEY)),
    Row("W642", shown("0"), shown("0.0")),
)
PAGE = (
    Row("E490", refused(lambda desk: pinned(desk, " ")), refused(lambda desk: pinned(desk, "甲"))),
    Row("E491", refused(lambda desk: kept(desk, " ")), refused(lambda desk: kept(desk, "乙"))),
    Row("E492", lambda desk: desk.says("open", desk.path("无.xlsx")), example),
)
ROWS = (*FILES, *RESULTS, *QUESTIONS, *TABLES, *PAGE, *YEARS)
