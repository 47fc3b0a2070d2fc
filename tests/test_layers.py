"""Rooms and walls: who may import whom, which room knows which library, and how long things may get."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "transfer_opt"

LEVELS = {
    0: ("certificate", "elimination", "errors", "exact", "wording"),
    1: ("deadline", "ledger", "linear", "refutation", "sheets"),
    2: ("domain", "program", "ranking", "workbook"),
    3: (
        "blank", "constraints", "differences", "duedates", "factors", "hierarchy", "indicators", "levels",
        "objectives", "recalculation", "rounding", "settings", "solvers", "sumcolumns", "web", "wholes"),
    4: (
        "admissible", "alone", "asking", "controlled", "formulate", "narrowing", "requirements", "sharpening",
        "simplex", "structure", "units"),
    5: ("chains", "figures", "matching", "modelfile", "ratios", "reduced"),
    6: ("checks", "equations", "exactly", "footing", "lexicographic", "narrative", "parameters", "starting"),
    7: ("assemble", "audit", "frontier", "proof", "roundtable"),
    8: ("approval", "optimum"),
    9: ("conflict", "explain", "instance", "sensitivity"),
    10: ("farkas", "outcome", "remedies", "repair"),
    11: ("claims", "diagnose", "infeasible", "recording", "scenarios"),
    12: ("report",),
    13: ("run",),
    14: ("exploring", "rederive", "republish", "sweep"),
    15: ("comparing", "exporting", "recheck"),
    16: ("adjusting",),
    17: ("cli",),
}
"""A room (a module, or a package with all it holds) imports from lower levels only."""

WALLS = {
    "click": {"cli"},
    "docx": {"exporting"},
    "highspy": {"solvers"},
    "jinja2": {"web"},
    "lxml": {"workbook"},
    "msoffcrypto": {"workbook"},
    "olefile": {"workbook"},
    "pulp": {"solvers"},
    "openpyxl": {"workbook"},
    "python_calamine": {"workbook"},
    "sqlalchemy": {"ledger"},
    "typst": {"exporting"},
    "xlsxwriter": {"workbook"},
    "distributed": {"sweep"},
    "pyarrow": {"sweep"},
    "pandas": {"assemble", "report", "workbook"},
}
"""The rooms that may know a library; numpy and the exact numbers of gmpy2 may be known everywhere."""

CATALOGUES = ("constraints", "factors", "linear", "objectives", "ranking")
LONGEST_MODULE, LONGEST_BODY = 500, 50

LEVEL = {room: level for level, rooms in LEVELS.items() for room in rooms}
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def room(module: str) -> str:
    """The room of a file: solvers/by_pulp.py → solvers."""
    return module.removesuffix(".py").split("/")[0]


def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def imported(module: str) -> Iterator[str]:
    """Full dotted names of everything a file imports, wherever in the file."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def rooms_imported(module: str) -> set[str]:
    names = {name.split(".")[1] for name in imported(module) if name.startswith("transfer_opt.")}
    return names - {"__version__", room(module)}


def functions(module: str) -> Iterator[tuple[str, int]]:
    """Every function and how many lines its body has, the docstring apart."""
    for node in ast.walk(tree(module)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            yield node.name, lines


def test_every_room_has_a_level_and_every_level_its_rooms() -> None:
    assert {room(module) for module in MODULES} - {"__init__"} == set(LEVEL)
    assert sum(len(rooms) for rooms in LEVELS.values()) == len(LEVEL)


@pytest.mark.parametrize("module", [module for module in MODULES if module != "__init__.py"])
def test_a_room_imports_from_lower_levels_only(module: str) -> None:
    own = LEVEL[room(module)]
    assert {other for other in rooms_imported(module) if LEVEL[other] >= own} == set()


@pytest.mark.parametrize("module", MODULES)
def test_a_library_stays_within_its_walls(module: str) -> None:
    libraries = {name.split(".")[0] for name in imported(module)} - sys.stdlib_module_names - {"transfer_opt"}
    assert libraries <= {*WALLS, "gmpy2", "numpy"}
    assert {library for library in libraries & WALLS.keys() if room(module) not in WALLS[library]} == set()


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_a_catalogue_knows_numbers_and_nothing_else(catalogue: str) -> None:
    names = {name.split(".")[0] for name in imported(f"{catalogue}.py")}
    assert names - sys.stdlib_module_names <= {"gmpy2", "numpy", "transfer_opt"}


@pytest.mark.parametrize("name", ["constraints", "factors", "objectives", "cli"])
def test_importing_it_loads_no_solver_and_no_spreadsheet_library(name: str) -> None:
    heavy = sorted(WALLS.keys() - {"click"}) + (["numpy"] if name == "cli" else [])
    said = f"import sys, transfer_opt.{name}; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True,
                            env={"PYTHONPATH": str(PACKAGE.parent)})
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_functions_stay_short(module: str) -> None:
    lines = (PACKAGE / module).read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_MODULE
    assert {name: length for name, length in functions(module) if length > LONGEST_BODY} == {}
