"""How much later a mock answers than it could."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Latency:
    """Milliseconds before each answer, and by how many of them more or less at most, None for exactly so many."""

    ms: float
    jitter: float | None = None

    def seconds(self, source: random.Random) -> float:
        """How long one answer waits."""
        return max(0.0, self.ms + source.uniform(-1, 1) * (self.jitter or 0)) / 1000
