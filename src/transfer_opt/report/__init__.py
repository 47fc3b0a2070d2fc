"""Outcomes → tables and texts for people. Plain records: how they look in a file is another room's business."""
