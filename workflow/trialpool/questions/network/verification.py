"""What a network hands over to be computed twice: the pools of its direct comparisons."""

from __future__ import annotations

from trialpool.questions.shared.verified import contents

__all__ = ["contents"]
