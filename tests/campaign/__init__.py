"""A campaign through the front door: random workbooks, an oracle of its own, and every sentence tried as a user would."""
