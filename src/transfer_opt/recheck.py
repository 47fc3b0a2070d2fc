"""`audit`: whether a result workbook still says what was proved, from the file alone.

    the certificate     accepted by the independent checker; its digest and the check code are those in 「审计信息」
    the seals           a digest of every sheet, and short ones by row and column, stand below the certificate
    everything else     derived again: the file's own inputs (or the budget, where it is given) are read, formulated,
                        solved and reported by the ordinary pipeline, and every cell is held against the one in the file

The seals are plain digests: they find every edit of a value, but not the work of one who makes them anew. Such a file
is found by deriving it again, unless it is the true result of other inputs: only the budget, or the check code kept
outside the file, tells those apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transfer_opt import __version__
from transfer_opt.certificate import CertificateError, check
from transfer_opt.differences import Expected, Facts, agrees, differences, text_rows
from transfer_opt.domain import ModelSpec
from transfer_opt.errors import InputError, Problem, TransferOptError
from transfer_opt.formulate import Formulation
from transfer_opt.outcome import Outcome, Plan, check_code
from transfer_opt.rederive import rederive
from transfer_opt.report import build
from transfer_opt.report.approved import approval_report, lines_of
from transfer_opt.report.notice import notice
from transfer_opt.sheets import Report
from transfer_opt.workbook.adjustments import ADJUSTED, CHECKED, latest, read_adjustments
from transfer_opt.workbook.cells import address
from transfer_opt.workbook.fingerprint import CHOICE, constant, formula
from transfer_opt.workbook.formulas import INPUT, Sums
from transfer_opt.workbook.rereading import Page, read_pages
from transfer_opt.workbook.restated import PARAMETERS
from transfer_opt.workbook.seals import PROOF, broken, certificate_text, said, seals

ALLOCATION, FACTS = "分配结果", "审计信息"
NEEDED = (ALLOCATION, PARAMETERS, INPUT, FACTS, PROOF)
SOURCES = (INPUT, PARAMETERS)
"""What the rest of the file follows from."""
EXACT = (ALLOCATION, "分资金对比", *SOURCES)
"""Sheets of published integers and inputs; elsewhere solvers differ in the last digits."""
DUST = 1e-5
"""Publishing units."""
PROGRAM = {"unit": "公布单位", "lines": "笔数", "names": "县区和资金", "pools": "资金总额", "lower": "下限", "upper": "上限",
           "rows": "规则", "published": "公布数"}
"""What of the certificate follows from the inputs alone, whichever way the optimum was found."""
OWN = ("校验码 SHA-256", "工具版本", "输入文件", "输入文件 SHA-256", "求解器", "求解次数", "证明", "生成时间", "说明", "警告")
"""Items of 「审计信息」 that tell of the run or of the original workbook; the seal and the check code hold them."""

VIEW_DUST = 1e-6
"""What programs that calculate 「县区说明单」 anew differ by, in what is printed with fewer digits."""

Derive = Callable[[Mapping[str, Page], Mapping[str, str]], Outcome]
"""The pages and 「审计信息」 → what should stand in the file."""


@dataclass(frozen=True)
class Verdict:
    """What the re-check found; nothing but remarks (W…) means that the file is as it was published."""

    problems: tuple[Problem, ...]
    code: str
    """The check code worked out anew."""
    sheets: int
    """How many sheets were held against what was derived."""

    @property
    def clean(self) -> bool:
        """Whether there is no discrepancy."""
        return all(problem.is_warning for problem in self.problems)


@dataclass
class _Findings:
    """The file as read back and the discrepancies found so far; a cell is told once."""

    pages: Mapping[str, Page]
    facts: Facts
    certificate: Mapping[str, Any] = field(default_factory=dict)
    found: dict[tuple[str, str, str], Problem] = field(default_factory=dict)

    def tell(self, problem: Problem) -> None:
        place = (problem.sheet, problem.cell, "" if problem.cell else problem.message)
        self.found.setdefault(place, problem)

    def fact(self, name: str) -> str:
        return self.facts[name][0][1] if name in self.facts else ""

    def at_fact(self, name: str) -> str:
        return address(self.facts[name][0][0]) if name in self.facts else ""

    @property
    def sheets(self) -> set[str]:
        """Where something was found."""
        return {sheet for sheet, _, _ in self.found}


def is_result(pages: Iterable[str]) -> bool:
    """Whether these sheets are those of a result workbook, or what is left of one."""
    return len(set(NEEDED) & set(pages)) > 1


def recheck(path: Path, derive: Derive, given: Derive | None = None) -> Verdict:
    """Hold a result workbook against itself and, through `given`, against the budget.

    `derive` makes the outcome from the file's own inputs, `given` from the budget. Raises InputError where the file is
    no result, the budget is wrong, or the model file is not the one that was used.
    """
    pages = read_pages(path)
    if not is_result(pages):
        raise InputError([Problem("E170", f"{path} 不是 transfer-opt 写出的结果工作簿。", "先用 transfer-opt solve 生成结果。")])
    missing = [name for name in NEEDED if name not in pages or not pages[name].contents]
    if missing:
        return Verdict(tuple(Problem("A607", "整张表被删去、清空或改了表名。", sheet=name) for name in missing), "", 0)
    findings = _Findings(pages, text_rows(pages[FACTS]))
    _check_certificate(findings)
    code = _check_code(findings)
    altered = broken(pages, PROOF, NEEDED)
    count = _check_derived(findings, altered, derive, given)
    for name, problems in altered.items():
        if name not in findings.sheets or name in (PROOF, FACTS):
            for problem in problems:
                findings.tell(problem)
    return Verdict((*findings.found.values(), *_remarks(findings)), code, count)


def _check_certificate(findings: _Findings) -> None:
    """Parse it, have it checked, and hold its digest against the one in 「审计信息」."""
    text = certificate_text(findings.pages[PROOF])
    digest = hashlib.sha256(text.encode()).hexdigest()
    if not findings.fact("证明").endswith(digest):
        findings.tell(Problem("A601", f"证书的 SHA-256 应为 {digest}。", "", FACTS, findings.at_fact("证明"), "证明", findings.fact("证明")))
    try:
        findings.certificate = json.loads(text)
        check(findings.certificate)
    except CertificateError as error:
        findings.tell(Problem("A601", f"证书没有通过独立核对：{error}", sheet=PROOF))
    except (ValueError, TypeError, AttributeError):
        findings.certificate = {}
        findings.tell(Problem("A601", "证书读不出来，被改动过或不完整。", sheet=PROOF))


def _check_code(findings: _Findings) -> str:
    """The check code of the stated inputs and choices and of the certificate's integers."""
    said, made = findings.fact, findings.certificate
    try:
        lines = [(fund, code + name, int(count))
                 for (fund, code, name), count in zip(made["names"], made["published"], strict=True)]
    except (KeyError, TypeError, ValueError):
        return ""
    code = check_code(said("输入文件 SHA-256"), said("模型文件 SHA-256"), said("方案"), said("目标顺序").split(" > "),
                      said("公布单位"), lines)
    if said("校验码 SHA-256") != code:
        findings.tell(Problem("A604", f"与文件、方案、目标、单位和公布数不符，按这些算出的是 {code}。", "", FACTS,
                              findings.at_fact("校验码 SHA-256"), "校验码 SHA-256", said("校验码 SHA-256")))
    return code


