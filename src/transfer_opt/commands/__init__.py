"""One use case each: opens the files, calls the rooms below, saves what they made."""
