"""How much later a mock answers than it could."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Latency:
    """Milliseconds before each answer, and by how many of them more or less at most."""

    ms: float
    jitter: float = 0.0

    def seconds(self, source: random.Random) -> float:
        """How long one answer waits."""
        return max(0.0, self.ms + source.uniform(-self.jitter, self.jitter)) / 1000
