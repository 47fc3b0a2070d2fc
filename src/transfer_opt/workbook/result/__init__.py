"""A result workbook read back: its pages, inputs, seals and fingerprint."""
