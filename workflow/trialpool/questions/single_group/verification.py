"""What such a result hands over to be computed twice: the pools of its groups."""

from __future__ import annotations

from trialpool.questions.shared.verified import contents

__all__ = ["contents"]
