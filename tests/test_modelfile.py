"""The model file is read strictly: what it does not know, it names, with the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from transfer_opt.errors import InputError
from transfer_opt.modelfile import load_model, shipped

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
    assert [scenario.name for scenario in spec.scenarios] == ["基准方案", "均衡优先", "稳定优先", "生态优先"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("objective = [", "objektive = [", "objective"),
        ('function = "zone_gap"', 'function = "zone_gaps"', "zone_gap"),
        ('[rules."上年保底"]', '[rules."上年保低"]', "上年保底"),
        ('rule = "生态稳定增长", parameter = "增长率"', 'rule = "生态稳定增长", parameter = "增长"', "增长率"),
        ('rule = "生态稳定增长", parameter', 'rule = "生态稳增长", parameter', "生态稳定增长"),
        ('objective = ["三保缺口最小", "贴近因素法"]', 'objective = ["三保缺口小"]', "三保缺口最小"),
        ('clause = ["十八"]', 'clause = ["十人"]', "十人"),
        ('minimum = 0.0', 'minimun = 0.0', "minimum"),
    ],
)
def test_an_unknown_word_is_named_with_the_nearest_right_one(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in wrong(tmp_path, old, new)


def test_a_scenario_may_name_a_fund_by_its_short_name(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(TEXT.replace('{ rule = "生态稳定增长", parameter', '{ rule = "生态稳定增长", fund = "生态", parameter'),
                    encoding="utf-8")
    (change, _) = load_model(path).scenarios[3].changes
    assert change.fund == "重点生态功能区转移支付"


def test_a_file_that_is_no_toml_says_the_line(tmp_path: Path) -> None:
    assert "第 1 行" in wrong(tmp_path, TEXT[:20], "这不是 TOML")
