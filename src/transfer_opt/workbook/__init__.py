"""The only room that knows spreadsheets: reading inputs, writing results and templates."""
