"""The sentences in and under a forest plot."""
