"""Figures of the intensive limit: the curse, replicas, the coin, light cones, and corners around ignorance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paper.exponential_family import Coordinates
from paper.figures.light_cones import draw_light_cone
from paper.figures.style import LOOKS, MUTED, SPACE_LIKE, TIME_LIKE, new_figure

#: Names of the distances that are compared, and their looks.
DISTANCES = {"hellinger": "Hellinger, all samples at once", "bhattacharyya": "Bhattacharyya, a sample"}
#: Pairs of models that are drawn, by the part of all pairs that are closer.
QUANTILES = {"a close pair": 0.02, "a middle pair": 0.5, "a far pair": 0.98}
#: Eigenvalues that are drawn.
DRAWN = 12


def curse(found: Mapping[str, Mapping[str, np.ndarray]], sizes: np.ndarray, m: int) -> Figure:
    """Distances of three pairs, contrast of all pairs, and number of axes, by the number of samples.

    Parameters
    ----------
    found : mapping
        From :func:`paper.rooms.intensive_geometry.replicas.by_samples`.
    sizes : (q,) array
    m : int
        Models.
    """
    figure, (pairs, contrast, axes) = new_figure(3, width=3.9)
    for (name, label), look in zip(DISTANCES.items(), LOOKS, strict=False):
        distances = found[name]["distances"]
        order = np.argsort(found["bhattacharyya"]["distances"][-1])
        style = {"color": look.colour, "linestyle": look.dashes, "marker": look.marker, "markersize": 3}
        for number, quantile in enumerate(QUANTILES.values()):
            pair = order[int(quantile * (len(order) - 1))]
            pairs.plot(sizes, distances[:, pair], **style, alpha=(0.35, 0.65, 1)[number])
        contrast.plot(sizes, found[name]["contrast"], **style, label=label)
        axes.plot(sizes, found[name]["axes"], **style)
    axes.axhline(m - 1, color=MUTED, linewidth=1, linestyle=":")
    axes.annotate("all axes alike", (sizes[0], m - 1), xytext=(0, -10), textcoords="offset points", fontsize=8)
    pairs.set(title="a close, a middle and a far pair (darker)", ylabel="distance", ylim=(0, 1.05))
    contrast.set(title="how distances differ", ylabel="standard deviation over mean", ylim=(0, None))
    axes.set(title="how many axes", ylabel="participation ratio", ylim=(0, 1.08 * m))
    for panel in (pairs, contrast, axes):
        panel.set(xscale="log", xlabel="samples")
    figure.legend(*contrast.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def replicas(numbers: np.ndarray, distances: Mapping[float, np.ndarray], shares: Mapping[float, float]) -> Figure:
    """Left, d_n² of three pairs of coins by the number of replicas n; right, which part of the spectrum is time-like.

    Parameters
    ----------
    numbers : (q,) array
        Replicas, of the left panel.
    distances : mapping from d_B to (q,) array
    shares : mapping from number of replicas to share
    """
    figure, (left, right) = new_figure(2, width=4.6)
    for look, (limit, values) in zip(LOOKS, distances.items(), strict=False):
        left.plot(numbers, values, color=look.colour, linestyle=look.dashes, label=f"$d_B$ = {limit:.2g}")
        left.axhline(limit, color=look.colour, linewidth=0.7, alpha=0.6)
    left.axvline(1, color=MUTED, linewidth=0.8, linestyle=":")
    left.annotate(
        "one sample:\nHellinger", (1, left.get_ylim()[1]), xytext=(5, -34), textcoords="offset points", fontsize=8
    )
    left.set(
        xscale="log", xlabel="replicas $n$", ylabel="$d_n^2=(1-e^{-n\\,d_B})/n$ (nats)", title="to $d_B$ as $n\\to 0$"
    )
    left.legend(fontsize=8)
    n, share = np.array(list(shares)), np.array(list(shares.values()))
    whole = (n > 0.5) & np.isclose(n, n.round())
    right.plot(n, share, color=TIME_LIKE, linewidth=1)
    right.scatter(n[whole], share[whole], color=SPACE_LIKE, s=28, zorder=3, label="a whole number of replicas")
    right.set(xscale="log", xlabel="replicas $n$", ylabel="part of Σ|λ|", title="time-like part of the spectrum")
    right.legend(fontsize=8)
    return figure


def coin(angles: np.ndarray, embedding: np.ndarray, spectrum: np.ndarray, analytic: np.ndarray) -> Figure:
    """Coins in their first two axes with the light cone of the fair one, and their spectrum beside that of the series.

    Parameters
    ----------
    angles : (m,) array
    embedding : (m, 2) array
        InPCA, the first axis space-like, the second time-like.
    spectrum, analytic : (m,) arrays
        Eigenvalues of W, and of the coordinates in closed form.
    """
    figure, (plane, bars) = new_figure(2, width=4.6, height=3.8)
    heads = np.sin(angles) ** 2
    points = plane.scatter(*embedding.T, c=heads, cmap="viridis", s=16, zorder=3)
    bound = 1.15 * np.abs(embedding).max()
    plane.set(xlim=(-bound, bound), ylim=(-bound, bound), aspect="equal")
    draw_light_cone(plane, embedding[len(angles) // 2], label="light cone of the fair coin")
    plane.set(xlabel="PC1 (√nats, space-like)", ylabel="PC2 (√nats, time-like)")
    plane.legend(loc="lower center", fontsize=8)
    figure.colorbar(points, ax=plane, label="probability of heads", shrink=0.8)
    some = spectrum[: min(DRAWN, len(angles) - 1)]  # centred: m models have m - 1 axes
    number = np.arange(1, len(some) + 1)
    bars.bar(number, np.abs(some), color=np.where(some > 0, SPACE_LIKE, TIME_LIKE), width=0.6)
    bars.scatter(number, np.abs(analytic[: len(some)]), color="black", s=14, zorder=3)
    names = [Line2D([], [], color=SPACE_LIKE, linewidth=6, label="space-like")]
    names += [Line2D([], [], color=TIME_LIKE, linewidth=6, label="time-like")]
    names += [Line2D([], [], color="black", marker="o", linestyle="", markersize=4, label="closed form")]
    bars.legend(handles=names, fontsize=8)
    bars.set(yscale="log", xlabel="axis", ylabel="|λ| (nats)", ylim=(max(np.abs(some).min() / 3, 1e-12), None))
    return figure


def light_cones(eta: np.ndarray, at: Coordinates, pairs: Sequence[tuple[float, float]]) -> Figure:
    """Coins by both exact coordinates of the symmetrised divergence, light cones of two of them, their predictions.

    Parameters
    ----------
    eta : (m,) array
        Log-odds.
    at : Coordinates
    pairs : sequence of (float, float)
        Log-odds of two coins each, which are marked and joined; cones are drawn at the first.
    """
    figure, (plane, curve) = new_figure(2, width=4.6, height=4)
    space, time = at.space[:, 0], at.time[:, 0]
    plane.plot(space, time, color="0.35", linewidth=1.5, zorder=2)
    bound = 1.1 * max(np.abs(space).max(), np.abs(time).max())
    plane.set(xlim=(-bound, bound), ylim=(-bound, bound), aspect="equal")
    curve.plot(eta, 1 / (1 + np.exp(-eta)), color="0.35", linewidth=1.5, zorder=2)
    for look, pair in zip(LOOKS[1:], pairs, strict=False):
        place = [int(np.argmin(np.abs(eta - one))) for one in pair]
        draw_light_cone(plane, (space[place[0]], time[place[0]]), colour=look.colour)
        style = {"color": look.colour, "marker": look.marker, "linestyle": "-", "markersize": 7, "zorder": 4}
        plane.plot(space[place], time[place], **style)
        curve.plot(eta[place], 1 / (1 + np.exp(-eta[place])), **style, label=f"η = {pair[0]:g} and {pair[1]:g}")
    plane.set(xlabel="S (√nats, space-like)", ylabel="T (√nats, time-like)", title="coins and light cones")
    curve.set(xlabel="log-odds η", ylabel="probability of heads", title="what they predict")
    curve.legend(fontsize=8)
    return figure


def corners(doubts: np.ndarray, parts: np.ndarray, spectra: np.ndarray, closed: np.ndarray) -> Figure:
    """Left, both parts of the distance of ignorance and of corners to the truth by doubt; right, the two eigenvalues.

    Parameters
    ----------
    doubts : (q,) array
    parts : (q, 2, 2) array
        By doubt, of ignorance and of a corner, the space-like and the time-like part.
    spectra, closed : (q, 2) arrays
        Eigenvalues of the corners and of ignorance, of InPCA and in closed form.
    """
    figure, (plane, axes) = new_figure(2, width=4.4, height=3.9)
    for number, (name, look) in enumerate(zip(("ignorance $P_0$", "other corners"), LOOKS, strict=False)):
        way = np.sqrt(parts[:, number])
        plane.plot(*way.T, color=look.colour, marker=look.marker, markersize=4, linewidth=0.9, label=name)
    end = 1.06 * np.sqrt(parts.max())
    plane.plot([0, end], [0, end], color=MUTED, linestyle="--", linewidth=1, label="light-like: $d_B=0$")
    plane.set(xlim=(0, end), ylim=(-0.02 * end, end), aspect="equal", title="as seen from the truth $P_*$")
    plane.set(xlabel="space-like distance (√nats)", ylabel="time-like distance (√nats)")
    plane.legend(fontsize=8)
    _eigenvalues(axes, doubts, spectra, closed)
    return figure


def _eigenvalues(axes: Axes, doubts: np.ndarray, spectra: np.ndarray, closed: np.ndarray) -> None:
    for number, (name, colour) in enumerate((("corners", SPACE_LIKE), ("ignorance", TIME_LIKE))):
        axes.plot(doubts, closed[:, number], color=colour, linewidth=1.2, label=f"{name}, closed form")
        axes.scatter(doubts, spectra[:, number], color=colour, s=16, zorder=3, label=f"{name}, InPCA")
    axes.axhline(0, color="0.5", linewidth=0.8)
    axes.set(xscale="log", xlabel="doubt ε of corners", ylabel="eigenvalue λ (nats)", title="time-like below zero")
    axes.invert_xaxis()
    axes.legend(fontsize=8)
