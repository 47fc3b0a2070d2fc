"""A published allocation as an official attachment (Word, PDF), as CSV and as JSON."""
