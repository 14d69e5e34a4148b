"""Commands that run the steps of a build, read one, or compare two."""
