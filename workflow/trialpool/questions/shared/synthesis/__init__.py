"""From a question's trials to its result record."""
