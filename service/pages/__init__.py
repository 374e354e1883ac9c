"""The HTML pages of the explorer and their assets."""
