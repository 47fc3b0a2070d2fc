"""Case and settings → columns, bounds, rows and stages of the program."""
