"""Which wheels a platform needs: tags, environment markers, and the closure of what requires what. No network, no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

PYTHONS = ((3, 11), (3, 12), (3, 13))
"""The versions a bundle serves."""
GLIBC = (2, 28)
"""What 麒麟 V10 and 统信 V20 are said to have; wheels that ask for more would not load there."""


@dataclass(frozen=True)
class Platform:
    """One kind of computer; `machine` as Python's `platform.machine()` calls it."""

    name: str
    title: str
    system: str
    machine: str

    @property
    def is_windows(self) -> bool:
        """Whether it is Windows; otherwise it is a Linux with glibc."""
        return self.system == "Windows"

    @property
    def built_for(self) -> str:
        """What `sysconfig.get_platform()` of a Python for it says."""
        return "win-amd64" if self.is_windows else f"linux-{self.machine}"

    @property
    def tags(self) -> tuple[str, ...]:
        """The platform tags of wheels that load here, the best first."""
        if self.is_windows:
            return (self.name,)
        oldest = 5 if self.machine == "x86_64" else 17
        named = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
        return tuple(
            f"{tag}_{self.machine}"
            for minor in range(GLIBC[1], oldest - 1, -1)
            for tag in (f"manylinux_2_{minor}", *([named[minor]] if minor in named else []))
        )


PLATFORMS = (
    Platform("win_amd64", "Windows（64 位，x86-64）", "Windows", "AMD64"),
    Platform("linux_x86_64", "Linux（麒麟、统信等，x86-64）", "Linux", "x86_64"),
    Platform("linux_aarch64", "Linux（麒麟、统信等，ARM64：鲲鹏、飞腾）", "Linux", "aarch64"),
)


@dataclass(frozen=True)
class Target:
    """A platform with one version of Python."""

    platform: Platform
    python: tuple[int, int]

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The tags of wheels that can be installed, the best first."""
        digits = "".join(map(str, self.python))
        return (
            *cpython_tags(self.python, [f"cp{digits}"], self.platform.tags),
            *compatible_tags(self.python, f"cp{digits}", self.platform.tags),
        )

    @property
    def environment(self) -> dict[str, str]:
        """The values of environment markers."""
        windows, version = self.platform.is_windows, ".".join(map(str, self.python))
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{version}.0",
            "os_name": "nt" if windows else "posix",
            "platform_machine": self.platform.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": self.platform.system,
            "platform_version": "",
            "python_full_version": f"{version}.0",
            "python_version": version,
            "sys_platform": "win32" if windows else "linux",
        }


TARGETS = tuple(Target(platform, python) for platform in PLATFORMS for python in PYTHONS)


def closure(
    roots: Iterable[str], requires: Mapping[str, Sequence[str]], target: Target
) -> frozenset[str]:
    """The names of all that `roots` need on a target, those of `roots` included, as far as `requires` knows.

    `requires`: name → what it requires, each in the words of its metadata. A name that it lacks is in the answer, too.
    """
    done: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in roots]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in done:
                continue
            done.add((name, extra))
            environment = {**target.environment, "extra": extra}
            waiting += [
                found
                for found in map(Requirement, requires.get(name, ()))
                if found.marker is None or found.marker.evaluate(environment)
            ]
    return frozenset(name for name, _ in done)


def best(wheels: Iterable[str], target: Target) -> str | None:
    """The file name an installer would take on a target; None where none of them can be installed."""
    order = {tag: at for at, tag in enumerate(target.tags)}
    ranked = [
        (min(order[tag] for tag in tags), name)
        for name in wheels
        if (tags := parse_wheel_filename(name)[3] & order.keys())
    ]
    return min(ranked)[1] if ranked else None
