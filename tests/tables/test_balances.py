"""年末 is 年初 and what came in less what went out; a 总计 may add up the tables above it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sheetmaker import write

from transfer_opt.core.errors import InputError
from transfer_opt.tables.footing import Footing, foot_file
from transfer_opt.tables.rounding import round_file

Rows = list[list[Any]]
WORDS = (
    ("年初余额", "本年增加", "本年减少", "年末余额"),
    ("上年结转", "收入", "支出", "年末结余"),
    ("期初数", "本期新增", "本期偿还", "期末数"),
    ("年初债务余额", "举借额", "偿还额", "年末债务余额"),
    ("上年结余", "本年收入合计", "本年支出合计", "累计结余"),
)


def footed(rows: Sequence[Sequence[Any]], folder: Path) -> Footing:
    return foot_file(write(folder / "表.xlsx", {"表": [list(row) for row in rows]}))


def found(footing: Footing) -> list[str]:
    return [problem.cell for problem in footing.problems]


def balances(seed: int) -> Rows:
    """A table of balances: in any order, now and then with 其中, with a column that moves them, too, or with parts."""
    draw = random.Random(seed)
    opening, rise, fall, closing = draw.choice(WORDS)
    columns = [opening, rise, fall, closing]
    other = draw.random() < 0.3
    if other:
        columns.insert(3, draw.choice(["其他调整", "汇率变动"]))
    within = draw.random() < 0.3
    if within:
        columns.insert(columns.index(rise) + 1, "其中：中央")
    if draw.random() < 0.2:
        columns.reverse()
    rows: Rows = []
    for number in range(draw.randint(4, 14)):
        row: dict[str, int] = {}
        row[opening] = draw.choice([0, draw.randint(1, 9000)])
        row[rise] = draw.choice([0, draw.randint(1, 3000), draw.randint(1, 3000)])
        row[fall] = draw.choice([0, 0, draw.randint(1, 900)])
        row["其他调整"] = row["汇率变动"] = draw.choice([0, 0, 0, draw.randint(-50, 50)])
        row["其中：中央"] = row[rise] // 2
        row[closing] = row[opening] + row[rise] - row[fall] + (row["其他调整"] if other else 0)
        rows.append([f"县{number}", *(row[column] for column in columns)])
    total = [sum(row[at] for row in rows) for at in range(1, len(columns) + 1)]
    return [["单位：元"], ["县区", *columns], *rows, ["合计", *total]]


def test_a_balance_is_carried_on_from_year_to_year(tmp_path: Path) -> None:
    rows = [
        ["单位：元"],
        ["县区", "年初余额", "本年增加", "本年减少", "年末余额"],
        ["甲县", 10, 5, 0, 15],
        ["乙县", 20, 7, 2, 25],
        ["丙县", 30, 0, 4, 26],
        ["合计", 60, 12, 6, 66],
    ]
    footing = footed(rows, tmp_path)
    assert (found(footing), footing.unchecked, footing.others) == ([], (), 4)
    rows[3][4], rows[5][4] = 75, 116
    wrong = footed(rows, tmp_path)
    assert found(wrong) == ["E4", "E6"]
    assert "年初余额＋本年增加－本年减少为 25" in str(wrong.problems[0])


def test_what_moves_a_balance_is_no_difference_by_chance(tmp_path: Path) -> None:
    """Where nothing went out, 增加额 is 年末 less 年初; where something did, it is not."""
    rows = [
        ["县区", "年初数", "增加额", "减少额", "年末数"],
        *([f"县{number}", 10 * number, number, 0, 11 * number] for number in range(1, 6)),
        ["己县", 100, 5, 40, 65],
        ["庚县", 100, 15, 40, 75],
    ]
    assert found(footed(rows, tmp_path)) == []


@pytest.mark.system
@pytest.mark.parametrize("start", [0])
def test_no_false_alarm_among_balances_and_every_wrong_one_is_found(
    tmp_path: Path, start: int
) -> None:
    alarms, missed = [], []
    for seed in range(start, start + 50):
        rows = balances(seed)
        if found(footed(rows, tmp_path)):
            alarms.append(seed)
        closing = next(
            at for at, name in enumerate(rows[1]) if name in {words[3] for words in WORDS}
        )
        row = random.Random(seed).randrange(2, len(rows) - 1)
        rows[row][closing] += 1000
        rows[-1][closing] += 1000
        if not any(cell.endswith(str(row + 1)) for cell in found(footed(rows, tmp_path))):
            missed.append(seed)
    assert (alarms, missed) == ([], [])


# A total of several tables ---------------------------------------------------------------------------------------


def two_tables(seed: int, own: bool) -> Rows:
    """Two or three tables below each other, with a total each or without the last one's, and the total of all."""
    draw = random.Random(seed)
    columns = ["一般补助", "专项补助", "其他补助"][: draw.randint(2, 3)]
    count = draw.randint(2, 3)
    rows: Rows = []
    whole = [0] * len(columns)
    for number in range(count):
        rows.append(["县区", *columns])
        lines = [[draw.randint(1, 900) for _ in columns] for _ in range(draw.randint(2, 6))]
        rows += [[f"县{number}{at}", *line] for at, line in enumerate(lines)]
        total = [sum(line[at] for line in lines) for at in range(len(columns))]
        whole = [one + two for one, two in zip(whole, total, strict=True)]
        if own or number < count - 1:
            rows.append(["合计", *total])
        if number < count - 1:
            rows.append([])
    return [["单位：元"], *rows, [draw.choice(["总计", "全省合计", "总合计"]), *whole]]


@pytest.mark.system
@pytest.mark.parametrize("own", [True, False])
def test_a_total_of_the_tables_above_it_is_one(tmp_path: Path, own: bool) -> None:
    alarms, missed = [], []
    for seed in range(40):
        rows = two_tables(seed, own)
        if found(footed(rows, tmp_path)):
            alarms.append(seed)
        rows[-1][1] += 1000
        if found(footed(rows, tmp_path)) != [f"B{len(rows)}"]:
            missed.append(seed)
    assert (alarms, missed) == ([], [])


def test_it_is_rounded_as_what_it_adds_up(tmp_path: Path) -> None:
    rows: Rows = [
        ["县区", "补助", "奖励"],
        ["甲县", 1.4, 1],
        ["乙县", 2.2, 2],
        ["合计", 3.6, 3],
        [],
        ["县区", "补助", "奖励"],
        ["丙县", 5.5, 3],
        ["丁县", 6.1, 4],
        ["合计", 11.6, 7],
        ["总计", 15.2, 10],
    ]
    done = round_file(write(tmp_path / "表.xlsx", {"表": rows}), "1")
    new = {row: number for (row, column), number in done.numbers.items() if column == 1}
    assert (new[3], new[8], new[9]) == (4, 12, 16)
    assert new[1] + new[2] == 4
    assert done.problems == ()
    rows[-1][1] = 25.2
    with pytest.raises(InputError, match=r"各表相加为 15\.2"):
        round_file(write(tmp_path / "表.xlsx", {"表": rows}), "1")
