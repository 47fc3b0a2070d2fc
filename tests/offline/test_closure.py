"""Every platform gets every wheel it needs and no other: tags, markers and pins, from the recorded list, without a network."""

from __future__ import annotations

import re

import pytest
from bundle.closure import PLATFORMS, TARGETS, Target, best, closure
from bundle.record import EXTRAS, TOOLS, needed, pins, read, requires, roots
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename

WINDOWS, LINUX, ARM = (Target(platform, (3, 12)) for platform in PLATFORMS)
EACH = pytest.mark.parametrize(
    "target", TARGETS, ids=lambda target: f"{target.platform.name}-{target.python[1]}"
)
REMEDY = "run `make wheels` after a change of the dependencies"


def test_markers_and_extras_are_followed_for_the_target_and_not_for_this_machine() -> None:
    known = {
        "a": ['b; sys_platform == "win32"', 'c[x]; python_version >= "3.12"', 'd; extra == "y"'],
        "c": ['e; extra == "x"', 'f; extra == "z"', "a"],
    }
    assert closure(["A>=1"], known, WINDOWS) == {"a", "b", "c", "e"}
    assert closure(["a"], known, LINUX) == {"a", "c", "e"}
    assert closure(["a"], known, Target(PLATFORMS[1], (3, 11))) == {"a"}
    assert closure(["a[y]"], known, ARM) == {"a", "c", "d", "e"}


@pytest.mark.parametrize(
    ("tag", "fitting"),
    [
        ("py3-none-any", {WINDOWS, LINUX, ARM}),
        ("cp312-cp312-win_amd64", {WINDOWS}),
        ("cp39-abi3-win_amd64", {WINDOWS}),
        ("cp312-cp312-win32", set()),
        ("cp312-cp312-win_arm64", set()),
        ("cp312-cp312t-win_amd64", set()),
        ("cp313-cp313-win_amd64", set()),
        ("cp313-abi3-win_amd64", set()),
        ("cp312-cp312-manylinux_2_28_x86_64", {LINUX}),
        ("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64", {LINUX}),
        ("cp312-cp312-manylinux_2_34_x86_64", set()),
        ("cp312-cp312-musllinux_1_2_x86_64", set()),
        ("cp37-abi3-manylinux2014_aarch64", {ARM}),
        ("cp312-cp312-macosx_11_0_arm64", set()),
    ],
)
def test_a_wheel_goes_where_its_tags_say(tag: str, fitting: set[Target]) -> None:
    found = {each for each in (WINDOWS, LINUX, ARM) if best([f"x-1-{tag}.whl"], each)}
    assert found == fitting


def test_the_wheel_made_for_this_python_is_better_than_one_for_all() -> None:
    wheels = ["x-1-py3-none-any.whl", "x-1-cp312-cp312-win_amd64.whl", "x-1-cp38-abi3-win32.whl"]
    assert best(wheels, WINDOWS) == wheels[1]
    assert best(wheels, LINUX) == wheels[0]


@EACH
def test_a_target_gets_a_wheel_of_everything_its_wheels_require(target: Target) -> None:
    record, pinned = read(), pins()
    chosen = needed(record, target)
    version = ".".join(map(str, target.python))
    for name in chosen:
        entry = record[name]
        assert entry["version"] == pinned[name], REMEDY
        assert SpecifierSet(entry["python"]).contains(f"{version}.0"), name
        for text in entry["requires"]:
            wanted = Requirement(text)
            if wanted.marker is None or wanted.marker.evaluate({**target.environment, "extra": ""}):
                other = canonicalize_name(wanted.name)
                assert other in chosen, f"{name} requires {text}"
                assert wanted.specifier.contains(record[other]["version"]), f"{name}: {text}"
    for wanted in map(Requirement, roots()):
        assert wanted.specifier.contains(pinned[canonicalize_name(wanted.name)])


def test_the_record_holds_what_is_needed_and_nothing_else() -> None:
    record = read()
    used = {wheel for target in TARGETS for wheel in needed(record, target).values()}
    assert used == {wheel for entry in record.values() for wheel in entry["wheels"]}, REMEDY
    for name, entry in record.items():
        for wheel, of in entry["wheels"].items():
            assert parse_wheel_filename(wheel)[0] == name
            assert str(parse_wheel_filename(wheel)[1]) == entry["version"]
            assert re.fullmatch("[0-9a-f]{64}", of["sha256"])
        assert entry["licence"] != "—", f"{name} says nothing of its licence"


def test_a_bundle_carries_what_its_user_may_need_and_no_server() -> None:
    record = read()
    everywhere = [set(needed(record, target)) for target in TARGETS]
    for named in ("pulp", "pandas", "numpy", "openpyxl", "click"):
        assert all(named in each for each in everywhere)
    assert {"typst", "sqlalchemy", "starlette", "uvicorn", *TOOLS} <= set.union(*everywhere)
    assert not {"pyarrow", "psycopg", "dask"} & set.union(*everywhere)
    assert EXTRAS == ("ledger", "pdf", "web")


def test_nothing_that_a_target_lacks_goes_unnoticed() -> None:
    record = read()
    del record["numpy"]["wheels"][needed(record, ARM)["numpy"]]
    with pytest.raises(LookupError, match="numpy: no wheel for linux_aarch64"):
        needed(record, ARM)
    assert "numpy" in closure(roots(), requires(record), ARM)
