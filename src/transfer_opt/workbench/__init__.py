"""测算台: the page to click. It holds no arithmetic: every figure is one that a command would give."""
