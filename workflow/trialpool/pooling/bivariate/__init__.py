"""Two effects of each trial pooled together, and how well one foretells the other."""
