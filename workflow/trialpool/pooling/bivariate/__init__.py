"""Two effects of each trial pooled together, and how well one foretells the other."""

from typing import Final

# With fewer trials an association between trials is shown and not concluded from.
MIN_TRIALS: Final = 10
