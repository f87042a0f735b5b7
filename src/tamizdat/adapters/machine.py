"""The machine's clock and dice."""

from __future__ import annotations

import os
import time


class SystemClock:
    """A ports.Clock: what the machine says, which may be wrong."""

    def now(self) -> int:
        """Say the time in whole seconds since 1970-01-01T00:00:00Z."""
        return int(time.time())  # noqa: TID251 -- this is the door


class SystemEntropy:
    """A ports.Entropy: the operating system's generator."""

    def random(self, count: int) -> bytes:
        """Give *count* bytes nobody can guess."""
        return os.urandom(count)  # noqa: TID251 -- this is the door
