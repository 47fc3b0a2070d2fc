"""An input workbook → a case and its settings, or everything that is wrong with it in one run."""
