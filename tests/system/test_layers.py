"""Rooms and walls: who may import whom, which room knows which library, and how long things may get."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "transfer_opt"

ROOMS = (
    "core",
    "checker",
    "policy",
    "workbook",
    "intake",
    "lexlp",
    "tables",
    "allocation",
    "scenarios",
    "report",
    "published",
    "commands",
    "workbench",
    "cli",
)
"""From the ground up: a room imports from itself and those before it."""

WALLS = {
    "click": {"cli"},
    "distributed": {"scenarios/sweep"},
    "docx": {"report/document"},
    "highspy": {"lexlp/solvers"},
    "jinja2": {"report/web", "workbench/templates"},
    "lxml": {"workbook"},
    "msoffcrypto": {"workbook"},
    "olefile": {"workbook"},
    "openpyxl": {"workbook"},
    "pandas": {"commands", "report/frame"},
    "pulp": {"lexlp/solvers"},
    "pyarrow": {"commands/sweep_files"},
    "pydantic": {"policy/model_file"},
    "python_calamine": {"workbook"},
    "sqlalchemy": {"published/ledger"},
    "starlette": {"workbench/server"},
    "typst": {"report/document"},
    "uvicorn": {"workbench/running"},
    "xlsxwriter": {"workbook"},
}
"""Where a library may be known; numpy and the exact numbers of gmpy2 may be known everywhere but in the checkers."""

CATALOGUES = (
    "core/expressions",
    "core/ranking",
    "policy/constraints",
    "policy/factors",
    "policy/objectives",
)
LONGEST_MODULE, LONGEST_BODY = 500, 60  # a table of columns or of chart options has a line each

MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
TOP = ("__init__.py", "__main__.py")


def room(module: str) -> str:
    """The room of a file: lexlp/solvers/highs.py → lexlp."""
    return module.split("/")[0]


def inner(module: str) -> str:
    """The room, and the file or folder in it: lexlp/solvers/highs.py → lexlp/solvers."""
    return "/".join(module.removesuffix(".py").split("/")[:2])


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


def files_imported(module: str) -> set[str]:
    """The files of this program that a file imports from."""
    found = set()
    for name in imported(module):
        parts = name.split(".")[1:] if name.startswith("transfer_opt.") else []
        for end in range(len(parts), 0, -1):
            path = "/".join(parts[:end])
            if f"{path}.py" in MODULES or f"{path}/__init__.py" in MODULES:
                found.add(f"{path}.py" if f"{path}.py" in MODULES else f"{path}/__init__.py")
                break
    return found - {module}


def circles(arrows: Mapping[str, set[str]]) -> set[str]:
    """Whatever is left when all that leads nowhere, or only to such, is taken away."""
    left = dict(arrows)
    while True:
        free = [name for name, others in left.items() if not others & left.keys()]
        if not free:
            return set(left)
        for name in free:
            del left[name]


def functions(module: str) -> Iterator[tuple[str, int]]:
    """Every function and how many lines its body has, the docstring apart."""
    for node in ast.walk(tree(module)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            yield node.name, lines


def test_the_house_has_these_rooms_and_nothing_beside_them() -> None:
    assert {room(module) for module in MODULES} - set(TOP) == set(ROOMS)
    for name in ROOMS:
        assert ast.get_docstring(tree(f"{name}/__init__.py")), f"{name} says what it is for"


@pytest.mark.parametrize("module", [module for module in MODULES if module not in TOP])
def test_a_room_imports_from_itself_and_those_before_it(module: str) -> None:
    own = ROOMS.index(room(module))
    assert {other for other in files_imported(module) if ROOMS.index(room(other)) > own} == set()


def test_no_file_and_no_folder_is_in_a_circle() -> None:
    files = {module: files_imported(module) for module in MODULES}
    assert circles(files) == set()
    folders: dict[str, set[str]] = {}
    for module, others in files.items():
        folders.setdefault(inner(module), set()).update(
            {inner(other) for other in others} - {inner(module)}
        )
    assert circles(folders) == set()


@pytest.mark.parametrize("module", MODULES)
def test_a_library_stays_within_its_walls(module: str) -> None:
    libraries = (
        {name.split(".")[0] for name in imported(module)}
        - sys.stdlib_module_names
        - {"transfer_opt"}
    )
    assert libraries <= {*WALLS, "gmpy2", "numpy"}
    assert {
        library
        for library in libraries & WALLS.keys()
        if not any(module.startswith(place) for place in WALLS[library])
    } == set()


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) == "checker"])
def test_the_checkers_import_the_standard_library_alone(module: str) -> None:
    libraries = {name.split(".")[0] for name in imported(module)} - sys.stdlib_module_names
    assert libraries <= {"transfer_opt"}
    assert {room(other) for other in files_imported(module)} <= {"checker"}


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_a_catalogue_knows_numbers_and_nothing_else(catalogue: str) -> None:
    names = {name.split(".")[0] for name in imported(f"{catalogue}.py")}
    assert names - sys.stdlib_module_names <= {"gmpy2", "numpy", "transfer_opt"}


@pytest.mark.parametrize(
    "name", ["policy.constraints", "policy.factors", "policy.objectives", "cli.main"]
)
def test_importing_it_loads_no_solver_and_no_spreadsheet_library(name: str) -> None:
    heavy = sorted(WALLS.keys() - {"click"}) + (["numpy"] if name == "cli.main" else [])
    said = (
        f"import sys, transfer_opt.{name}; print([name for name in {heavy} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", said],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_functions_stay_short(module: str) -> None:
    lines = (PACKAGE / module).read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_MODULE
    assert {name: length for name, length in functions(module) if length > LONGEST_BODY} == {}
