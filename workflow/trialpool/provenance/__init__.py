"""From a diamond back to the printed number, and what a trial printed beside it."""