def _check_derived(
    findings: _Findings, altered: Mapping[str, tuple[Problem, ...]], derive: Derive, given: Derive | None
) -> int:
    """Every sheet against what follows from the inputs; how many sheets were compared."""
    if given is None and {*SOURCES, FACTS} & altered.keys():
        findings.tell(Problem("W611", "输入或参数被改动过，其他各表没有重新推算；给出原来的工作簿可以逐格核对。"))
        return 0
    try:
        outcome = (given or derive)(findings.pages, {name: rows[0][1] for name, rows in findings.facts.items()})
    except InputError as error:
        if given is not None or any(problem.code == "E172" for problem in error.problems):
            if not (findings.found or altered):
                raise
            findings.tell(Problem("W611", f"其他各表没有重新推算：{error.problems[0]}"))
            return 0
        for problem in error.problems:
            if not problem.is_warning:
                findings.tell(Problem("A605", f"不能再作为输入：{problem}", sheet=INPUT))
        return 0
    except TransferOptError as error:
        findings.tell(Problem("A605", f"用这些输入重新计算做不到：{error}"))
        return 0
    return _compare(findings, outcome, altered)


def _compare(findings: _Findings, outcome: Outcome, altered: Mapping[str, tuple[Problem, ...]]) -> int:
    """Inputs first: what follows from other inputs is not compared."""
    report = build(outcome, "", "")
    sums = Sums(next(table for table in report.tables if table.name == INPUT))
    sealed = seals(findings.pages[PROOF])
    wording = findings.fact("工具版本") == f"transfer-opt {__version__}"
    tables = {table.name: Expected(table, report.label, sums, 0.0 if table.name in {*EXACT, *altered} else DUST * outcome.case.unit,
                                   wording)
              for table in report.tables if table.name in sealed and table.name not in (PROOF, FACTS)}
    compared = 0
    for names in (SOURCES, [name for name in tables if name not in SOURCES]):
        for name in names:
            for problem in differences(tables[name], findings.pages[name]) if name in findings.pages else ():
                findings.tell(problem)
            compared += 1
        if findings.sheets & set(SOURCES):
            findings.tell(Problem("W611", "输入或参数不符，其他各表没有逐格核对。"))
            return compared
    for problem in (*_facts(findings, report), *_program(findings, outcome), *_views(findings, report, outcome), *_file(findings, outcome),
                    *approval_problems(findings.pages, outcome, outcome.formulation, wording)):
        findings.tell(problem)
    return compared


