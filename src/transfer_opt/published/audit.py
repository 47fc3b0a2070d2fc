"""`audit`: whether a result workbook still says, and shows, what was proved.

    the certificate     accepted by the independent checker; its digest and the check code are those in 「审计信息」
    the seals           a digest of every sheet, and short ones by row and column, stand below the certificate
    everything else     derived again: the file's own inputs (or the budget, where it is given) are read, formulated,
                        solved, reported and written by the ordinary pipeline, and every cell is held against the one in
                        the file; so is everything else that a reader sees: sheets, formats, sizes, pages, drawings

The seals are plain digests: they find every edit of a value, but not the work of one who makes them anew. Such a file
is found by deriving it again, unless it is the true result of other inputs: only the budget, or the check code kept
outside the file, tells those apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from transfer_opt.allocation.plan import Outcome, check_code
from transfer_opt.checker.optimality import CertificateError, check
from transfer_opt.core.cell_names import address
from transfer_opt.core.errors import InputError, Problem, TransferOptError
from transfer_opt.core.tables import FIRST_ROW, Report, Row, Table
from transfer_opt.core.vocabulary import (
    ADJUSTED,
    AGREEMENTS,
    ALLOCATION,
    APPROVED_ALLOCATION,
    CHECKED,
    FACTS,
    FLOWS,
    INPUT,
    MOVED,
    OUTLOOK,
    PARAMETERS,
    PROOF,
    SPLIT_PROOF,
    SUCCESSION_READ,
    YEAR_PROOFS,
)
from transfer_opt.published.appearance import as_seen
from transfer_opt.published.approval import DECIDED, DUST, approved_as_told
from transfer_opt.published.beside import proofs_as_claimed
from transfer_opt.published.claims import (
    DIGEST,
    FILE,
    FINISHED,
    Claims,
    as_claimed,
    report_as_claimed,
)
from transfer_opt.published.differences import (
    Expected,
    agrees,
    differences,
    hidden_told,
    own_differences,
)
from transfer_opt.published.findings import Findings, Verdict
from transfer_opt.published.inputs import Derive, Given
from transfer_opt.published.kinds import NEEDED, is_result
from transfer_opt.published.older import held_to_its_proof
from transfer_opt.report.notice.notice import notice
from transfer_opt.report.workbook import build
from transfer_opt.workbook.output.charts import data_table
from transfer_opt.workbook.output.formulas import Sums
from transfer_opt.workbook.result.fingerprint import CHOICE, constant, formula
from transfer_opt.workbook.result.pages import Page, read_pages
from transfer_opt.workbook.result.seals import broken, certificate_text, said, seals
from transfer_opt.workbook.result.seen import seen

SOURCES = (INPUT, PARAMETERS)
"""What the rest of the file follows from."""
EXACT = (
    ALLOCATION,
    "分资金对比",
    *SOURCES,
    FACTS,
    PROOF,
    OUTLOOK,
    YEAR_PROOFS,
    SPLIT_PROOF,
    AGREEMENTS,
    FLOWS,
    MOVED,
    SUCCESSION_READ,
)
"""Sheets of published integers, inputs and texts; elsewhere solvers differ in the last digits."""
PROGRAM = {
    "unit": "公布单位",
    "lines": "笔数",
    "names": "县区和资金",
    "pools": "资金总额",
    "lower": "下限",
    "upper": "上限",
    "rows": "规则",
    "published": "公布数",
}
"""What of the certificate follows from the inputs alone, whichever way the optimum was found."""
VIEW_DUST = 1e-6
"""What programs that calculate 「县区说明单」 anew differ by, in what is printed with fewer digits."""


def recheck(path: Path, derive: Derive, given: Given | None = None) -> Verdict:
    """Hold a result workbook against itself and, through `given`, against the budget.

    `derive` makes the outcome from the file's own inputs, `given` from the budget. Raises InputError where the file is
    no result, the budget is wrong, or the model file is not the one that was used.
    """
    pages = read_pages(path)
    if not is_result(pages):
        raise InputError(
            [
                Problem(
                    "E170",
                    f"{path} 不是 transfer-opt 写出的结果工作簿。",
                    "先用 transfer-opt solve 生成结果。",
                )
            ]
        )
    missing = [name for name in NEEDED if name not in pages or not pages[name].contents]
    if missing:
        return Verdict(
            tuple(
                Problem("A607", "整张表被删去、清空或改了表名。", sheet=name) for name in missing
            ),
            "",
            0,
        )
    findings = Findings(path, pages, Claims.of(pages[FACTS]))
    _check_certificate(findings)
    code = _check_code(findings)
    altered = broken(pages, PROOF, NEEDED)
    count = _check_derived(findings, altered, derive, given)
    for name, problems in altered.items():
        if name not in findings.sheets or name in (PROOF, FACTS):
            for problem in problems:
                findings.tell(problem)
    return Verdict((*findings.found.values(), *_remarks(findings)), code, count)


def _check_certificate(findings: Findings) -> None:
    """Parse it, have it checked, and hold its digest against the one in 「审计信息」."""
    text = certificate_text(findings.pages[PROOF])
    digest, claims = hashlib.sha256(text.encode()).hexdigest(), findings.claims
    if not claims.said("证明").endswith(digest):
        findings.tell(
            Problem(
                "A601",
                f"证书的 SHA-256 应为 {digest}。",
                "",
                FACTS,
                claims.at("证明"),
                "证明",
                claims.said("证明"),
            )
        )
    try:
        findings.certificate = json.loads(text)
        check(findings.certificate)
        findings.proof = text
    except CertificateError as error:
        findings.tell(Problem("A601", f"证书没有通过独立核对：{error}", sheet=PROOF))
    except (ValueError, TypeError, AttributeError):
        findings.certificate = {}
        findings.tell(Problem("A601", "证书读不出来，被改动过或不完整。", sheet=PROOF))


def _check_code(findings: Findings) -> str:
    """The check code of the stated inputs and choices and of the certificate's integers."""
    claims, made = findings.claims, findings.certificate
    try:
        lines = [
            (fund, code + name, int(count))
            for (fund, code, name), count in zip(made["names"], made["published"], strict=True)
        ]
    except (KeyError, TypeError, ValueError):
        return ""
    code = check_code(
        claims.said(DIGEST),
        claims.said("模型文件 SHA-256"),
        claims.said("方案"),
        claims.said("目标顺序").split(" > "),
        claims.said("公布单位"),
        lines,
    )
    if claims.said("校验码 SHA-256") != code:
        findings.tell(
            Problem(
                "A604",
                f"与文件、方案、目标、单位和公布数不符，按这些算出的是 {code}。",
                "",
                FACTS,
                claims.at("校验码 SHA-256"),
                "校验码 SHA-256",
                claims.said("校验码 SHA-256"),
            )
        )
    return code


