"""How far all workers of dosai.map are: a line for people, and a text for Prometheus."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Optional

BAR = 24
NAMES = ("done", "failed", "replayed", "prompt", "completion")
HELP = {
    "done": "rows that have a result", "failed": "rows whose result is an error",
    "replayed": "rows whose result came from a journal", "prompt": "tokens of the prompts",
    "completion": "tokens of the answers",
}


class Progress:
    """Counts of all workers. `total` is how many rows there are, `prices` what a million prompt tokens and a million
    completion tokens cost. Rows that an engine runs again, after a worker has died, count again."""

    def __init__(self, total: Optional[int], prices: Optional[tuple[float, float]]) -> None:
        self.total, self.prices = total, prices
        self.counts: Counter[str] = Counter()
        self._begun: Optional[float] = None

    def add(self, counts: dict[str, int], now: float) -> None:
        if self._begun is None:
            self._begun = now
        self.counts.update({name: max(0, int(counts.get(name, 0))) for name in NAMES})

    def cost(self) -> Optional[float]:
        """In the currency of the prices."""
        if self.prices is None:
            return None
        return (self.counts["prompt"] * self.prices[0] + self.counts["completion"] * self.prices[1]) / 1e6

    def seconds_left(self, now: float) -> Optional[float]:
        sent = self.counts["done"] - self.counts["replayed"]
        if self.total is None or self._begun is None or sent <= 0:
            return None
        return max(0, self.total - self.counts["done"]) * (now - self._begun) / sent

    def tokens_per_second(self, now: float) -> float:
        if self._begun is None or now <= self._begun:
            return 0.0
        return (self.counts["prompt"] + self.counts["completion"]) / (now - self._begun)

    def line(self, now: float) -> str:
        done, parts = self.counts["done"], []
        if self.total:
            part = min(1.0, done / self.total)
            parts.append("%3d %% |%s| %d of %d" % (100 * part, ("#" * int(part * BAR)).ljust(BAR), done, self.total))
        else:
            parts.append("%d" % done)
        parts[0] += " rows, %d failed" % self.counts["failed"]
        parts.append("%.0f tokens/s" % self.tokens_per_second(now))
        cost, left = self.cost(), self.seconds_left(now)
        if cost is not None:
            parts.append("cost %.2f" % cost)
        if left is not None:
            parts.append("%d:%02d:%02d left" % (left // 3600, left // 60 % 60, left % 60))
        return ", ".join(parts)

    def metrics(self, now: float) -> str:
        """In the text format of Prometheus."""
        lines = []
        for name in NAMES:
            metric = "dosai_map_%s_total" % (name + "_tokens" if name in ("prompt", "completion") else name + "_rows")
            lines += ["# HELP %s %s" % (metric, HELP[name]), "# TYPE %s counter" % metric,
                      "%s %d" % (metric, self.counts[name])]
        gauges = {"dosai_map_rows": self.total, "dosai_map_cost": self.cost(),
                  "dosai_map_seconds_left": self.seconds_left(now)}
        for metric, value in gauges.items():
            if value is not None:
                lines += ["# TYPE %s gauge" % metric, "%s %g" % (metric, value)]
        return "\n".join(lines) + "\n"


def is_watched() -> bool:
    """Whether standard error is a terminal, or a notebook's."""
    return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
