"""Scenarios side by side: what each gives, whom it costs, and which cause makes the difference. Pure, no files."""

from __future__ import annotations
