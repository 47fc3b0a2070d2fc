"""Bytes → sheets: opened by content, held against limits, patched part by part."""
