"""Every kind of advice the tool prints: how it reads, how a user follows it, and what must then be seen.

One entry a kind. `follow` changes a copy of the workbook as the sentence says; `holds` looks at what comes of it, by the
oracle where the sentence speaks of what is possible, by the tool where it speaks of what the tool will say. A sentence
that cannot be followed is false too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from . import door, oracle
from .book import BOUNDS, POOLS, Book
from .generator import FUNDS
from .model import Model, exact, policy, read

FUND = "|".join(FUNDS.values())
NUMBER = r"-?[\d,]+(?:\.\d+)?(?:e[+-]?\d+)?"
FAMILY = rf"「(?P<rule>[^」]+)」(?:（(?P<fund>{FUND})）)?"
VALUES = r"(?P<now>\S+) 放宽到 (?P<then>\S+?)"
ONLY_THIS = "只解开上面这一组矛盾"
THERE = r"(?:（写在「方案」里）| )"
"""A change that only counts in the scenario says so; here it is always written where it counts."""


@dataclass(frozen=True)
class Printed:
    """Where a sentence stands: the workbook, its model, and all that was printed."""

    book: Book
    model: Model
    answer: door.Answer
    folder: Path


@dataclass(frozen=True)
class Sentence:
    """One kind: how it reads, and a trial that tells what is wrong ("" where it is true, None where it was not tried)."""

    kind: str
    reads: re.Pattern[str]
    trial: Callable[[re.Match[str], Printed], str | None]


SENTENCES: list[Sentence] = []
Trial = Callable[[re.Match[str], Printed], str | None]


def sentence(kind: str, reads: str) -> Callable[[Trial], Trial]:
    """Enter a kind into the register."""

    def enter(trial: Trial) -> Trial:
        SENTENCES.append(Sentence(kind, re.compile(reads), trial))
        return trial

    return enter


@dataclass(frozen=True)
class Tried:
    """One sentence that was tried; `wrong` is empty where it is true."""

    kind: str
    text: str
    wrong: str


def tried(printed: Printed, most: int = 100) -> Iterator[Tried]:
    """Every sentence of the registered kinds in what was printed, up to so many."""
    count = 0
    for text in printed.answer.err.splitlines():
        for kind in SENTENCES:
            for match in kind.reads.finditer(text):
                if count >= most:
                    return
                try:
                    wrong = kind.trial(match, printed)
                except (KeyError, StopIteration, AttributeError, ValueError) as error:
                    wrong = f"cannot be followed ({type(error).__name__}: {error})"
                if wrong is not None:
                    count += 1
                    yield Tried(kind.kind, match[0], wrong)


# ---------------------------------------------------------------- ways out of the impossible


def _leads_out(book: Book, printed: Printed) -> str | None:
    """Whether an allocation exists with the change; where only one contradiction is promised to go, that is not tried."""
    if ONLY_THIS in printed.answer.err:
        return None
    if not oracle.feasible(read(book)):
        return "there is still no allocation"
    answer = door.solve_quickly(book, printed.folder)
    return (
        ""
        if answer.exit == door.ANSWERED
        else f"the tool then ends with {answer.exit}: {door.reported(answer)}"
    )


@sentence(
    "其他办法·资金总额",
    rf"把(?P<fund>{FUND})的资金总额(?:增加|减少) (?P<by>{NUMBER}) \S+，由 (?P<now>{NUMBER}) 改为 (?P<then>{NUMBER})",
)
def another_pool(match: re.Match[str], printed: Printed) -> str | None:
    """The pool of another size."""
    book = printed.book.copy()
    book.set_pool(match["fund"], number(match["then"]))
    return _leads_out(book, printed)


@sentence(
    "其他办法·参数",
    rf"把(?:(?P<place>[^「」]+)的)?{FAMILY}的(?P<parameter>\S+?)由 {VALUES}{THERE}?。",
)
def another_parameter(match: re.Match[str], printed: Printed) -> str | None:
    """A parameter relaxed."""
    book = printed.book.copy()
    _set(
        book,
        match["rule"],
        match["fund"] or "",
        match["parameter"],
        match["place"] or "",
        match["then"],
    )
    return _leads_out(book, printed)


@sentence(
    "其他办法·上下限",
    rf"把「县区上下限」里(?P<county>\S+?)(?P<fund>{FUND})的(?P<side>下限|上限)由 (?P<now>{NUMBER}) 改为 (?P<then>{NUMBER}) ",
)
def another_bound(match: re.Match[str], printed: Printed) -> str | None:
    """A bound of 「县区上下限」 moved."""
    book = printed.book.copy()
    row = next(
        row
        for row in book.rows(BOUNDS)
        if row["县区名称"] == match["county"] and _fund(row["资金"]) == match["fund"]
    )
    row[match["side"]] = number(match["then"])
    return _leads_out(book, printed)


@sentence("其他办法·软", rf"把{FAMILY}的刚性改为「软」")
def made_soft(match: re.Match[str], printed: Printed) -> str | None:
    """A hard rule made soft."""
    book = printed.book.copy()
    book.soften(match["rule"], match["fund"] or "")
    return _leads_out(book, printed)


@sentence(
    "互相矛盾", r"约束互相矛盾，没有可行的分配方案：(?P<families>.+?) (?:不能同时满足|无法满足)"
)
def contradiction(match: re.Match[str], printed: Printed) -> str | None:
    """These rules contradict each other, and without any one of them they do not."""
    families = {
        (found["rule"], found["fund"] or "") for found in re.finditer(FAMILY, match["families"])
    }
    if oracle.agree(printed.model, families):
        return "these rules alone can be met"
    idle = [
        rule
        for rule, fund in families
        if not oracle.agree(printed.model, families - {(rule, fund)})
    ]
    return f"the contradiction stays without 「{idle[0]}」" if idle else ""


@sentence("最省的修复", rf"最省的修复：.*?合计放宽 (?P<money>{NUMBER}) ")
def cheapest_repair(match: re.Match[str], printed: Printed) -> str | None:
    """The least money that all hard rules together must give, and what --relax then does."""
    least = oracle.least_repair(printed.model) * float(printed.model.unit)
    said = float(number(match["money"]))
    if abs(least - said) > max(0.006, 1e-6 * abs(least), 2e-6 * float(printed.model.unit)):
        return f"the least is {least:.6f}"
    answer = door.solve(printed.book, printed.folder, "--relax", "--quiet", name="relaxed")
    if answer.exit != door.ANSWERED:
        return f"--relax ends with {answer.exit}: {door.reported(answer)}"
    return "" if "--relax" in answer.err else "--relax says nothing of what gave way"


# ---------------------------------------------------------------- shortfalls and what closes them


@sentence("三保缺口", rf"警告 (?P<county>[^“”，：]+?)“三保”缺口 (?P<money>{NUMBER}) ")
def shortfall_told(match: re.Match[str], printed: Printed) -> str | None:
    """The shortfall of a county on the published amounts."""
    short = _short(printed, match["county"])
    said = exact(match["money"].replace(",", "")) or Fraction(0)
    return (
        ""
        if abs(short - said) <= abs(said) / 10**10 + printed.model.unit / 10**5
        else f"it is {float(short)}"
    )


@sentence("补足·资金总额", rf"把(?P<fund>{FUND})的资金总额增加 (?P<by>{NUMBER}) \S*?即可全部补足")
def larger_pool_closes(match: re.Match[str], printed: Printed) -> str | None:
    """A larger pool leaves no shortfall."""
    book = printed.book.copy()
    _add_to_pool(book, match["fund"], number(match["by"]))
    model = read(book)
    left = oracle.least_short(model)
    if left is None or left > 1e-4:
        return (
            "there is no allocation then"
            if left is None
            else f"{left:.6f} publishing units stay short"
        )
    return _closed(book, printed, None)


@sentence(
    "补足·增幅上限",
    rf"把(?P<county>[^，。；：]+?)(?P<fund>{'|'.join(FUNDS)})的增幅上限由 {VALUES}{THERE}即可补足",
)
def wider_cap_closes(match: re.Match[str], printed: Printed) -> str | None:
    """A wider growth cap of one county and fund closes its shortfall."""
    book = printed.book.copy()
    _set(book, "增幅上限", FUNDS[match["fund"]], "增幅上限", match["county"], match["then"])
    return _closed(book, printed, match["county"])


@sentence(
    "不再超出",
    rf"警告 (?P<county>[^·，：]+)·(?P<fund>{'|'.join(FUNDS)})超出「增幅上限」.*?由 {VALUES}{THERE}即不再超出",
)
def cap_no_longer_exceeded(match: re.Match[str], printed: Printed) -> str | None:
    """A wider growth cap is no longer exceeded."""
    book = printed.book.copy()
    _set(book, "增幅上限", FUNDS[match["fund"]], "增幅上限", match["county"], match["then"])
    return _gone(book, printed, f"{match['county']}·{match['fund']}超出「增幅上限」")


@sentence("都不再超出", rf"把(?P<fund>{FUND})各县的增幅上限由 {VALUES}{THERE}即都不再超出")
def cap_of_a_fund_no_longer_exceeded(match: re.Match[str], printed: Printed) -> str | None:
    """A wider growth cap of the whole fund is exceeded by nobody."""
    book = printed.book.copy()
    _set(book, "增幅上限", match["fund"], "增幅上限", "", match["then"])
    short = next(name for name, full in FUNDS.items() if full == match["fund"])
    return _gone(book, printed, f"·{short}超出「增幅上限」")


@sentence("其他办法·取整", rf"把「取整」的单位由 \S+ 改为 (?P<then>\S+?){THERE}?。")
def another_unit(match: re.Match[str], printed: Printed) -> str | None:
    """A smaller publishing unit."""
    book = printed.book.copy()
    book.publishing = ""  # an option would have the last word
    book.set_in_force("取整", "", "单位", "", match["then"])
    return _leads_out(book, printed)


def _gone(book: Book, printed: Printed, warning: str) -> str:
    """Whether a warning is printed no more."""
    answer = door.solve(book, printed.folder, "--quiet", name="changed")
    if answer.exit != door.ANSWERED:
        return f"the tool then ends with {answer.exit}: {door.reported(answer)}"
    return "it is still exceeded" if warning in answer.err else ""


def _closed(book: Book, printed: Printed, county: str | None) -> str:
    """Whether the county (or every one) is short of no more than rounding takes."""
    answer = door.solve_quickly(book, printed.folder)
    if answer.exit != door.ANSWERED:
        return f"the tool then ends with {answer.exit}: {door.reported(answer)}"
    model = read(book)
    x, _ = door.amounts(model, answer.proof)
    left = [
        short
        for short, name in zip(model.short(x), model.names, strict=True)
        if county in (None, name)
    ]
    return (
        ""
        if max(left) <= (1 if county else Fraction(1, 10**4))
        else f"{float(max(left))} publishing units stay short"
    )


def _short(printed: Printed, county: str) -> Fraction:
    _, published = door.amounts(printed.model, printed.answer.proof)
    return (
        printed.model.short([Fraction(count) for count in published])[
            printed.model.names.index(county)
        ]
        * printed.model.unit
    )


# ---------------------------------------------------------------- 「测算说明」


def reasons(printed: Printed) -> Iterator[Tried]:
    """主要原因 of every line: a rule that is named moved it."""
    assert printed.answer.result is not None
    for row in door.sheet(printed.answer.result, "测算说明", "资金", "县区名称", "主要原因"):
        told = re.fullmatch(r"因(?P<rule>\S+?)(?:调整|增加|减少)", str(row["主要原因"]))
        if told and row["市州"]:
            step = row.get(told["rule"], row.get("其他规则"))
            yield Tried(
                "主要原因",
                f"{row['县区名称']}{row['资金']}{told[0]}",
                "" if step else "the rule moved nothing",
            )


# ---------------------------------------------------------------- 「敏感性」


def sensitivities(printed: Printed, chosen: Callable[[int], list[int]]) -> Iterator[Tried]:
    """Rows of 「敏感性」: the change made in the workbook, the shortfall compared."""
    assert printed.answer.result is not None
    rows = [
        row
        for row in door.sheet(printed.answer.result, "敏感性", "对象", "变动", "三保缺口变化")
        if row["对象"] and row["变动"]
    ]
    for k in chosen(len(rows)):
        row = rows[k]
        text = f"{row['对象']} {row['变动']} {row['三保缺口变化']}"
        try:
            wrong = _sensitivity(row, printed)
        except (KeyError, StopIteration, AttributeError, ValueError, TypeError) as error:
            wrong = f"cannot be followed ({type(error).__name__}: {error})"
        if wrong is not None:
            yield Tried("敏感性", text, wrong)


def _sensitivity(row: Mapping[str, object], printed: Printed) -> str | None:
    subject, change, said = str(row["对象"]), str(row["变动"]), row["三保缺口变化"]
    if not isinstance(said, float | int):
        return None
    book = printed.book.copy()
    pool = re.fullmatch(rf"(?P<fund>{FUND})总额", subject)
    more = re.match(rf"增加 (?P<by>{NUMBER}) ", change)
    if pool and more:
        _add_to_pool(book, pool["fund"], number(more["by"]))
    else:
        what = re.fullmatch(
            rf"(?:(?P<place>\S*?)(?P<fund>{FUND})?的)?(?:「(?P<rule>[^」]+)」(?P<parameter>\S+)|(?P<same>\S+))",
            subject,
        )
        values = re.match(r"由 (?P<now>\S+) 放宽到 (?P<then>\S+)", change)
        if what is None or values is None:
            return None
        rule, parameter = what["rule"] or what["same"], what["parameter"] or what["same"]
        _set(book, rule, what["fund"] or "", parameter, what["place"] or "", values["then"])
    answer = door.solve_quickly(book, printed.folder)
    if answer.exit != door.ANSWERED:
        return f"the tool then ends with {answer.exit}: {door.reported(answer)}"
    before, after = (
        _total_short(model, proof)
        for model, proof in ((printed.model, printed.answer.proof), (read(book), answer.proof))
    )
    moved = float((after - before) * printed.model.unit)
    near = 1e-3 * float(printed.model.unit) + 1e-6 * abs(float(said)) + 0.006
    return "" if abs(moved - float(said)) <= near else f"the shortfall changes by {moved}"


def _total_short(model: Model, proof: Mapping[str, object]) -> Fraction:
    return sum(model.short(door.amounts(model, proof)[0]), Fraction(0))


# ---------------------------------------------------------------- the user's hand


def number(text: str) -> float | int:
    """A printed number as it is typed: without separators."""
    plain = text.replace(",", "")
    return int(plain) if re.fullmatch(r"-?\d+", plain) else float(plain)


def _set(book: Book, rule: str, fund: str, parameter: str, place: str, value: str) -> None:
    if parameter not in policy()["rules"][rule].get("parameters", {}):
        raise KeyError(f"{rule} has no {parameter}")
    book.set_in_force(rule, fund, parameter, place, value if value.endswith("%") else number(value))


def _add_to_pool(book: Book, fund: str, by: float | int) -> None:
    row = next(row for row in book.rows(POOLS) if _fund(row["资金"]) == fund)
    total = (exact(row["本年总额"]) or Fraction(0)) + (exact(by) or Fraction(0))
    book.set_pool(fund, int(total) if total.denominator == 1 else float(total))


def _fund(text: str) -> str:
    return FUNDS.get(text, text)
