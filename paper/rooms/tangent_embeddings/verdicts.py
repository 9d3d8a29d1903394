"""What tangent axes say: their numbers, beside those of the paper, and the sentences made from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from paper.rooms.tangent_embeddings.analysis import ALL, DRAWS
from paper.rooms.tangent_embeddings.tangents import TANGENT_AXES, tangent_cosine

#: Explained pairwise distance with 1, 2, … axes and cosine of the tangents in Mao et al. 2024 (CIFAR-10, train), with
#: how they are known: ``exact`` is read from the authors' notebook, ``digitised`` off their plot.
PAPER = {
    "allcnn": {
        "confidence": "exact",
        "original": (0.817, 0.886, 0.896, 0.888),
        "tangent": (0.784, 0.913, 0.924),
        "cosine": 0.1297,
    },
    ALL: {
        "confidence": "digitised",
        "original": (0.568, 0.633, 0.676, 0.699, 0.717, 0.700, 0.715, 0.730),
        "tangent": (0.550, 0.644, 0.724),
    },
}
#: Axes count as explaining distances as well as others if they explain at most this much less.
AS_WELL = 0.02
#: Axes count as better than those of random pairs of models if they explain more than this fraction of the pairs.
BETTER = 0.95
LAST = str(TANGENT_AXES)


def tangent_numbers(dataset: xr.Dataset) -> dict:
    """Numbers of each group, from what :func:`paper.rooms.tangent_embeddings.analysis.tangent_embeddings` returned.

    ``random_pairs`` and ``near_pairs``: median over drawn pairs of models of what they explain, and ``beaten``, the
    fraction of pairs that explain less than the two means do, of the same sampled models.
    """
    numbers = {}
    for name in dataset["group"].values:
        group = dataset.sel(group=name)
        drawn = group["drawn_explained_distance"]
        chosen = group["sampled_explained_distance"].sel(view="tangent")
        original, tangent = (by_axis(group[f"{view}_explained_distance"]) for view in ("original", "tangent"))
        numbers[str(name)] = {
            **{key: group[key].item() for key in ("n_models", "n_left_out", "n_sampled", "progress_at")},
            "n_effective": group["n_effective"].values.tolist(),
            "mean_progress": group["mean_progress"].values.tolist(),
            "original": original,
            "tangent": tangent,
            "gain": tangent[LAST] - original[LAST],
            "original_signature": np.sign(group["original_eigenvalue"].values).astype(int).tolist(),
            "tangent_signature": np.sign(group["tangent_eigenvalue"].values).astype(int).tolist(),
            "cosine": tangent_cosine(group["distance"].values),
            "elsewhere": elsewhere_numbers(group),
            **{
                f"{kind}_pairs": {
                    "median": by_axis(drawn.sel(draws=kind).median("draw")),
                    "beaten": by_axis((drawn.sel(draws=kind) < chosen).mean("draw")),
                }
                for kind in DRAWS
            },
        }
    return numbers


def elsewhere_numbers(group: xr.Dataset) -> dict:
    """Of means at every two tenths of the way: the best, and how many explain less than the two means do."""
    explained = group["elsewhere_explained_distance"].sel(axis=TANGENT_AXES)
    best = explained.where(explained == explained.max(), drop=True)
    chosen = group["sampled_explained_distance"].sel(view="tangent", axis=TANGENT_AXES)
    return {
        "best": explained.max().item(),
        "best_at": [best["initial"].values[0].item(), best["final"].values[0].item()],
        "n_pairs": int(explained.notnull().sum()),
        "n_beaten": int((explained < chosen).sum()),
        "chosen": chosen.item(),
    }


def by_axis(values: xr.DataArray) -> dict[str, float]:
    """Values by number of axes."""
    return {str(k): float(value) for k, value in enumerate(values.values, 1)}


def means_sentence(numbers: dict, settings: dict) -> str:
    """How many models there are, and what the two means of all of them are made of."""
    together = numbers[ALL]
    early, late = together["n_effective"]
    at = {name: group["progress_at"] for name, group in numbers.items()}
    different = [f"{value:g} for `{name}` alone" for name, value in at.items() if value != at[ALL]]
    places = ", ".join([f"λ = {at[ALL]:g}", *different])
    return (
        f"{together['n_models']} models; {together['n_left_out']} of a train loss of at least "
        f"{settings['largest_loss']:g} nats are left out. With {places} and σ = {settings['width']:g}, the initial "
        f"mean of all models weighs as many as {early:.0f} models equally, the final one {late:.0f}. The means "
        f"themselves are at progress {together['mean_progress'][0]:.3f} and {together['mean_progress'][1]:.3f}."
    )


def paper_table(numbers: dict, label: Callable[[str], str]) -> str:
    """The paper's numbers beside those of this study, for the groups of models that the paper shows."""
    rows = []
    for name in (name for name in PAPER if name in numbers):
        paper, here = PAPER[name], numbers[name]
        pairs = [
            (f"explained distance, {k} {view} {'axis' if k == 1 else 'axes'}", f"{value:.3f}", here[view][str(k)])
            for view in ("original", "tangent")
            for k, value in enumerate(paper[view], 1)
        ]
        if "cosine" in paper:
            pairs.append(("cosine of the two tangents", f"{paper['cosine']:.4f}", here["cosine"]))
        rows += [
            f"| {label(name)} | {quantity} | {value} | {paper['confidence']} | {ours:.3f} |"
            for quantity, value, ours in pairs
        ]
    return "\n".join(["| models | quantity | paper | known as | here |", "|---|---|---|---|---|", *rows])


