"""County boundaries the user gives (GeoJSON) as paths of a sketch map, joined to the counties by code."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer_opt.core.errors import InputError, Problem

CODE_KEYS = ("行政区划代码", "adcode", "code", "CODE", "区划代码", "id", "gb")
WIDTH, MARGIN = 640.0, 6.0
LARGEST = 30 * 2**20
DIGITS = 6


@dataclass(frozen=True)
class Area:
    """One county's outline."""

    code: str
    path: str


@dataclass(frozen=True)
class _Frame:
    """Longitude and latitude to pixels; east-west is shortened as it is at the middle latitude."""

    west: float
    north: float
    scale: float
    shrink: float

    def at(self, point: Any) -> str:
        x = MARGIN + (float(point[0]) - self.west) * self.shrink * self.scale
        return f"{x:.1f} {MARGIN + (self.north - float(point[1])) * self.scale:.1f}"


def areas(path: Path, codes: Collection[str]) -> tuple[Area, ...]:
    """The outlines of the counties with these codes; InputError where the file gives none."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("too large")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        found = [
            (code, rings)
            for feature in content["features"]
            for code in [_code(feature)]
            if code in codes and (rings := list(_rings(feature["geometry"])))
        ]
        frame = _frame([point for _, rings in found for ring in rings for point in ring])
        return tuple(
            Area(code, "".join(f"M{'L'.join(map(frame.at, ring))}Z" for ring in rings))
            for code, rings in found
        )
    except OSError as error:
        raise _wrong(f"边界文件「{path}」打不开。", "检查 --boundaries 后面的路径。") from error
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise _wrong(
            f"边界文件「{path}」不是可用的 GeoJSON，或没有一个区域的代码与工作簿相符。",
            f"每个区域要有属性 {'、'.join(CODE_KEYS[:3])} 之一，值为六位行政区划代码，坐标为经纬度。",
        ) from error


def _code(feature: Any) -> str:
    properties = {
        **(feature.get("properties") or {}),
        **({"id": feature["id"]} if "id" in feature else {}),
    }
    for key in CODE_KEYS:
        text = str(properties.get(key, "")).removesuffix(".0")
        if text:
            return text.removeprefix("156")[:DIGITS]
    return ""


def _rings(geometry: Any) -> Iterator[Any]:
    if geometry["type"] == "Polygon":
        yield from geometry["coordinates"]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["coordinates"]:
            yield from polygon


def _frame(points: list[Any]) -> _Frame:
    east, west = max(float(p[0]) for p in points), min(float(p[0]) for p in points)
    north, south = max(float(p[1]) for p in points), min(float(p[1]) for p in points)
    if not all(map(math.isfinite, (east, west, north, south))) or not (
        -90 <= south < north <= 90 and west < east
    ):
        raise ValueError("no longitude and latitude")
    shrink = math.cos(math.radians((north + south) / 2))
    return _Frame(
        west,
        north,
        min((WIDTH - 2 * MARGIN) / ((east - west) * shrink), (0.7 * WIDTH) / (north - south)),
        shrink,
    )


def _wrong(message: str, remedy: str) -> InputError:
    return InputError([Problem("E161", message, remedy)])
