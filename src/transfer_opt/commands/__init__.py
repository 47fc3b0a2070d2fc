"""One use case each: opens the files, calls the rooms below, saves what they made.

What a use case hands back has `save` and, for whoever goes on with pandas, `to_frame`. `door` is what Python programs
see of it, as `cli` is what people at a terminal see; both make the same calls.
"""
