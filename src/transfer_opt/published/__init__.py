"""A result file back as what it says: its plan, its audit, its history."""
