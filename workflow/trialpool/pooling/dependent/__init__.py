"""Effects that depend on each other: clusters, shared arms, levels of one trial."""
