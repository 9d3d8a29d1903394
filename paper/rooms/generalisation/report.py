"""What a position adds, as a table and as sentences."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from paper.rooms.generalisation.features import TARGETS
from paper.statistics import with_interval

#: What a position does, by whether its gain is above what any position gains, not so, or on both sides of that.
ANSWERS = {
    True: "tells more than train loss, error and progress",
    False: "tells no more than train loss, error and progress",
    None: "cannot be said to tell more than train loss, error and progress",
}


def numbers_of(found: Mapping[str, Mapping]) -> dict[str, dict]:
    """What :func:`paper.rooms.generalisation.prediction.added_by_position` returns, without predictions of runs."""
    return {
        target: {name: value for name, value in of_target.items() if name != "predicted"}
        for target, of_target in found.items()
    }


def gain_table(found: Mapping[str, Mapping[str, dict]]) -> pd.DataFrame:
    """Held-out R² without and with the position, its gain, and that of exchanged positions; one row for each target.

    Parameters
    ----------
    found : mapping from what is asked to mapping from target to dict
    """
    rows = [
        {
            "known at": asked,
            "predicted": TARGETS[target],
            "R² without": of_target["r2"]["without"],
            "R² with position": of_target["r2"]["with"],
            "gain": with_interval(of_target["gain"], of_target["interval"], "z.2f"),
            "exchanged, mean": of_target["null_mean"],
            "exchanged, one in forty": of_target["null_high"],
            "mean absolute error without": of_target["mae"]["without"],
            "with": of_target["mae"]["with"],
            "of the mean": of_target["mae"]["mean"],
        }
        for asked, by_target in found.items()
        for target, of_target in by_target.items()
    ]
    return pd.DataFrame(rows)


def answered(found: Mapping) -> bool | None:
    """Whether a gain is above its bound with its whole interval, True, below with all of it, False, or neither, None.

    Examples
    --------
    >>> answered({"gain": 0.2, "interval": [0.1, 0.3], "bound": 0.05})
    True
    """
    sides = {end > found["bound"] for end in (found["gain"], *found["interval"])}
    return sides.pop() if len(sides) == 1 else None


def answer(end: Mapping, early: Mapping, epoch: float, beside_factors: Mapping) -> str:
    """Two sentences that answer the notebook's question, with numbers.

    Parameters
    ----------
    end, early : mappings
        Of the test error at the end and at an epoch.
    epoch : float
    beside_factors : mapping
        Of the test error at the end, where both regressions know all factors.
    """

    def said(found: Mapping) -> str:
        gain = with_interval(found["gain"], found["interval"], "z.2f")
        return (
            f"R² goes from {found['r2']['without']:z.2f} to {found['r2']['with']:z.2f}, by {gain}, and by "
            f"{found['null_high']:z.2f} one time in forty with exchanged positions"
        )

    factors = beside_factors["r2"]["without"]
    return (
        f"Where a run ends on the train manifold {ANSWERS[answered(end)]} of the test error of held-out "
        f"configurations: {said(end)} (the names of all factors bring it to {factors:.2f}). Where a run is after "
        f"{epoch:g} epochs {ANSWERS[answered(early)]} of its final test error: {said(early)}."
    )
