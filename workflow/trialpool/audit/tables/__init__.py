"""Rules on the tables themselves: form, words, identifiers, and what stands twice."""
