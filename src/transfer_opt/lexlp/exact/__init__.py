"""The same optimum in rational arithmetic: no data can make it fail, and every step can be counted again."""
