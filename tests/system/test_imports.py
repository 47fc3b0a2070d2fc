"""Each command loads what it needs and no more: nobody waits for a library that is not used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = (
    "highspy",
    "numpy",
    "openpyxl",
    "pandas",
    "pulp",
    "pydantic",
    "python_calamine",
    "scipy",
    "xlsxwriter",
)
EXAMPLE = str(ROOT / "inputs" / "qinghai.xlsx")


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["--help"], []),
        (["solve", "--help"], []),
        (["check", EXAMPLE], ["numpy"]),
        (
            ["solve", EXAMPLE, "--solver", "highs", "-o", "r.xlsx"],
            ["highspy", "numpy", "xlsxwriter"],
        ),
        (
            ["solve", EXAMPLE, "-o", "r.xlsx"],
            ["highspy", "numpy", "pulp", "xlsxwriter"],
        ),
    ],
    ids=["help", "solve-help", "check", "solve-highs", "solve"],
)
def test_a_command_loads_only_what_it_needs(
    arguments: list[str], needed: list[str], tmp_path: Path
) -> None:
    said = (
        f"import sys\nfrom transfer_opt.cli.main import main\n"
        f"try:\n    main({arguments!r})\n"
        f"except SystemExit as end:\n    print('LOADED', end.code, [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", said],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.stdout.splitlines()[-1] == f"LOADED 0 {needed}"
