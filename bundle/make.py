"""Puts the bundles together: dist/bundles/transfer-opt-VERSION-PLATFORM.zip, the same bytes from the same commit and wheels.

python -m bundle.make           loads the wheels of wheels.json that are not in dist/wheels yet
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bundle import pages, record
from bundle.closure import GLIBC, PLATFORMS, PYTHONS, TARGETS, Platform
from transfer_opt.core.version import __version__

ROOT = record.ROOT
KIT = Path(__file__).with_name("kit")
BUNDLES = ROOT / "dist" / "bundles"
DATE = (2020, 1, 1, 0, 0, 0)
"""Of every file in a zip: when it was built is not part of what it is."""
SELF = f"transfer-opt[{','.join(record.EXTRAS)}]"
MANUAL = ("docs/用户手册.md", "docs/手册-*.md", "docs/教程-*.md")
BESIDE = ("models/qinghai/policy.md", "models/EQUATIONS.md")

Record = Mapping[str, Mapping[str, Any]]


def build() -> Path:
    """This program as a wheel; needs no network."""
    folder = ROOT / "dist"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    return folder / f"transfer_opt-{__version__}-py3-none-any.whl"


def fetch(entries: Record) -> None:
    """Every recorded wheel in dist/wheels; raises ValueError where one is not the one that was looked at."""
    record.WHEELS.mkdir(parents=True, exist_ok=True)
    for target in TARGETS:
        names = record.needed(entries, target)
        absent = [name for name, wheel in names.items() if not (record.WHEELS / wheel).exists()]
        if absent:
            record.load(absent, target)
        for name, wheel in names.items():
            if record.sha256(record.WHEELS / wheel) != entries[name]["wheels"][wheel]["sha256"]:
                raise ValueError(f"{wheel} has another hash than in {record.RECORD.name}")


def wheels(entries: Record, platform: Platform) -> dict[str, set[str]]:
    """Name → the wheels of it that one of the Pythons of a platform gets."""
    found: dict[str, set[str]] = {}
    for target in TARGETS:
        if target.platform == platform:
            for name, wheel in record.needed(entries, target).items():
                found.setdefault(name, set()).add(wheel)
    return found


def requirements(entries: Record, chosen: Mapping[str, set[str]], own: Path) -> str:
    """What the installer hands to pip: every pinned version with the hashes of its wheels."""
    lines = [f"{SELF}=={__version__} --hash=sha256:{record.sha256(own)}"]
    for name in sorted(chosen.keys() - set(record.TOOLS)):
        entry = entries[name]
        hashes = (entry["wheels"][wheel]["sha256"] for wheel in sorted(chosen[name]))
        lines.append(
            " ".join([f"{name}=={entry['version']}", *(f"--hash=sha256:{h}" for h in hashes)])
        )
    return "\n".join(lines) + "\n"


def components(entries: Record, chosen: Mapping[str, set[str]]) -> str:
    """What is inside, with licences: a table for Excel."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(("组件", "版本", "许可", "文件", "字节", "SHA-256"))
    for name in sorted(chosen):
        for wheel in sorted(chosen[name]):
            of = entries[name]["wheels"][wheel]
            table.writerow(
                (name, entries[name]["version"], entries[name]["licence"], wheel, of["bytes"])
                + (of["sha256"],)
            )
    return out.getvalue()


def manual() -> dict[str, bytes]:
    """The pages of the manual and their pictures: path in the bundle → content."""
    documents = [path for pattern in MANUAL for path in sorted(ROOT.glob(pattern))]
    documents += [ROOT / name for name in BESIDE]
    beside, found = {path.name for path in documents}, {}
    for path in documents:
        text = path.read_text(encoding="utf-8")
        found[f"手册/{path.stem}.html"] = pages.page(text, beside).encode()
        for picture in pages.pictures(text):
            found[f"手册/{picture}"] = (path.parent / picture).read_bytes()
    return found


