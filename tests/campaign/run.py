"""`python -m tests.campaign.run --count N --start S --journal FILE --jobs J`: the campaign, resumable, one JSON line a seed."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import door, oracle, sentences
from .book import Book
from .generator import workbook
from .model import Model, NobodyEligibleError, read

JOURNAL = Path(__file__).parents[2] / "outputs" / "campaign.jsonl"
SECONDS = 60
"""One seed may take so long."""
OFTEN = {
    "check": 0.2,
    "json": 0.2,
    "compare": 0.1,
    "frontier": 0.1,
    "audit": 0.3,
    "sentences": 1.0,
    "sensitivity": 0.3,
}
"""The share of seeds that go on from `solve` to this."""
WHOLE = 20
"""One seed in so many goes the whole way."""
RIGHT = ("answered", "infeasible", "nobody eligible")
REFUSALS = ("不予公布", "这一步没有求出", "没有通过")
MOST_SENTENCES = 4
ADVICE = "sentences"

Record = dict[str, Any]


class TooLateError(BaseException):
    """The seed took too long; nothing that catches ordinary exceptions swallows it."""


def judged(seed: int, quick: bool = False, often: Mapping[str, float] = OFTEN) -> Record:
    """One seed from workbook to verdict: kind, what is wrong besides, sentences tried and false, seconds."""
    started = time.perf_counter()
    book = workbook(seed)
    record: Record = {"seed": seed, "kind": "", "told": "", "beside": [], "tried": 0, "false": []}
    try:
        with _no_longer_than(SECONDS), door.folder() as folder:
            _judge(book, folder, record, quick, often)
    except TooLateError:
        record.update(kind="timeout", told=f"more than {SECONDS} s")
    except (
        Exception
    ) as error:  # the campaign itself, or a door that threw: told, and the campaign goes on
        where = traceback.extract_tb(error.__traceback__)[-1]
        record.update(
            kind="error",
            told=f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})",
        )
    record["seconds"] = round(time.perf_counter() - started, 3)
    return record


def sampled(seed: int) -> Record:
    """One seed in so many by the command line and its files, with all it says; the others by the functions behind `solve`."""
    return judged(seed, quick=seed % WHOLE > 0, often=OFTEN if seed % WHOLE == 0 else {})


def _judge(
    book: Book, folder: Path, record: Record, quick: bool, often: Mapping[str, float]
) -> None:
    draw = random.Random(book.seed)
    chosen = {what for what, share in often.items() if draw.random() < share}
    answer = door.solve_quickly(book, folder) if quick else door.solve(book, folder)
    record["exit"] = answer.exit
    try:
        model = read(book)
    except NobodyEligibleError:
        as_told = (
            answer.exit == door.INPUT
            and "E323" in answer.err
            or quick
            and answer.exit == door.INPUT
        )
        record.update(
            kind="nobody eligible" if as_told else "different",
            told=f"nobody is eligible, exit {answer.exit}",
        )
        return
    record["kind"], record["told"] = _verdict(model, answer)
    record["beside"] += [f"warned: {text}" for text in answer.warned]
    if answer.exit == door.ANSWERED and not quick:
        record["beside"] += [
            f"printed: {line}"
            for line in answer.err.splitlines()
            if any(word in line for word in REFUSALS)
        ]
        record["beside"] += _other_commands(book, folder, answer, chosen, draw)
    elif "check" in chosen and answer.exit != door.INPUT and not quick:
        record["beside"] += _expected(
            "check", door.command("check", str(folder / "budget.xlsx")), (door.ANSWERED,)
        )
    if ADVICE in chosen and answer.exit in (door.ANSWERED, door.INFEASIBLE):
        _advice(
            sentences.Printed(book, model, answer, folder),
            record,
            draw,
            "sensitivity" in chosen and not quick,
        )


def _verdict(model: Model, answer: door.Answer) -> tuple[str, str]:
    """answered, infeasible, FALSE INFEASIBLE, FALSE ANSWER, refused, rejected, different."""
    if answer.exit == door.INFEASIBLE:
        return (
            ("FALSE INFEASIBLE", answer.err[:200]) if oracle.feasible(model) else ("infeasible", "")
        )
    if answer.exit == door.INPUT:
        return "rejected", answer.err[:300]
    if answer.exit != door.ANSWERED:
        return (
            "refused",
            f"{'feasible' if oracle.feasible(model) else 'infeasible'}: {door.reported(answer)}",
        )
    try:
        x, published = door.amounts(model, answer.proof)
    except LookupError as error:
        return "different", f"lines: {error}"
    wrong = oracle.judge(model, x)
    if wrong.kind:
        near = not oracle.judge(model, x, oracle.NEAR * 100).kind
        possible = oracle.feasible(model)
        return (
            "different" if possible else "FALSE ANSWER",
            f"{'near ' if near else ''}{wrong.kind}: {wrong.told}",
        )
    wrong = oracle.rounded(model, x, published)
    return ("different", f"{wrong.kind}: {wrong.told}") if wrong.kind else ("answered", "")


def _other_commands(
    book: Book, folder: Path, answer: door.Answer, chosen: set[str], draw: random.Random
) -> Iterator[str]:
    source, result = str(folder / "budget.xlsx"), str(answer.result)
    named = ["--scenario", book.scenario] if book.scenario else []
    if "check" in chosen:
        yield from _expected("check", door.command("check", source), (door.ANSWERED,))
    if "audit" in chosen:
        yield from _expected("audit", door.command("audit", result, source), (door.ANSWERED,))
    if "json" in chosen:
        told = door.command(
            "solve", source, "-o", str(folder / "json.xlsx"), *book.options(), "--json"
        )
        yield from _expected("solve --json", told, (door.ANSWERED,))
        if told.exit == door.ANSWERED and json.loads(told.out)["status"] != "ok":
            yield "solve --json: status is not ok"
    if "compare" in chosen:
        code = (door.ANSWERED, door.INFEASIBLE)  # another scenario may be impossible
        yield from _expected(
            "compare", door.command("compare", source, "-o", str(folder / "compared.xlsx")), code
        )
    if "frontier" in chosen:
        goals = ",".join(draw.sample(["保障水平最大化", "较上年波动最小", "贴近因素法"], 2))
        told = door.command(
            "frontier", source, "-o", str(folder / "frontier.xlsx"), "--objectives", goals, *named
        )
        yield from _expected(
            "frontier", told, (door.ANSWERED, door.INPUT)
        )  # an objective may lack its column


def _expected(name: str, answer: door.Answer, codes: tuple[int, ...]) -> Iterator[str]:
    if answer.exit not in codes:
        yield f"{name}: exit {answer.exit}: {door.reported(answer)}"
    yield from (f"{name} warned: {text}" for text in answer.warned)
    yield from (
        f"{name} printed: {line[:200]}"
        for line in answer.err.splitlines()
        if answer.exit in codes and any(w in line for w in REFUSALS)
    )


def _advice(
    printed: sentences.Printed, record: Record, draw: random.Random, sensitivity: bool
) -> None:
    tried = list(sentences.tried(printed, MOST_SENTENCES))
    if printed.answer.exit == door.ANSWERED and printed.answer.result:
        tried += sentences.reasons(printed)
    if sensitivity and printed.answer.exit == door.ANSWERED and printed.answer.result:
        tried += sentences.sensitivities(
            printed, lambda count: draw.sample(range(count), min(2, count))
        )
    record["tried"] = len(tried)
    record["kinds"] = dict(Counter(each.kind for each in tried))
    refused = [
        each for each in tried if f"ends with {door.BUG}" in each.wrong
    ]  # not the sentence's fault
    record["beside"] += [f"after «{each.text}»: {each.wrong}" for each in refused]
    record["false"] = [
        [each.kind, each.text, each.wrong] for each in tried if each.wrong and each not in refused
    ]


@contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    """TooLateError after so long, where the platform has an alarm clock and this is the thread that hears it."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def late(*_: object) -> None:
        raise TooLateError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# ---------------------------------------------------------------- the whole campaign


