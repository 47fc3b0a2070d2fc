"""A grid or random draws over parameters, pools and uncertain data, answered point by point."""