def groups_table(numbers: dict, label: Callable[[str], str]) -> str:
    """What three axes explain of each group of models, and how many drawn pairs they beat."""
    rows = [
        f"| {label(name)} | {group['n_models']} | {group['original'][LAST]:.1%} | {group['tangent'][LAST]:.1%} | "
        f"{group['random_pairs']['median'][LAST]:.1%} | {group['random_pairs']['beaten'][LAST]:.0%} | "
        f"{group['near_pairs']['median'][LAST]:.1%} | {group['near_pairs']['beaten'][LAST]:.0%} | "
        f"{group['cosine']:.3f} |"
        for name, group in numbers.items()
    ]
    head = (
        "| models | number | InPCA | tangent axes | random pairs, median | … that explain less | "
        "pairs at the same progress, median | … that explain less | cosine |"
    )
    return "\n".join([head, "|---" * 9 + "|", *rows])


def axes_verdict(numbers: dict, split: str, label: Callable[[str], str]) -> str:
    """Do three tangent axes explain distances as well as the first three of InPCA?"""
    together = numbers[ALL]
    alone = {label(name): group["gain"] for name, group in numbers.items() if name != ALL}
    more = [name for name, gain in alone.items() if gain > 0]
    close = [name for name, gain in alone.items() if -AS_WELL <= gain <= 0]
    less = [f"{name} ({-100 * gain:.1f} points)" for name, gain in alone.items() if gain < -AS_WELL]
    gain = together["gain"]
    answer = "Yes, and better" if gain > 0 else "As well" if gain >= -AS_WELL else "No"
    return (
        f"**{answer}, on the {split} split, of all {together['n_models']} models; alone, {len(more)} of {len(alone)} "
        f"architectures gain**: three tangent axes explain "
        f"{together['tangent'][LAST]:.1%} of the pairwise distances, the first three of InPCA "
        f"{together['original'][LAST]:.1%}. Of {len(alone)} architectures alone, they explain more for "
        f"{listed(more)}; at most {100 * AS_WELL:.0f} points less for {listed(close)}; and by more than that less for "
        f"{listed(less)}."
    )


def pairs_verdict(numbers: dict, split: str, n_draws: int, label: Callable[[str], str]) -> str:
    """Are the two means better than random pairs of models?"""
    sentences = []
    for kind, words in (("random", "any two models"), ("near", "one model drawn near each mean")):
        pairs = {name: group[f"{kind}_pairs"]["beaten"][LAST] for name, group in numbers.items()}
        worse = [f"{label(name)} ({share:.0%})" for name, share in pairs.items() if name != ALL and share <= BETTER]
        sentences.append(
            f"With {words} in their place, three axes explain "
            f"{numbers[ALL][f'{kind}_pairs']['median'][LAST]:.1%} in the median of {n_draws} draws, and less than the "
            f"means do in {round(n_draws * pairs[ALL])} of them. Of single architectures, at most {BETTER:.0%} of the "
            f"draws explain less for: {listed(worse)}."
        )
    beaten = numbers[ALL]["random_pairs"]["beaten"][LAST]
    answer = "are better" if beaten > BETTER else "are not reliably better"
    return f"**On the {split} split the means {answer} than random pairs of models.** {' '.join(sentences)}"


def places_verdict(numbers: dict, split: str, label: Callable[[str], str]) -> str:
    """Does it matter where the means are?"""
    together = numbers[ALL]["elsewhere"]
    ranks = [
        f"{label(name)} {group['elsewhere']['n_beaten']} (best at {group['elsewhere']['best_at'][0]:g}, "
        f"{group['elsewhere']['best_at'][1]:g}: {group['elsewhere']['best']:.1%})"
        for name, group in numbers.items()
        if name != ALL
    ]
    return (
        f"On the {split} split, of {together['n_pairs']} pairs of places for the means of all models, "
        f"{together['n_beaten']} explain less than the pair of the paper ({together['chosen']:.1%} of the sampled "
        f"models' distances); the best is {together['best_at'][0]:g} and {together['best_at'][1]:g} with "
        f"{together['best']:.1%}. Of single architectures: {'; '.join(ranks)}."
    )


def listed(names: list[str]) -> str:
    """Names with commas; ``none`` if there are none."""
    return ", ".join(names) or "none"
