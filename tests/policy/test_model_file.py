"""The model file is read strictly: what it does not know, it names, with the nearest right word."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from transfer_opt.core.errors import InputError
from transfer_opt.policy.model_file.loading import load_model, shipped

TEXT = shipped("models", "qinghai", "model.toml").read_text(encoding="utf-8")


def wrong(tmp_path: Path, old: str, new: str) -> str:
    """What is said of a model file in which one passage is changed."""
    assert old in TEXT
    path = tmp_path / "model.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_model(path)
    return str(caught.value)


def test_the_shipped_model_has_three_funds_and_four_scenarios() -> None:
    spec = load_model()
    assert [fund.short for fund in spec.funds] == ["均衡性", "县级保障", "生态"]
    assert [scenario.name for scenario in spec.scenarios] == [
        "基准方案",
        "均衡优先",
        "稳定优先",
        "生态优先",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("objective = [", "objektive = [", "objective"),
        ('function = "zone_gap"', 'function = "zone_gaps"', "zone_gap"),
        ('[rules."上年保底"]', '[rules."上年保低"]', "上年保底"),
        (
            'rule = "生态稳定增长", parameter = "增长率"',
            'rule = "生态稳定增长", parameter = "增长"',
            "增长率",
        ),
        ('rule = "生态稳定增长", parameter', 'rule = "生态稳增长", parameter', "生态稳定增长"),
        (
            'objective = ["三保缺口最小", "贴近因素法"]',
            'objective = ["三保缺口小"]',
            "三保缺口最小",
        ),
        ('clause = ["十八"]', 'clause = ["十人"]', "十人"),
        ("minimum = 0.0", "minimun = 0.0", "minimum"),
    ],
)
def test_an_unknown_word_is_named_with_the_nearest_right_one(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in wrong(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new", "place", "remedy"),
    [
        (
            'title = "青海省',
            'titel = "青海省',
            "模型文件第 3 行里的「titel」不认识",
            "是否为「title」？",
        ),
        (
            'version = "2026.1"',
            "version = 2026.1",
            "「version」写的是 2026.1，应是加引号的文字",
            'version = "…"',
        ),
        (
            'date = "2022-01-13"',
            "date = 2022-01-13",
            '[clauses."二十一"] 里的「date」写的是 2022-01-13，应是',
            'date = "…"',
        ),
        (
            'short = "生态"\n',
            "",
            "[[funds]]「重点生态功能区转移支付」里缺少「short」",
            'short = "…"',
        ),
        (
            'short = "生态"',
            'short = "均衡性"',
            "[[funds]]「重点生态功能区转移支付」里的「short」写了「均衡性」，前面已经有一个「均衡性」",
            "改名",
        ),
        (
            'name = "均衡性转移支付"',
            'name = "均衡性 转移支付"',
            "里面没有空格和全角括号",
            'name = "…"',
        ),
        (
            "weight = 0.70",
            'weight = "七成"',
            '「重点生态功能区转移支付·重点补助」里的「weight」写的是 "七成"，应是',
            "weight = 1.0",
        ),
        ("weight = 0.70", "weight = -0.7", "应是0 至 1000000 的数字", "weight = 1.0"),
        (
            "required_share = 0.55",
            "requird_share = 0.55",
            "parameters 里的「requird_share」不认识",
            "是否为「required_share」？",
        ),
        (
            '"禁止开发区" = 0.4',
            '"禁止开发区" = -0.4',
            "的 parameters.tiers 里的「禁止开发区」写的是 -0.4，应是",
            '"禁止开发区" = 1.0',
        ),
        (
            "# 规则：",
            '[[funds]]\nname = "丁"\nshort = "丁"\nclause = "省定"\nfactors = []\n#',
            "「factors」写的是 []，应是至少一段",
            "factors = [",
        ),
        ('default = "1万元"', 'default = ""', 'default 写的是 ""，是空的', "写上取值"),
        ("gap_share = 0.45, ", "", "里缺少「gap_share」", "gap_share = 0.0"),
        (
            'after = ["均衡性转移支付"]',
            'after = ["重点生态功能区转移支付"]',
            "它不是排在本资金前面的资金",
            "是否为「均衡性转移支付」？",
        ),
        (
            'kind = "一般性转移支付"',
            'kind = "一般性转移"',
            "写了资金类别「一般性转移」",
            "是否为「一般性转移支付」？",
        ),
        (
            '[rules."县区上下限"]',
            '[rules."县区上下线"]',
            "规则「县区上下线」不存在",
            "是否为「县区上下限」？",
        ),
        (
            '.parameters."占比上限"]',
            '.parameters."占比上线"]',
            "规则「单县占比上限」的参数「占比上线」不存在",
            "是否为「占比上限」？",
        ),
        (
            'by = "line"\nhard',
            'by = "fund"\nhard',
            '[rules."上年保底"] 里的「by」写的是 "fund"，应是 "line"',
            'by = "line"',
        ),
        (
            'kind = "ratio"',
            'kind = "percent"',
            '「kind」写的是 "percent"，应是 "ratio"',
            'kind = "ratio"',
        ),
        ('choices = ["是", "否"]', 'choices = ["是", "不"]', "写了取值「不」", "是、否"),
        (
            'clause = ["58号", "省定"]',
            'clause = "58号"',
            '「clause」写的是 "58号"，应是方括号里的几段文字',
            'clause = ["…"]',
        ),
        ("default = 0.05", 'default = "5%"', 'default 写的是 "5%"，不是数字', "0.15"),
        (
            "default = 0.05",
            "default = 5",
            "default 写的是 5，超出允许范围 0% 至 100%",
            "改到范围之内",
        ),
        (
            'default = "1万元"',
            'default = "百元"',
            'default 写的是 "百元"，不是公布单位',
            "0.01万元",
        ),
        ('default = "1万元"', "default = 1", "default 写的是 1，应是加引号的文字", "加上引号"),
        ("on = false", 'on = "否"', '「on」写的是 "否"，应是true、false', "on = true"),
        ("priority = 2", "priority = 1.5", "「priority」写的是 1.5，应是", "priority = 1"),
        (
            'hard = { "均衡性转移支付"',
            'hard = { "均衡性转移"',
            "hard 写了资金「均衡性转移」",
            "是否为「均衡性转移支付」？",
        ),
        (
            "value = 0.06",
            "value = 60",
            "[[scenarios]]「生态优先」里「生态稳定增长」·增长率写的是 60，超出",
            "改到范围之内",
        ),
        (
            'name = "稳定优先"',
            'name = "均衡优先"',
            "[[scenarios]]「均衡优先」里的「name」写了「均衡优先」，前面已经有一个",
            "改名",
        ),
        ("[[scenarios]]", "[[scenario]]", "「scenario」不认识", "是否为「scenarios」？"),
        (
            '[values."生态考核结果"]',
            '[values]\n"生态考核结果" = "好"\n[x]',
            '「生态考核结果」写的是 "好"，应是一个表',
            '"生态考核结果" = {',
        ),
    ],
)
def test_each_mistake_is_one_sentence_that_says_where_and_what_instead(
    tmp_path: Path, old: str, new: str, place: str, remedy: str
) -> None:
    first, *_ = [line for line in wrong(tmp_path, old, new).splitlines() if place in line]
    assert first.startswith("[E150] 模型文件")
    assert remedy in first.split("处理办法：")[1]


def test_all_mistakes_of_a_kind_are_told_at_once(tmp_path: Path) -> None:
    said = wrong(
        tmp_path,
        TEXT,
        TEXT.replace("\nweight = ", "\nwieght = ").replace("days = 30", 'days = "三十"'),
    )
    assert said.count("「wieght」不认识") == TEXT.count("\nweight = ")
    assert "「days」写的是" in said


def told(tmp_path: Path, text: str) -> list[str]:
    """The sentences about a model file of that text."""
    path = tmp_path / "model.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_model(path)
    return str(caught.value).splitlines()


def test_shape_words_and_values_are_told_in_one_run_in_the_order_of_the_file(
    tmp_path: Path,
) -> None:
    changes = [
        ('title = "青海省', 'titel = "青海省'),
        ("days = 30", 'days = "三十"'),
        ('clause = "59号"', 'clause = "95号"'),
        ('"重点生态功能区转移支付" = 0.20', '"重点生态功能区" = 0.20'),
        ("default = 0.05", "default = 5"),
        ('kind = "choice"', 'kind = "choise"'),
        ('summary = "公布数', 'sumary = "公布数'),
        ("value = 0.06", 'value = "六"'),
    ]
    text = TEXT
    for old, new in changes:
        text = text.replace(old, new, 1)
    lines = [text[: text.index(new)].count("\n") + 1 for _, new in changes]
    sentences = told(tmp_path, text)
    assert [int(re.findall(r"第 (\d+) 行", sentence)[0]) for sentence in sentences] == sorted(
        [*lines, lines[3]]
    )  # a fund that is misspelt is also one without a value
    assert sum("[E151]" in sentence for sentence in sentences) == 1


@pytest.mark.parametrize(
    ("old", "new", "line_of", "said"),
    [
        (
            "weight = 0.3\n",
            "",
            '[[funds.factors]]\nfunction = "need_pressure"',
            "[[funds.factors]]「县级基本财力保障机制奖补资金·三保压力」里缺少「weight」",
        ),
        (
            'parameters = { after = ["均衡性转移支付"] }',
            'parameters = { afters = ["均衡性转移支付"] }',
            "parameters = { afters",
            "里的「afters」不认识",
        ),
        (
            'parameters = { after = ["均衡性转移支付"] }',
            'parameters.after = [\n"均衡性转移支付",\n"丙",\n]',
            '"丙",',
            "里的「after」写了「丙」",
        ),
        (
            'clause = ["58号", "140号", "59号"]',
            'clause = [\n  "58号", # 甲\n\n  "140号",\n  "95号"]',
            '  "95号"',
            "里的「clause」写了条款「95号」",
        ),
        (
            'objective = ["三保缺口最小", "贴近因素法"]',
            'objective = [\n"三保缺口最小",\n"远离因素法",\n]',
            '"远离因素法"',
            "写了目标「远离因素法」",
        ),
        (
            '{ rule = "财力薄弱倾斜", parameter',
            '{ rule = "财力薄弱倾", parameter',
            '{ rule = "财力薄弱倾",',
            "[[scenarios.changes]]「生态优先·第 2 项」里的「rule」",
        ),
        (
            '{ rule = "财力薄弱倾斜", parameter = "组别", value',
            '{ rule = "财力薄弱倾斜", parameter = "组别", wert',
            "wert =",
            "里的「wert」不认识",
        ),
        (
            '[rules."取整".parameters."单位"]\ndefault = "1万元"',
            '[rules."取整"]\nparameters."单位".default = "百元"',
            None,
            "同一个表写了两次",
        ),
        (
            '"湟中县" = "湟中区"',
            '"湟中县" = 1',
            '"湟中县" = 1',
            "[former] 里的「湟中县」写的是 1，应是加引号的文字",
        ),
        (
            'hard = { "均衡性转移支付" = true',
            'hard = { "均衡性转移支付" = "是"',
            'hard = { "均衡性转移支付" = "是"',
            "里的「hard」写的是",
        ),
        (
            "maximum = 100.0",
            "maximum = nan",
            "maximum = nan",
            "里的「maximum」写的是 nan，应是绝对值不超过 1 万亿的数字",
        ),
        (
            "maximum = 100.0",
            "maximum = -1",
            "minimum = 0.0\nmaximum = -1",
            "里的 minimum 0 比 maximum -1 大",
        ),
        (
            "weight = 1.0",
            "weight = 1e308",
            "weight = 1e308",
            "里的「weight」写的是 1e+308，应是0 至 1000000 的数字",
        ),
        (
            "maximum = 100.0",
            "maximum = 1e13",
            "maximum = 1e13",
            "里的「maximum」写的是 10000000000000.0，应是绝对值",
        ),
        (
            'objective = ["三保缺口最小", "贴近因素法"]',
            "objective = []",
            "objective = []",
            "应是方括号里的几个目标，至少一个",
        ),
        (
            "days = 30",
            "days = 99999999999",
            '"一般性转移支付" = { days',
            "里的「days」写的是 99999999999，应是1 至 9999 的整数",
        ),
        ("weight = 1.0", "weight = 1" + "0" * 400, "weight = 1000", "里的「weight」写的是 1000"),
        (
            "weight = 1.0",
            "weight = 0x" + "f" * 1_000_000,
            "weight = 0xf",
            "里的「weight」写的是 …，应是0 至 1000000 的数字",
        ),
    ],
)
def test_the_line_told_is_that_of_the_key_the_element_or_the_header(
    tmp_path: Path, old: str, new: str, line_of: str | None, said: str
) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    [sentence] = [sentence for sentence in told(tmp_path, text) if said in sentence]
    if line_of:
        assert sentence.startswith(
            f"[E150] 模型文件第 {text[: text.index(line_of)].count(chr(10)) + 1} 行"
        )


def test_rules_that_are_not_there_are_told_in_one_sentence(tmp_path: Path) -> None:
    top, end = TEXT.index('[rules."敏感性"]'), TEXT.index("# 方案只写")
    said = wrong(tmp_path, TEXT[top:end], "")
    assert "缺少规则「敏感性」" in said
    assert '把 [rules."敏感性"] 一段抄过来' in said


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"title = 3",
        b"funds = 3\nrules = 4",
        b"rules = 1",
        b"\xff\xfe",
        b"a = " + b"[" * 9999,
        b"[clauses]\nx = 1",
        b"funds = [[1]]",
        b"[[rules]]\n[[funds]]\nfactors = 1",
    ],
)
def test_a_file_that_is_no_model_at_all_is_told_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_model(path)
    assert all(line.startswith("[E150] 模型文件") for line in str(caught.value).splitlines())


def test_a_scenario_may_name_a_fund_by_its_short_name(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(
        TEXT.replace(
            '{ rule = "生态稳定增长", parameter',
            '{ rule = "生态稳定增长", fund = "生态", parameter',
        ),
        encoding="utf-8",
    )
    (change, _) = load_model(path).scenarios[3].changes
    assert change.fund == "重点生态功能区转移支付"


def test_the_first_line_that_names_the_schema_for_editors_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(f"#:schema ./model.schema.json\n{TEXT}", encoding="utf-8")
    assert replace(load_model(path), sha256="") == replace(load_model(), sha256="")


def test_a_file_that_is_no_toml_says_the_line(tmp_path: Path) -> None:
    assert "第 1 行" in wrong(tmp_path, TEXT[:20], "这不是 TOML")


@pytest.mark.parametrize(
    ("former", "present"),
    [
        ('"甲县" = "都兰县"', {"甲县": "都兰县"}),
        ('"都兰县" = "都兰县"', {}),
        ('"甲县" = "乙县"\n"乙县" = "都兰县"', {"甲县": "都兰县", "乙县": "都兰县"}),
        ('"甲县" = "乙县"\n"乙县" = "甲县"', {}),
    ],
)
def test_a_former_name_leads_to_the_present_one_and_none_to_itself(
    former: str, present: dict[str, str], tmp_path: Path
) -> None:
    before, _, rest = TEXT.partition("[former]\n")
    path = tmp_path / "model.toml"
    path.write_text(
        f"{before}[former]\n{former}\n\n{rest[rest.index('[terms]') :]}", encoding="utf-8"
    )
    assert load_model(path).former == present
