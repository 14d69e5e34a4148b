"""A release: a numbered, dated bundle of data, configuration, results and report."""
