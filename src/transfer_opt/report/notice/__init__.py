"""「县区说明单」: one county on one page, with every line of its calculation."""
