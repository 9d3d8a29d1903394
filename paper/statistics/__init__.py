"""Statistics that rooms share: intervals, pairs of configurations, shares of distance."""

from paper.statistics.intervals import (
    CONFIDENCE,
    bootstrap_interval,
    controlled,
    jackknife_interval,
    percentile_interval,
    with_interval,
)

__all__ = [
    "CONFIDENCE",
    "bootstrap_interval",
    "controlled",
    "jackknife_interval",
    "percentile_interval",
    "with_interval",
]
