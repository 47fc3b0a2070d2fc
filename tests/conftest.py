"""What every test may ask for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from cases import make_case
from limited import Limited

from transfer_opt.core.expressions import Linear
from transfer_opt.policy.case import Case


@pytest.fixture(scope="module")
def limited() -> Iterator[Limited]:
    """The program, loaded once, each file in a process of its own."""
    with Limited() as server:
        yield server


@pytest.fixture
def tiny_case() -> Case:
    """The small case as it stands."""
    return make_case()


@pytest.fixture
def x(tiny_case: Case) -> Linear:
    """Its amounts."""
    return tiny_case.amount


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --regenerate-golden` writes tests/golden/*.lp anew; read the difference before committing it."""
    parser.addoption(
        "--regenerate-golden", action="store_true", help="write the golden LP files anew"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stands in tests/system starts processes, or follows a whole document, as every scene of a sentence does; CBC is
    a program of its own.

    Elsewhere the mark says that a test is long: it follows a whole result, or compares many solutions.
    """
    for item in items:
        parameters = getattr(item, "callspec", _NO_CASE).params.values()
        by_cbc = any(isinstance(value, str) and value == "cbc" for value in parameters)
        if item.path.parent.name in ("system", "sentences") or by_cbc:
            item.add_marker("system")


_NO_CASE = SimpleNamespace(params={})


@pytest.fixture(autouse=True)
def _no_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that starts a process says so by its place or its mark."""
    if not {"system", "slow"} & {mark.name for mark in request.node.iter_markers()}:
        monkeypatch.setattr(subprocess, "Popen", _refused)


def _refused(*_: object, **__: object) -> None:
    raise AssertionError("this test starts a process: mark it with pytest.mark.system")
