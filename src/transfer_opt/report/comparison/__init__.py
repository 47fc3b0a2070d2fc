"""Comparison → the tables of its workbook, which are also all the page shows."""