def _check_derived(
    findings: Findings,
    altered: Mapping[str, tuple[Problem, ...]],
    derive: Derive,
    given: Given | None,
) -> int:
    """Every sheet against what follows from the inputs; how many sheets were compared."""
    if given is None and {*SOURCES, FACTS} & altered.keys():
        findings.tell(
            Problem(
                "W611", "输入或参数被改动过，其他各表没有重新推算；给出原来的工作簿可以逐格核对。"
            )
        )
        return 0
    try:
        outcome = (given.derive if given else derive)(
            findings.pages, {name: text for _, name, text in reversed(findings.claims.rows)}
        )
    except InputError as error:
        other = any(problem.code == "E172" for problem in error.problems)
        if other and findings.is_of_another_version:
            findings.derived = False
            for problem in held_to_its_proof(findings, given.sha256() if given else ""):
                findings.tell(problem)
            return 0
        if given is not None or other:
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
    return _compare(findings, outcome, altered, given)


def _compare(
    findings: Findings,
    outcome: Outcome,
    altered: Mapping[str, tuple[Problem, ...]],
    given: Given | None,
) -> int:
    """Inputs first: what follows from other inputs is not compared."""
    claims, pages = findings.claims, findings.pages
    claimed, ill_proved = proofs_as_claimed(
        as_claimed(outcome, claims, findings.proof), pages, PROGRAM
    )
    finished = claims.formed(FINISHED)
    report = report_as_claimed(build(claimed, finished[:10], finished), claims, given is not None)
    tables = _expected(findings, report, altered, outcome.case.unit)
    compared = 0
    for names in (SOURCES, [name for name in tables if name not in SOURCES]):
        for name in names:
            if name not in pages:
                findings.tell(Problem("A607", "整张表被删去或改了表名。", sheet=name))
            elif name != PROOF or findings.proof:
                for problem in differences(tables[name], pages[name]):
                    findings.tell(problem)
            compared += 1
        if findings.sheets & set(SOURCES):
            findings.tell(Problem("W611", "输入或参数不符，其他各表没有逐格核对。"))
            return compared
    approval, problems = approved_as_told(pages, claimed, claimed.formulation, findings.wording)
    looks = [replace(report, superseded=approval is not None), *([approval] if approval else [])]
    for problem in (
        *claims.ill_formed,
        *_unsealed(findings, report),
        *_program(findings, outcome),
        *ill_proved,
        *_views(findings, report, claimed),
        *_file(findings, outcome),
        *problems,
        *_seen(findings, looks, given),
    ):
        findings.tell(problem)
    return compared


