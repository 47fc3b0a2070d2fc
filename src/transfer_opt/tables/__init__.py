"""Anybody's allocation table: how it is laid out, whether it adds up, and its rounding that keeps every sum."""
