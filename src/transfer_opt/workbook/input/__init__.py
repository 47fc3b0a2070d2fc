"""Sheets as officials write them → headers, tables, values and remarks on what is odd."""