def _expected(
    findings: Findings,
    report: Report,
    altered: Mapping[str, tuple[Problem, ...]],
    unit: float,
) -> dict[str, Expected]:
    """The tables as they should stand, by name."""
    sums = Sums(next(table for table in report.tables if table.name == INPUT))
    drawn = (
        [data_table(report.drawn, report.scenario, report.looked_up, report.drawn_on)]
        if report.drawn or report.looked_up
        else []
    )
    tables = {table.name: table for table in (*report.tables, *drawn)}
    tables[PROOF] = _with_seals(tables[PROOF], findings.pages[PROOF])
    told = seals(findings.pages[PROOF]).keys() - altered.keys() - set(EXACT)
    return {
        name: Expected(
            table, report.label, sums, DUST * unit if name in told else 0.0, findings.wording
        )
        for name, table in tables.items()
    }


def _with_seals(table: Table, page: Page) -> Table:
    """「证明」 with the seals that stand in it, which are held against the sheets themselves."""
    stand = [page.value((at, 1)) for at in range(FIRST_ROW, FIRST_ROW + len(table.rows))]
    return replace(
        table,
        rows=tuple(
            Row(row.kind, (row.values[0], text))
            if isinstance(row.values[0], str) and isinstance(text, str)
            else row
            for row, text in zip(table.rows, stand, strict=True)
        ),
    )


def _unsealed(findings: Findings, report: Report) -> Iterator[Problem]:
    """Sheets that the program seals and this file does not."""
    known = seals(findings.pages[PROOF])
    for name in seals_of(report):
        if name not in known:
            yield Problem("A606", f"没有「{name}」的校验码。", sheet=PROOF)


def seals_of(report: Report) -> list[str]:
    """The sheets that have a seal."""
    proof = next(table for table in report.tables if table.name == PROOF)
    return list(
        dict.fromkeys(str(row.values[0]) for row in proof.rows if isinstance(row.values[0], str))
    )


def _program(findings: Findings, outcome: Outcome) -> Iterator[Problem]:
    """The certificate speaks of the program that these inputs define, and of these stages and amounts, and of nothing else."""
    derived, stands = json.loads(outcome.proof), findings.certificate
    for key, name in PROGRAM.items():
        if stands and stands.get(key) != derived[key]:
            yield Problem(
                "A601", f"证书证明的不是这些输入和参数：{name}与重新推算的不同。", sheet=PROOF
            )
    lines = int(derived["lines"])
    if stands and stands.get("columns", [])[:lines] != derived["columns"][:lines]:
        yield Problem(
            "A601", "证书证明的不是这些输入和参数：最优金额与重新推算的不同。", sheet=PROOF
        )
    if stands and (others := stands.keys() - derived.keys()):
        yield Problem("A601", f"证书里多出「{'、'.join(sorted(others))}」。", sheet=PROOF)


