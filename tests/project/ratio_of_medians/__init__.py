"""A toy kind of question: ratios of medians, shown and never pooled."""
