"""Whether one average is better than another in every architecture, and by chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from paper.rooms.ensembles.scores import SCORE_NAMES
from paper.statistics import jackknife_interval, with_interval

#: Proper scores, by which averages of the same sharpness are compared.
PROPER = ("nll", "brier")


def network_gains(table: pd.DataFrame, kind: str, over: str, score: str) -> dict[str, dict]:
    """Score of one average less that of another, mean over the configurations of each network.

    Parameters
    ----------
    table : DataFrame
        From :func:`paper.rooms.ensembles.analysis.final_averages`.
    kind, over : str
        Averages.
    score : str

    Returns
    -------
    dict
        By network: ``mean``, ``interval`` by the jackknife over configurations, which of a mean is Student's (they are
        too few for a bootstrap), and ``configurations``. NaN ends for one configuration.

    Examples
    --------
    >>> rows = [("fc", c, kind, x) for c, x in (("a", 1.0), ("b", 3.0)) for kind in ("one", "other")]
    >>> table = pd.DataFrame(rows, columns=["network", "configuration", "kind", "nll"])
    >>> table.loc[table["kind"] == "other", "nll"] = 0.0
    >>> found = network_gains(table, "one", "other", "nll")["fc"]
    >>> found["mean"], [round(end, 2) for end in found["interval"]]
    (2.0, [-10.71, 14.71])
    """
    wide = table.pivot(index=["network", "configuration"], columns="kind", values=score)
    found = {}
    for network, gains in (wide[kind] - wide[over]).groupby(level="network"):
        values = gains.to_numpy()
        n, mean = len(values), float(values.mean())
        ends = jackknife_interval(mean, (values.sum() - values) / (n - 1)) if n > 1 else [float("nan")] * 2
        found[str(network)] = {"mean": mean, "interval": ends, "configurations": n}
    return found


def least_favourable(gains: Mapping[str, Mapping]) -> dict:
    """The network where a score that should be low gains least: that with the largest mean, of several configurations.

    Parameters
    ----------
    gains : mapping from network to mapping
        From :func:`network_gains`.

    Returns
    -------
    dict
        Its entry, with ``network``; NaN if no network has several configurations.
    """
    several = {name: found for name, found in gains.items() if found["configurations"] > 1}
    if not several:
        return {"network": "", "mean": float("nan"), "interval": [float("nan")] * 2, "configurations": 0}
    name = max(several, key=lambda network: several[network]["mean"])
    return {"network": name, **several[name]}


def by_architecture(
    table: pd.DataFrame, kind: str, over: str, *, draws: int, rng: int | np.random.Generator
) -> dict[str, dict]:
    """Gains by proper scores: of each network, of the least favourable one, and what that is by chance.

    Parameters
    ----------
    table : DataFrame
        From :func:`paper.rooms.ensembles.analysis.final_averages`.
    kind, over : str
        Averages.
    draws, rng
        Of the null: in each configuration it is drawn which of the two averages bears which name.

    Returns
    -------
    dict
        By score: ``networks``, ``least``, and ``null``, the mean over draws of the least favourable network's mean.
    """
    found = {}
    for score in PROPER:
        wide = table.pivot(index=["network", "configuration"], columns="kind", values=score)
        gains = network_gains(table, kind, over, score)
        signs = np.random.default_rng(rng).choice([-1.0, 1.0], size=(len(wide), draws))
        drawn = pd.DataFrame(signs * (wide[kind] - wide[over]).to_numpy()[:, None], index=wide.index)
        several = [name for name, one in gains.items() if one["configurations"] > 1]
        least = drawn.groupby(level="network").mean().loc[several].max()
        found[score] = {"networks": gains, "least": least_favourable(gains), "null": float(least.mean())}
    return found


def architecture_table(found: Mapping[str, Mapping], labels: Mapping[str, str]) -> pd.DataFrame:
    """Gains of each network with their intervals, as text.

    Parameters
    ----------
    found : mapping from score to mapping
        From :func:`by_architecture`.
    labels : mapping from network to str
    """
    rows = [
        {
            "architecture": labels[network],
            **{SCORE_NAMES[score]: _as_text(of_score["networks"][network]) for score, of_score in found.items()},
            "configurations": found[PROPER[0]]["networks"][network]["configurations"],
        }
        for network in labels
    ]
    return pd.DataFrame(rows)


def _as_text(found: Mapping) -> str:
    """A mean with its interval, if it has one."""
    if found["configurations"] == 1:
        return f"{found['mean']:+.4f}"
    return with_interval(found["mean"], found["interval"], "+.4f")