def records(seeds: Iterable[int], jobs: int) -> Iterator[Record]:
    """Every seed's record as it is done."""
    if jobs == 1:
        yield from map(sampled, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=500) as pool:
        yield from pool.imap_unordered(sampled, seeds, chunksize=4)


def journal(path: Path) -> dict[int, Record]:
    """What is done already; a line that was cut off is done again."""
    done: dict[int, Record] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        done[record["seed"]] = record
    return done


def wrong(record: Record) -> bool:
    """Whether anything about a seed is not as it should be."""
    return record["kind"] not in RIGHT or bool(record["beside"]) or bool(record["false"])


def summary(done: Mapping[int, Record]) -> str:
    """Counts, then the seeds with what is wrong."""
    counts = Counter(record["kind"] for record in done.values())
    lines = [f"{len(done)} workbooks"]
    kinds = dict.fromkeys([*RIGHT, "refused", "different", "FALSE INFEASIBLE", *sorted(counts)])
    lines += [f"  {kind:<36}{counts.get(kind, 0):>7}" for kind in kinds]
    tried, false = Counter[str](), Counter[str]()
    for record in done.values():
        tried.update(record.get("kinds", {}))
        false.update(kind for kind, _, _ in record["false"])
    lines.append(f"  sentences tried {sum(tried.values())}, false {sum(false.values())}")
    lines += [f"    {kind}: {tried[kind]} tried, {false[kind]} false" for kind in sorted(tried)]
    beside = sum(bool(record["beside"]) for record in done.values())
    lines.append(f"  other commands and warnings wrong in {beside}")
    lines.append(
        f"  seconds a workbook {sum(record['seconds'] for record in done.values()) / max(len(done), 1):.2f}"
    )
    lines += [_line(record) for _, record in sorted(done.items()) if wrong(record)]
    return "\n".join(lines)


def _line(record: Record) -> str:
    parts = [f"{record['kind']} {record['told']}"] if record["kind"] not in RIGHT else []
    parts += [
        *record["beside"],
        *(f"false sentence ({kind}): {text} — {why}" for kind, text, why in record["false"]),
    ]
    return f"seed {record['seed']}: " + " | ".join(parts)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--journal", type=Path, default=JOURNAL)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--again", action="store_true", help="do the seeds with something wrong once more"
    )
    options = parser.parse_args()
    wanted = range(options.start, options.start + options.count)
    done = {
        seed: record
        for seed, record in journal(options.journal).items()
        if not (options.again and wrong(record))
    }
    options.journal.parent.mkdir(parents=True, exist_ok=True)
    with options.journal.open("a", encoding="utf-8") as file:
        for record in records([seed for seed in wanted if seed not in done], options.jobs):
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()
            done[record["seed"]] = record
            if wrong(record):
                print(_line(record), flush=True)
    chosen = {seed: done[seed] for seed in wanted if seed in done}
    print(summary(chosen))
    return int(any(wrong(record) for record in chosen.values()))


if __name__ == "__main__":
    sys.exit(main())
