"""The comparison as one page that needs no network: every figure comes from the tables of the workbook."""

from __future__ import annotations

from transfer_opt.report.web.map import areas
from transfer_opt.report.web.page import Heading, page

__all__ = ["Heading", "areas", "page"]
