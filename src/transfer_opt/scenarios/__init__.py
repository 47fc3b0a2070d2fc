"""Many cases of one budget: side by side, along a frontier, over a grid."""
