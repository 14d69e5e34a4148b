"""From the printed number to the effect size, with the way it was derived."""
