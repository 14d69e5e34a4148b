"""From raw rows to the trials of a question."""
