"""Why each amount is what it is, what holds it, and what a change would do."""
