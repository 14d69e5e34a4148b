"""Single trials pool nothing."""

from trialpool.questions.shared.verified import contents

__all__ = ["contents"]
