"""What several rooms of the pooling compute with: roots, tails, sums, distributions."""
