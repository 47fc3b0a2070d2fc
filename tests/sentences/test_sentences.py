"""Every sentence of the rooms that tell results: told in a scene where it is true, not told in one where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from sentences.desk import Desk
from sentences.features_scenes import FEATURE_SCENES
from sentences.features_table import TOLD_OF_FEATURES
from sentences.said import Said, sentences
from sentences.scenes import SCENES
from sentences.scenes_of_years import YEAR_SCENES
from sentences.sentences_of_years import TOLD_OF_YEARS
from sentences.sentences_table import BY_HAND, GUARDS, MACHINE, TOLD

EVERY = {**TOLD, **TOLD_OF_YEARS, **TOLD_OF_FEATURES}
ALL_SCENES = {**SCENES, **YEAR_SCENES, **FEATURE_SCENES}
SLOW = {
    *("例·核对", "多给12", "多给12·玛多", "多给12·附件", "多给12·比较", "粗取整", "钱少"),
    *("钱少·放宽", "少给", "两处矛盾", "一次性", "一次性·附件", "一次性·玛多", "不兜底", "有余"),
    *("有余·玛多", "拒绝", "改过", "别的模型", "核对表", "比较", "反算", "反算·达不到"),
    *("反算·已达到", "扫描", "展望·比较", "多年·不行", "多年·另定", "多年·只能统筹", "共担·比较"),
    *("交出", "交出·统筹", "交出·出资", "交出·不全", "交回"),
}
"""Scenes that are asked in `make slow`."""


def test_every_sentence_of_the_sources_has_a_row_and_every_row_a_sentence() -> None:
    rows = [*GUARDS, *MACHINE, *BY_HAND, *(each for group in EVERY.values() for each in group)]
    assert len(rows) == len(set(rows))
    assert {said.pattern for said in sentences()} == set(rows)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def _marks(*scenes: str) -> tuple[pytest.MarkDecorator, ...]:
    return (pytest.mark.slow,) if SLOW & set(scenes) else ()


@pytest.mark.parametrize(
    ("told", "beside"), [pytest.param(*each, marks=_marks(*each)) for each in EVERY]
)
def test_a_sentence_is_told_in_its_scene_and_not_beside(told: str, beside: str, desk: Desk) -> None:
    here, there = (ALL_SCENES[scene](desk) for scene in (told, beside))
    patterns = [Said("", 0, pattern, False) for pattern in EVERY[told, beside]]
    assert [said.pattern for said in patterns if not said.stands_in(here)] == []
    assert [said.pattern for said in patterns if said.stands_in(there)] == []


NUMBER = r"(-?[\d,]+(?:\.\d+)?)"


def numbers(pattern: str, text: str) -> list[tuple[float, ...]]:
    """The figures of every sentence of a kind."""
    found = re.findall(pattern.replace("#", NUMBER), text)
    return [tuple(float(part.replace(",", "")) for part in each) for each in found]


TRUE: tuple[tuple[str, str, Callable[..., bool]], ...] = (
    # scene, how the sentence reads (# is a figure), what must hold of its figures
    ("例·玛多", "本年合计 # 万元，比上年 # 增加 #", lambda now, then, more: now - then == more),
    ("例·城西", "本年合计 # 万元，比上年 # 增加 #", lambda now, then, more: now - then == more),
    ("多给12·玛多", "本年合计 # 万元，比上年 # 增加 #", lambda now, then, more: now - then == more),
    (
        "例·玛多",
        "可在 # 至 # 万元之间（最多可减 #，最多可增 #）",
        lambda low, high, less, more: high - low == less + more,
    ),
    (
        "例·湟源",
        "超出 # 万元：县级保障 #，至多应为 #。",
        lambda over, now, most: now - most == over,
    ),
    ("例·湟源", "可用财力加补助 #，至少应为 #", lambda now, least: now >= least),
    (
        "例·两县",
        "湟源县 # 万元，玛多县 # 万元，湟源县多 # 万元",
        lambda one, other, more: one - other == more,
    ),
    ("多给12", "测算 # 万元，批准 # 万元（\\+#）", lambda before, now, more: now - before == more),
    (
        "多给12",
        "测算合计 #，批准合计 #，可分配总额 #",
        lambda was, now, pool: was == pool and now - was in (0, 12),
    ),
    (
        "统筹",
        "按拟定的拆分为 # 万元，统筹后为 # 万元",
        lambda before, after: after < before,
    ),
    ("共担·乙县", "测算数 # 万元＝列入三保的 #＋其他 #", lambda whole, *parts: whole == sum(parts)),
    (
        "监测",
        "红线 1 要 # 万元、橙线 1.03 要 # 万元、黄线 1.05 要 # 万元",
        lambda *money: list(money) == sorted(money),
    ),
    (
        "两处矛盾",
        "要求不少于 #，[^；。]*?要求不多于 #，相差 #",
        lambda least, most, gap: round(least - most, 2) == gap,
    ),
)


@pytest.mark.parametrize(
    ("scene", "reads", "holds"), [pytest.param(*each, marks=_marks(each[0])) for each in TRUE]
)
def test_the_figures_of_a_sentence_agree_with_each_other(
    scene: str, reads: str, holds: Callable[..., bool], desk: Desk
) -> None:
    found = numbers(reads, ALL_SCENES[scene](desk))
    assert found
    assert all(holds(*figures) for figures in found)
