"""The comparison as one page that needs no network: every figure comes from the tables of the workbook."""