def approval_problems(pages: Mapping[str, Page], plan: Plan, formulation: Formulation, wording: bool = True) -> tuple[Problem, ...]:
    """「人工调整」 and 「批准后核验」 against the result they stand in: every cell follows from it and from 批准数, 理由, 决定人, 时间."""
    missing = [name for name in (ADJUSTED, CHECKED) if name not in pages]
    if missing:
        return () if len(missing) == 2 else (Problem("A607", "整张表被删去或改了表名。", sheet=missing[0]),)
    try:
        adjustments = read_adjustments(pages[ADJUSTED].sheet)
    except InputError as error:
        return error.problems
    unknown = [line for line in latest(adjustments) if line not in lines_of(plan)]
    if unknown:
        return tuple(Problem("A608", f"「{ALLOCATION}」里没有{''.join(line[:2])}的{line[2]}。", sheet=ADJUSTED) for line in unknown)
    report = approval_report(plan, formulation, adjustments)
    dust = {CHECKED: DUST * plan.case.unit}
    return tuple(problem for table in report.tables for problem in differences(
        Expected(table, report.label, Sums(None), dust.get(table.name, 0.0), wording), pages[table.name]))


def _facts(findings: _Findings, report: Report) -> Iterator[Problem]:
    """「审计信息」: what follows from the inputs."""
    table = next(table for table in report.tables if table.name == FACTS)
    wanted = [(str(row.values[0]), str(row.values[1])) for row in table.rows]
    alarms = [text for name, text in wanted if name == "警告" and not text.startswith("[")]
    stands = {text for _, text in findings.facts.get("警告", ())}
    for alarm in alarms:
        if alarm not in stands:
            yield Problem("A602", f"缺少警告「{alarm}」", sheet=FACTS)
    for name, text in wanted:
        if name not in OWN and findings.fact(name) != text:
            yield Problem("A602", f"应为「{text}」。", "", FACTS, findings.at_fact(name), name, findings.fact(name))
    known = {*OWN, *(name for name, _ in wanted)}
    for name, ((at, text), *_) in findings.facts.items():
        if name and name not in known:
            yield Problem("A603", f"不应有「{name}」一行。", "", FACTS, address(at), name, text)


def _program(findings: _Findings, outcome: Outcome) -> Iterator[Problem]:
    """The certificate speaks of the program that these inputs define, and of these stages and amounts."""
    derived, stands = json.loads(outcome.proof), findings.certificate
    for key, name in PROGRAM.items():
        if stands and stands.get(key) != derived[key]:
            yield Problem("A601", f"证书证明的不是这些输入和参数：{name}与重新推算的不同。", sheet=PROOF)
    lines = int(derived["lines"])
    if stands and stands.get("columns", [])[:lines] != derived["columns"][:lines]:
        yield Problem("A601", "证书证明的不是这些输入和参数：最优金额与重新推算的不同。", sheet=PROOF)


