"""The line told is the line it stands on: random TOML, in every way of writing it, against tomllib and a plain search."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from transfer_opt.core.errors import InputError
from transfer_opt.policy.model_file.positions import positions
from transfer_opt.policy.model_file.reading import read
from transfer_opt.policy.model_file.source import place

MARK = re.compile(r"k\d+x")
"""Every key and every text in a list has a mark of its own, so that its line can be looked up in the text."""


class Writer:
    """A random TOML text, with keys and values written in all ways TOML has."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.count = 0

    def mark(self) -> str:
        self.count += 1
        return f"k{self.count}x"

    def key(self) -> str:
        return self.dice.choice(
            ["{}", '"键 {}"', "'字 {}'", '"\\u4e00{}\\t"', '"a.b]{}"', "'# {}'"]
        ).format(self.mark())

    def keys(self) -> str:
        return self.dice.choice([".", " . "]).join(
            self.key() for _ in range(self.dice.choice([1, 1, 1, 2, 3]))
        )

    def document(self) -> str:
        lines = [self.pair() for _ in range(3)]
        tables = [self.key() for _ in range(3)]
        lists = [self.key() for _ in range(2)]
        for _ in range(8):
            lines.append(self.dice.choice(["", "# [不是表头]", '  # "', "\t"]))
            lines += self.table(tables, lists)
        return "\n".join(lines) + self.dice.choice(["", "\n", "\n\n# 完"])

    def table(self, tables: list[str], lists: list[str]) -> Iterator[str]:
        yield self.dice.choice(
            [
                lambda: f"[{self.key()}]",
                lambda: f" [ {self.dice.choice(tables)} . {self.key()} ] # 表",
                lambda: f"[{self.dice.choice(tables)}.{self.key()}.{self.key()}]",
                lambda: f"[[{self.dice.choice(lists)}]]",
                lambda: self.under(lists),
            ]
        )()
        yield from (self.pair() for _ in range(self.dice.randint(0, 3)))

    def under(self, lists: list[str]) -> str:
        """A list's next table, and one below it."""
        name = self.dice.choice(lists)
        below = self.dice.choice([f"[{name}.{self.key()}]", f"[[{name}.{self.key()}]]"])
        return f"[[{name}]]\n{self.pair()}\n{below}"

    def pair(self) -> str:
        return (
            self.dice.choice(["", "  "])
            + f"{self.keys()}{self.dice.choice([' = ', '='])}{self.value(2)}"
            + self.dice.choice(["", " # 注"])
        )

    def value(self, depth: int, *, one_line: bool = False) -> str:
        kinds = [
            "scalar",
            "text",
            *(["list", "braces"] if depth else []),
            *([] if one_line else ["long"]),
        ]
        return {
            "scalar": lambda: self.dice.choice(
                [
                    "1",
                    "-0.5",
                    "true",
                    "1979-05-27",
                    "1979-05-27 07:32:00",
                    "07:32:00",
                    "nan",
                    "-inf",
                    "1_0",
                    "0xf",
                    "1e5",
                ]
            ),
            "text": self.text,
            "long": lambda: self.dice.choice(
                [
                    '"""\n[a]\nb = "c"\\\n """',
                    "'''\n# '' ]\n'''",
                    '"""a""""',
                    "''''b'''",
                    '"""\\"""\n"""',
                ]
            ),
            "list": lambda: self.list(depth - 1, one_line),
            "braces": lambda: (
                "{ "
                + ", ".join(
                    f"{self.keys()} = {self.value(depth - 1, one_line=True)}"
                    for _ in range(self.dice.randint(0, 2))
                )
                + " }"
            ),
        }[self.dice.choice(kinds)]()

    def text(self) -> str:
        return self.dice.choice(['"{} # ]"', "'{} = }}'", '"{}\\" ["']).format(self.mark())

    def list(self, depth: int, one_line: bool) -> str:
        between = self.dice.choice([", "] if one_line else [", ", ",\n", ", # ]\n   ", "\n,"])
        around = "" if one_line else self.dice.choice(["", "\n", " # [\n"])
        elements = [self.value(depth, one_line=one_line) for _ in range(self.dice.randint(0, 3))]
        return f"[{around}{between.join(elements)}{around}]"


