"""Plain tables → sheets as they are printed: layout, styles, formulas, charts, templates."""
