"""The comparison as one page that needs no network: every figure comes from the tables of the workbook."""

from __future__ import annotations

from transfer_opt.web.map import areas
from transfer_opt.web.page import Heading, page

__all__ = ["Heading", "areas", "page"]
