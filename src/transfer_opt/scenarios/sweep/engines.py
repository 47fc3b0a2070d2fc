"""Who answers the points: this process, one after the other, or the workers of a Dask cluster."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from transfer_opt.core.errors import OutputError
from transfer_opt.intake.prepare import Prepared
from transfer_opt.scenarios.sweep.plan import Plan
from transfer_opt.scenarios.sweep.point import Scenarios

Engine = Callable[[Prepared, Plan, Sequence[int]], Iterator[str]]
"""The records of these points as lines of JSON, in any order, each as soon as it is known."""

BATCH = 8
"""Points a worker is given at a time: neighbours share what is computed once."""
CONNECT_SECONDS = 10


def local(prepared: Prepared, plan: Plan, indices: Sequence[int]) -> Iterator[str]:
    """In this process: small programs are answered faster than they are sent."""
    scenarios = Scenarios(prepared, plan)
    for index in indices:
        yield scenarios.answer(index).line()


def dask(address: str) -> Engine:
    """On the workers of the cluster whose scheduler listens there; they need this package at the same version."""

    def on_cluster(prepared: Prepared, plan: Plan, indices: Sequence[int]) -> Iterator[str]:
        distributed = _distributed()
        try:
            client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise OutputError(
                f"连不上 Dask 调度器「{address}」。处理办法：核对地址（如 tcp://主机:8786），确认调度器已启动；"
                "或改用 --engine local。"
            ) from error
        with client:
            setup = client.scatter(pickle.dumps((prepared, plan)), broadcast=True, hash=True)
            batches = [indices[start : start + BATCH] for start in range(0, len(indices), BATCH)]
            futures = client.map(answered, batches, setup=setup, pure=False)
            for future in distributed.as_completed(futures, loop=client.loop):
                yield from future.result()

    return on_cluster


def answered(indices: Sequence[int], setup: bytes) -> list[str]:
    """What a worker does with a batch."""
    scenarios = _scenarios(setup)
    return [scenarios.answer(index).line() for index in indices]


@lru_cache(maxsize=1)
def _scenarios(setup: bytes) -> Scenarios:
    """A worker keeps its model warm from batch to batch."""
    return Scenarios(*pickle.loads(setup))


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise OutputError(
            "没有安装 Dask。处理办法：安装 transfer-opt 的 dask 附加组件（dask[distributed]），"
            "或改用 --engine local。"
        ) from error
    return distributed
