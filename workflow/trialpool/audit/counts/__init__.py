"""Rules on counts: events, patients, and odds ratios of rates."""