def walked(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every path of a table and what stands there."""
    if at:
        yield at, value
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, each in inside:
        yield from walked(each, (*at, key))


def expected(text: str, at: tuple[Any, ...], value: Any) -> int | None:
    """The line of a path by its mark alone; None where it has none of its own."""
    own = (
        MARK.search(at[-1])
        if isinstance(at[-1], str)
        else MARK.match(value)
        if isinstance(value, str)
        else None
    )
    if own is None:
        return None
    headed = (
        re.search(rf"^ *\[+[^\n#]*{own[0]}[^.\n]*\] *(#.*)?$", text, re.M)
        if isinstance(at[-1], str)
        else None
    )
    offset = text.index(own[0], headed.start()) if headed else text.index(own[0])
    return text.count("\n", 0, offset) + 1


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_every_path_has_the_line_on_which_it_stands(first: int) -> None:
    told = 0
    for seed in range(first, first + 100):
        text = Writer(seed).document()
        table = tomllib.loads(text)
        lines = positions(text).lines
        assert set(lines) == {at for at, _ in walked(table)}, seed
        for at, value in walked(table):
            line = expected(text, at, value)
            assert line in (None, lines[at]), (seed, at)
            told += line is not None
    assert told > 1000


def test_what_is_not_there_has_the_line_of_what_it_would_stand_in() -> None:
    spots = positions("a = 1\n[b]\nc = 2\n[[d]]\n[[d]]\ne = { f = 1 }\n")
    assert [
        spots.line(at)
        for at in [("b", "x"), ("d", 0, "x"), ("d", 1, "x", "y"), ("d", 1, "e", "x"), ("x",), ()]
    ] == [2, 4, 5, 6, 0, 0]
    assert spots.inline == {("d", 1, "e")}


def test_what_cannot_be_followed_keeps_the_lines_before_it() -> None:
    spots = positions("a = 1\n[b]\nc = 2\nd = = 3\ne = 4\n")
    assert spots.lines == {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "d"): 4}
    assert spots.line(("b", "c")) == 3
    assert spots.line(("b", "e")) == 0  # it may stand further down


def test_brackets_without_end_are_given_up() -> None:
    assert positions("a = 1\nb = " + "[" * 100_000).lines[("a",)] == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ((), ""),
        (("rules",), "[rules]"),
        (
            ("rules", "上年保底", "parameters", "降幅上限"),
            '[rules."上年保底".parameters."降幅上限"]',
        ),
        (("funds", 0), "[[funds]]「甲」"),
        (("funds", 1), "[[funds]]「第 2 项」"),
        (("funds", 0, "factors", 0, "parameters"), "[[funds.factors]]「甲·缺口」的 parameters"),
        (("x", 3, "y"), "[[x]]「第 4 项」的 y"),
    ],
)
def test_a_table_is_named_as_it_is_headed(path: tuple[Any, ...], said: str) -> None:
    assert (
        place({"funds": [{"name": "甲", "factors": [{"title": "缺口"}]}, {"name": 3}]}, path)
        == said
    )


# A text that is no TOML --------------------------------------------------------------------------------------------


BASE = (
    'title = "甲"\n\n[rules."上年保底"]\nclause = ["省定"]\nby = "line"\n[[funds]]\nname = "乙"\n'
)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "甲"', 'title = "甲', "第 1 行「title」：引号没有关上"),
        ('title = "甲"', 'title "甲"', "第 1 行「title」：名称后面没有等号"),
        ('title = "甲"', "title = 甲", "第 1 行「title」：等号后面的取值写法不对，文字要加引号"),
        ('title = "甲"', '标题 = "甲"', "第 1 行：这一行不是"),
        ('title = "甲"', 'title = "甲" 乙', "第 1 行「title」：这一行写完以后还有多余的字"),
        ('title = "甲"', 'title = "甲"\ntitle = "甲"', "第 2 行「title」：同一个名称写了两次"),
        ('title = "甲"', "title = 2022-02-30", "第 1 行「title」：没有这个日期"),
        ('title = "甲"', 'title = "\\甲"', "第 1 行「title」：反斜杠"),
        ('title = "甲"', f"title = {'9' * 1_000_001}", "第 1 行「title」：整数有几千位"),
        ('title = "甲"', 'title = """甲', "第 1 行「title」：引号没有关上（读到文件末尾）"),
        ('["省定"]', '["省定"', '第 4 行 [rules."上年保底"] 里的「clause」：方括号没有关上'),
        (
            '["省定"]',
            '[\n"省定",\n"甲" "乙"]',
            '第 4 行 [rules."上年保底"] 里的「clause」：方括号没有关上，或两项之间少了逗号（读到第 6 行',
        ),
        (
            '"line"',
            "{ a = 1, a = 2 }",
            '第 5 行 [rules."上年保底"] 里的「by」：花括号里同一个名称写了两次',
        ),
        ('"line"', "{ a = 1", '第 5 行 [rules."上年保底"] 里的「by」：花括号没有关上'),
        ('by = "line"', '= "line"', '第 5 行（[rules."上年保底"] 之后）：'),
        (
            'by = "line"',
            "a.b = 1\na = 2",
            '第 6 行 [rules."上年保底"] 里的「a」：同一个名称写了两次',
        ),
        (
            'by = "line"',
            'clause = [\n"甲",\n]',
            '第 5 行 [rules."上年保底"] 里的「clause」：同一个名称写了两次（读到第 7 行',
        ),
        ("[[funds]]", '[rules."上年保底"]', '第 6 行 [rules."上年保底"]：同一个表写了两次'),
        ("[[funds]]", "[[funds]", '第 6 行（[rules."上年保底"] 之后）：表名的方括号没有关上'),
        ("[[funds]]", "# \x01", "第 6 行：有不能用的字符"),
        ('name = "乙"', 'name == "乙"', "第 7 行 [[funds]]「第 1 项」里的「name」：等号后面的取值"),
    ],
)
def test_what_is_no_toml_is_told_with_the_line_on_which_it_begins(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert BASE.count(old) == 1
    for text in (BASE.replace(old, new), "\ufeff" + BASE.replace(old, new).replace("\n", "\r\n")):
        with open(tmp_path / "模型.toml", "w", encoding="utf-8", newline="") as file:
            file.write(text)
        with pytest.raises(InputError) as caught:
            read(tmp_path / "模型.toml")
        assert f"不是有效的 TOML，{said}" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfea\x00", "不是 UTF-8 编码的文本，第 1 行"),
        ('a = 1\nb = "重点"\n'.encode("gbk"), "不是 UTF-8 编码的文本，第 2 行"),
        (b"a = 1\n" * 1_000_000, "太大，不是模型文件"),
        (b"a = " + b"[" * 100_000, "括号套得太多"),
        (b"a = " + b"{ b = " * 100_000, "括号套得太多"),
        (b"a = 1\x00", "第 1 行"),
        (b"PK\x03\x04\x00\x00", "第 1 行"),
    ],
)
def test_bytes_that_are_no_text_are_told_in_words(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "模型.toml").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(tmp_path / "模型.toml")
    assert said in str(caught.value)


def test_a_folder_and_nothing_are_told_in_words(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "没有.toml", Path("\0")):
        with pytest.raises(InputError, match="打不开"):
            read(path)