def kit(platform: Platform, name: str) -> dict[str, bytes]:
    """Scripts and the page to be read first, each as its system wants it: GBK and CRLF for the console of Windows."""
    windows = platform.is_windows
    scripts = ("安装.bat", "打开测算台.bat") if windows else ("安装.sh", "打开测算台.sh")
    found = {
        script: _for_windows(KIT / script) if windows else (KIT / script).read_bytes()
        for script in scripts
    }
    first = (KIT / "请先看.txt").read_text(encoding="utf-8")
    words = {
        "name": name,
        "title": platform.title,
        "pythons": "、".join(_dotted(python) for python in PYTHONS),
        "place": "Windows 上用短的路径，如 D:\\测算。" if windows else "",
        "install": "双击 安装.bat。" if windows else "在这个文件夹里打开终端，运行：sh 安装.sh",
        "open": "双击 打开测算台.bat。"
        if windows
        else "双击 打开测算台.desktop（安装时写出），或运行：sh 打开测算台.sh",
    }
    text = first.format(**words)
    found["请先看.txt"] = (text.replace("\n", "\r\n") if windows else text).encode("utf-8-sig")
    found["program/install.py"] = (KIT / "install.py").read_bytes()
    return found


def bundle(entries: Record, platform: Platform, own: Path) -> Path:
    """Write the zip of one platform."""
    name = f"transfer-opt-{__version__}-{platform.name}"
    chosen = wheels(entries, platform)
    files = {
        f"program/wheels/{wheel}": (record.WHEELS / wheel).read_bytes()
        for each in chosen.values()
        for wheel in each
    }
    files[f"program/wheels/{own.name}"] = own.read_bytes()
    files["program/requirements.txt"] = requirements(entries, chosen, own).encode()
    files["示例.xlsx"] = (ROOT / "inputs" / "qinghai.xlsx").read_bytes()
    facts = {
        "name": name,
        "title": platform.title,
        "platform": platform.built_for,
        "glibc": [] if platform.is_windows else list(GLIBC),
        "pythons": [list(python) for python in PYTHONS],
        "pip": next(iter(chosen["pip"])),
        "installed": installed(entries, chosen, own),
        "longest": longest(entries, chosen, own),
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in files.items()},
    }
    files["program/bundle.json"] = json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()
    files["组件清单.csv"] = components(entries, chosen).encode("utf-8-sig")
    files |= kit(platform, name) | manual()
    path = BUNDLES / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for inner in sorted(files):
            archive.writestr(_entry(f"{name}/{inner}"), files[inner])
    return path


def installed(entries: Record, chosen: Mapping[str, set[str]], own: Path) -> int:
    """Bytes an environment takes at most, compiled modules counted as much as their sources."""
    largest: Iterator[int] = (
        max(entries[name]["wheels"][wheel]["installed"] for wheel in each)
        for name, each in chosen.items()
    )
    return int(1.3 * (sum(largest) + record.facts(own)["installed"]))


def longest(entries: Record, chosen: Mapping[str, set[str]], own: Path) -> int:
    """Characters of the longest path below the folder, once installed on Windows."""
    inner = [
        entries[name]["wheels"][wheel]["longest"] for name, each in chosen.items() for wheel in each
    ]
    most: int = max(*inner, record.facts(own)["longest"])
    return len("env\\Lib\\site-packages\\") + most


def _entry(name: str) -> zipfile.ZipInfo:
    """Stored, not packed again: wheels are packed, and bytes do not hang on a version of zlib."""
    entry = zipfile.ZipInfo(name, DATE)
    entry.create_system = 3
    entry.external_attr = (0o100755 if name.endswith(".sh") else 0o100644) << 16
    return entry


def _for_windows(path: Path) -> bytes:
    return path.read_text(encoding="utf-8").replace("\n", "\r\n").encode("gbk")


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def table(entries: Record) -> str:
    """Each dependency's largest wheel and what it takes once installed, in MB, the heaviest first."""
    rows = sorted(
        (
            (
                max(of["installed"] for of in entry["wheels"].values()) / 1e6,
                max(of["bytes"] for of in entry["wheels"].values()) / 1e6,
                name,
            )
            for name, entry in entries.items()
        ),
        reverse=True,
    )
    return "\n".join(f"{name:20} {packed:7.1f} {full:7.1f}" for full, packed, name in rows)


def main() -> None:
    """Build, fetch, write, and print sizes."""
    entries = record.read()
    own = build()
    fetch(entries)
    BUNDLES.mkdir(parents=True, exist_ok=True)
    print(f"{'MB':20} {'wheel':>7} {'on disk':>7}\n{table(entries)}\n")
    for platform in PLATFORMS:
        path = bundle(entries, platform, own)
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1e6:.1f} MB")
        print(f"    sha256 {record.sha256(path)}")


if __name__ == "__main__":
    main()
