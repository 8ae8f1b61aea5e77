"""How a peer is timed in its own process."""

import time


class Timed:
    """Has ``forward``, the call with the wait for its result, and keeps its last ``result``."""

    def run(self, count):
        """Milliseconds of each run."""
        millis = []
        for _ in range(count):
            start = time.perf_counter_ns()
            self.result = self.forward()
            millis.append((time.perf_counter_ns() - start) / 1e6)
        return millis
