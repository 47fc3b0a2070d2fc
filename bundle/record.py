"""The wheels that were looked at: hashes, sizes, licences and requirements of each, without any address.

    python -m bundle.record         after a change of constraints.txt or of the dependencies: load, and write wheels.json

`make bundle` takes no wheel whose hash is not in it.
"""

from __future__ import annotations

import email
import hashlib
import json
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.utils import canonicalize_name, parse_wheel_filename

from bundle.closure import PYTHONS, TARGETS, Target, best, closure

ROOT = Path(__file__).parents[1]
WHEELS = ROOT / "dist" / "wheels"
RECORD = Path(__file__).with_name("wheels.json")
EXTRAS = ("ledger", "pdf", "web")
"""Extras of this program that a bundle carries; what needs a server or another machine is left out."""
TOOLS = ("pip",)
"""Not installed: the installer runs it from its wheel, since Linux offices often lack it."""


def roots() -> tuple[str, ...]:
    """What this program requires with the extras of a bundle, and the tools."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = project["optional-dependencies"]
    return (*project["dependencies"], *(each for name in EXTRAS for each in extra[name]), *TOOLS)


def pins() -> dict[str, str]:
    """Name → the version that constraints.txt pins."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = (line.split("==") for line in lines if "==" in line)
    return {canonicalize_name(name): version for name, version in pinned}


def read() -> dict[str, dict[str, Any]]:
    """Name → version, licence, requires, python, and its wheels: file name → sha256, bytes, installed bytes, longest path."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8")))


def requires(record: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Name → what it requires."""
    return {name: entry["requires"] for name, entry in record.items()}


def needed(record: Mapping[str, Mapping[str, Any]], target: Target) -> dict[str, str]:
    """Name → the wheel that a target gets; raises LookupError where there is none."""
    found = {}
    for name in sorted(closure(roots(), requires(record), target)):
        wheel = best(record[name]["wheels"], target) if name in record else None
        if wheel is None:
            raise LookupError(
                f"{name}: no wheel for {target.platform.name}, Python {target.python}"
            )
        found[name] = wheel
    return found


def load(names: Iterable[str], target: Target) -> None:
    """Have pip put the pinned wheels of these names into the folder of wheels."""
    digits = "".join(map(str, target.python))
    options = [f"--abi={abi}" for abi in (f"cp{digits}", "abi3", "none")]
    options += [f"--platform={tag}" for tag in target.platform.tags]
    wanted = [f"{name}=={pins()[name]}" for name in sorted(names)]
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
        + ["--no-deps", "--only-binary=:all:", "--implementation=cp", f"--python-version={digits}"]
        + [f"--dest={WHEELS}", *options, *wanted],
        check=True,
    )


def sha256(path: Path) -> str:
    """The hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def metadata(wheel: Path) -> Message:
    """The METADATA of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def facts(wheel: Path) -> dict[str, Any]:
    """What the record keeps of a file."""
    with zipfile.ZipFile(wheel) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    return {
        "sha256": sha256(wheel),
        "bytes": wheel.stat().st_size,
        "installed": sum(entry.file_size for entry in entries),
        "longest": max(len(_compiled(entry.filename)) for entry in entries),
    }


def licence(said: Message) -> str:
    """The licence in one line: the expression, the first line of the text, or the classifiers."""
    for key in ("License-Expression", "License"):
        lines = str(said.get(key) or "").strip().splitlines()
        if lines and lines[0].strip() not in ("", "UNKNOWN"):
            return lines[0].strip()
    found = [str(line).split(" :: ") for line in said.get_all("Classifier", [])]
    return "; ".join(parts[-1] for parts in found if parts[0] == "License") or "—"


def _compiled(name: str) -> str:
    """The longest path that comes of a file of a wheel: of a module, its compiled form."""
    path = PurePosixPath(name)
    if path.suffix != ".py":
        return name
    tag = f"cpython-{''.join(map(str, PYTHONS[-1]))}"
    return str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc")


def _entry(wheel: Path) -> dict[str, Any]:
    said = metadata(wheel)
    return {
        "version": str(said["Version"]),
        "licence": licence(said),
        "python": str(said.get("Requires-Python") or ""),
        "requires": [str(text) for text in said.get_all("Requires-Dist", [])],
    }


def _record(record: dict[str, dict[str, Any]], names: Iterable[str], target: Target) -> None:
    """Load these for a target and write down what came."""
    load(names, target)
    here = [path.name for path in WHEELS.glob("*.whl")]
    for name in names:
        mine = [
            wheel
            for wheel in here
            if parse_wheel_filename(wheel)[0] == name
            and str(parse_wheel_filename(wheel)[1]) == pins()[name]
        ]
        wheel = best(mine, target)
        if wheel is None:
            raise LookupError(f"{name}: nothing came for {target.platform.name}")
        said = _entry(WHEELS / wheel)
        entry = record.setdefault(name, {**said, "wheels": {}})
        if {key: entry[key] for key in said} != said:
            raise ValueError(f"{name}: its wheels do not say the same of themselves")
        entry["wheels"][wheel] = facts(WHEELS / wheel)


def main() -> None:
    """Load the wheels of every target, until none requires another, and write the record."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    record: dict[str, dict[str, Any]] = {}
    for target in TARGETS:
        done: set[str] = set()
        while names := closure(roots(), requires(record), target) - done:
            _record(record, sorted(names), target)
            done |= names
    for entry in record.values():
        entry["wheels"] = dict(sorted(entry["wheels"].items()))
    text = json.dumps(dict(sorted(record.items())), ensure_ascii=False, indent=1)
    RECORD.write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
