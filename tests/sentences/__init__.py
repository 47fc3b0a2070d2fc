"""Every sentence the program can say, each with a case where it is true and one where it must not appear."""