def _views(findings: _Findings, report: Report, outcome: Outcome) -> Iterator[Problem]:
    """「县区说明单」 for the county that is chosen on it: its formulas, and the values they carry."""
    sheet, at = CHOICE
    page = findings.pages.get(sheet)
    if page is None or report.notice is None:
        return
    chosen, names = str(page.value(at) or ""), [str(name) for name in outcome.case.recipients.name]
    if chosen not in names:
        yield Problem("A602", "不是表中的县区。", "", sheet, address(at), "", chosen)
        return
    expected, _ = notice(outcome, report.tables, report.charts, report.label, names.index(chosen))
    for cell in expected.cells:
        place = (cell.row, cell.column)
        should, stands = formula(cell.formula) if cell.formula else constant(cell.value), page.contents.get(place, "")
        if place != at and should != stands:
            yield Problem("A602", f"应为「{should[1:]}」。", "", sheet, address(place), "", stands[1:])
        elif cell.formula and (value := page.value(place)) is not None and not agrees(cell.value, value, VIEW_DUST):
            yield Problem("A602", f"应为「{said(cell.value)}」。", "", sheet, address(place), "", said(value))


def _file(findings: _Findings, outcome: Outcome) -> Iterator[Problem]:
    """Whether the budget is the very file, or another with the same contents."""
    if outcome.budget.sha256 != findings.fact("输入文件 SHA-256"):
        yield Problem("W615", "给出的工作簿与当时的输入文件不是同一份文件（SHA-256 不同），但内容一致。")


def _remarks(findings: _Findings) -> Iterator[Problem]:
    """What is no discrepancy but should be known."""
    known = seals(findings.pages[PROOF])
    for name, page in findings.pages.items():
        if name == ADJUSTED:
            yield Problem("W616", f"批准数见本表和「{CHECKED}」，其他各表是测算数。批准数由人决定，以批件和台账为准。", sheet=name)
        elif name not in {*known, CHECKED}:
            yield Problem("W612", "没有封存的表，没有逐格核对。", sheet=name)
        if page.hidden:
            rows = "、".join(map(str, page.hidden[:10])) + (" 等" if len(page.hidden) > 10 else "")
            yield Problem("W613", f"有 {len(page.hidden)} 行被隐藏：第 {rows} 行。打印和查看时看不到它们，数是核对过的。", sheet=name)
    version = findings.fact("工具版本")
    if version != f"transfer-opt {__version__}":
        yield Problem("W614", f"由 {version} 写出，本程序是 transfer-opt {__version__}：文字没有重新推算，只核对了校验码。", sheet=FACTS)


def own_inputs(model: Path | None) -> Derive:
    """Derives from the inputs in the file, by the model file that is packaged or given (E172: not the one used)."""
    from transfer_opt.modelfile import load_model

    def derived(pages: Mapping[str, Page], facts: Mapping[str, str]) -> Outcome:
        return rederive(pages, _model(load_model(model), facts), facts)

    return derived


def budget_inputs(budget: Path, model: Path | None, rename: Mapping[str, str], password: str | None) -> Derive:
    """Derives from the budget workbook: the same scenario and publishing unit, relaxed where the result was."""
    from transfer_opt.parameters import BASELINE
    from transfer_opt.run import RELAXED, allocate, prepare

    def derived(pages: Mapping[str, Page], facts: Mapping[str, str]) -> Outcome:
        scenario = facts.get("方案", "")
        plain = scenario.removesuffix(RELAXED)
        prepared = prepare(budget, model, plain if plain != BASELINE else None, facts.get("公布单位") or None, rename, password)
        _model(prepared.spec, facts)
        return allocate(prepared, relax=plain != scenario)

    return derived


def _model(spec: ModelSpec, facts: Mapping[str, str]) -> ModelSpec:
    """The model, which must be the one that was used."""
    if spec.sha256 != facts.get("模型文件 SHA-256"):
        raise InputError([Problem("E172", "这份结果用的是另一份模型文件，不能重新推算。", "用 --model 给出当时的模型文件。")])
    return spec