def _views(findings: Findings, report: Report, outcome: Outcome) -> Iterator[Problem]:
    """「县区说明单」 for the county that is chosen on it: its formulas, and the values they carry."""
    sheet, at = CHOICE
    page = findings.pages.get(sheet)
    if page is None or report.notice is None:
        if report.notice is not None:
            yield Problem("A607", "整张表被删去或改了表名。", sheet=sheet)
        return
    chosen, names = str(page.value(at) or ""), [str(name) for name in outcome.case.recipients.name]
    if chosen not in names:
        yield Problem("A602", "不是表中的县区。", "", sheet, address(at), "", chosen)
        return
    expected, _ = notice(outcome, report.tables, report.drawn, report.label, names.index(chosen))
    wanted = {(cell.row, cell.column): cell for cell in expected.cells}
    for place, cell in wanted.items():
        should, stands = (
            formula(cell.formula) if cell.formula else constant(cell.value),
            page.contents.get(place, ""),
        )
        if place != at and should != stands:
            told = Problem(
                "A602", f"应为「{should[1:]}」。", "", sheet, address(place), "", stands[1:]
            )
            yield (
                told
                if findings.wording or should[:1] + stands[:1] != "tt"
                else replace(
                    told,
                    code="W618",
                    message=f"本版本写作「{should[1:]}」，版本不同，文字不能比较。",
                )
            )
        elif (
            cell.formula
            and (value := page.value(place)) is not None
            and not agrees(cell.value, value, VIEW_DUST)
        ):
            yield Problem(
                "A602", f"应为「{said(cell.value)}」。", "", sheet, address(place), "", said(value)
            )
    for place in page.contents.keys() - wanted.keys():
        yield Problem(
            "A602", "这里应是空白。", "", sheet, address(place), "", page.contents[place][1:]
        )


def _file(findings: Findings, outcome: Outcome) -> Iterator[Problem]:
    """Whether the budget is the very file, or another with the same contents."""
    name = outcome.budget.path.replace("\\", "/").rpartition("/")[2]
    if outcome.budget.sha256 != findings.claims.said(DIGEST):
        yield Problem(
            "W615", "给出的工作簿与当时的输入文件不是同一份文件（SHA-256 不同），但内容一致。"
        )
    elif name != findings.claims.said(FILE):
        yield Problem(
            "W615",
            f"当时的输入文件名是「{findings.claims.said(FILE)}」，给出的是「{name}」，内容相同（SHA-256 相同）。",
        )


def _seen(findings: Findings, reports: Iterable[Report], given: Given | None) -> Iterator[Problem]:
    """What a reader sees beside the values, against what the writer makes; and sheets that no result has."""
    from transfer_opt.workbook.save import made

    expected = [sheet for report in reports for sheet in seen(made(report)).sheets]
    names = {sheet.name for sheet in expected}
    further = [name for name in findings.pages if name not in names]
    owned = given.sheets() if given and further else {}
    is_own = any(name in owned for name in further) or given is None and bool(further)
    yield from as_seen(findings, expected, is_own, given is not None)
    for name in further:
        if name in owned:
            yield from own_differences(owned[name], findings.pages[name].sheet)
        elif given:
            yield Problem(
                "A610",
                "这张表不是结果的表，也不在输入工作簿里，没有核对。",
                "删去它；要随结果附上自己的表，先放进输入工作簿，再用 transfer-opt solve --into。",
                name,
            )
    findings.seen |= owned.keys()


def _remarks(findings: Findings) -> Iterator[Problem]:
    """What is no discrepancy but should be known."""
    known = seals(findings.pages[PROOF])
    for name, page in findings.pages.items():
        if name == ADJUSTED:
            yield Problem(
                "W616",
                f"批准数见本表、「{APPROVED_ALLOCATION}」和「{CHECKED}」，其他各表是测算数。批准数由人决定，以批件和台账为准。",
                sheet=name,
            )
        elif name not in {*known, *DECIDED, *findings.seen, *findings.sheets}:
            yield Problem("W612", "没有封存的表，没有逐格核对。", sheet=name)
        if name not in findings.seen:
            yield from hidden_told(name, list(page.hidden), False)
    if findings.derived:
        yield from findings.other_version
