"""The wheel and the sdist are built without a network, are the same program, and run where nothing else of the project is."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from bundle.pages import rendered

from transfer_opt.core.version import __version__

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str | Path, cwd: Path) -> str:
    """What it prints; the folder of the project is out of reach."""
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
    return folder


def test_both_say_the_one_version_and_a_readme_that_renders(built: Path) -> None:
    assert {path.name for path in built.iterdir()} == {
        f"transfer_opt-{__version__}-py3-none-any.whl",
        f"transfer_opt-{__version__}.tar.gz",
    }
    said = email.message_from_bytes(
        next(
            content
            for name, content in contents(next(built.glob("*.whl"))).items()
            if name.endswith("/METADATA")
        )
    )
    assert said["Version"] == __version__
    assert said["Description-Content-Type"] == "text/markdown"
    assert "<table>" in rendered(said.get_payload())


def test_the_sdist_makes_the_same_wheel(built: Path, tmp_path: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", tmp_path)
    run(sys.executable, *PIP, "wheel", *options, sdist, cwd=tmp_path)
    (again,), (wheel,) = tmp_path.glob("*.whl"), built.glob("*.whl")
    assert contents(again) == contents(wheel)


@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_installed_it_does_the_main_job(kind: str, built: Path, tmp_path: Path) -> None:
    environment = tmp_path / "环境 1"
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=tmp_path)
    inner = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    # The libraries of this environment, but not the project in it: lines of a .pth file lead no further.
    (inner / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    (package,) = built.glob(kind)
    python = environment / "bin" / "python"
    options = ("--no-deps", "--no-index", "--no-build-isolation")
    run(sys.executable, *PIP, f"--python={python}", "install", *options, package, cwd=tmp_path)
    program = environment / "bin" / "transfer-opt"
    where = run(python, "-c", "import transfer_opt; print(transfer_opt.__file__)", cwd=tmp_path)
    assert where.startswith(str(inner))
    assert run(program, "--version", cwd=tmp_path) == f"transfer-opt {__version__}\n"
    for command in (
        ("init", "--example", "示例.xlsx"),
        ("check", "示例.xlsx"),
        ("solve", "示例.xlsx", "--quiet"),
        ("audit", "示例_分配结果.xlsx", "示例.xlsx"),
    ):
        said = run(program, *command, cwd=tmp_path)
    assert said.startswith("核对通过，没有不符")
