"""Scenarios side by side: what each gives, whom it costs, and which cause makes the difference."""
