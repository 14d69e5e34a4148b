"""What is found of each comparison, outcome by outcome, and what its certainty rests on."""
