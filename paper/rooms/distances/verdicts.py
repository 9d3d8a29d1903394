"""Sentences about what the picture depends on, made from the numbers of :mod:`paper.rooms.distances.analysis`."""

from __future__ import annotations

from paper.rooms.distances.analysis import METRIC_NAMES, PICTURE_NAMES, SATURATED

#: Explained stress of three axes from which a picture counts as low-dimensional: the lower end of the range of the
#: paper's experiments.
LOW_DIMENSIONAL = 0.7
#: Relative error of coordinates up to which a subset of the samples counts as enough.
ENOUGH = 0.05


def markdown_table(head: list[str], rows: list[list[str]]) -> str:
    """Rows of cells as a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def enumeration(names: list[str]) -> str:
    """Names as in a sentence."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "none"


def stress_cells(entry: dict) -> list[str]:
    """Explained stress by 1, 2, 3 and 10 axes, and explained pairwise distance by 3; see :data:`STRESS_HEAD`."""
    stress = entry["explained_stress"]
    return [*(f"{stress[k]:.1%}" for k in ("1", "2", "3", "10")), f"{entry['explained_distance']['3']:.1%}"]


STRESS_HEAD = ["stress, 1 axis", "2 axes", "3 axes", "10 axes", "pairwise distance, 3 axes"]


def hellinger_verdict(numbers: dict) -> str:
    """Does the Hellinger distance saturate? Two sentences."""
    (first, few), *_, (last, many) = numbers.items()
    kept, lost = few["explained_stress"]["3"], many["explained_stress"]["3"]
    conclusion = (
        "the low-dimensional picture is lost, although nothing but the number of samples differs."
        if lost < LOW_DIMENSIONAL <= kept
        else "the number of samples does not decide whether the picture is low-dimensional."
    )
    return (
        f"**Of the pairs of models {many['saturated']:.1%} have a Hellinger distance above {SATURATED} on n = {last} "
        f"samples**, {few['saturated']:.1%} on n = {first}. Three axes explain {kept:.1%} of the stress on n = {first} "
        f"and {lost:.1%} on n = {last}: {conclusion}"
    )


def metric_verdict(numbers: dict) -> str:
    """Which distances give a low-dimensional picture: a table and a sentence."""
    rows = [
        [METRIC_NAMES[name], *stress_cells(entry), f"{entry['rank_correlation']:.3f}", f"{entry['agreement']:.3f}"]
        for name, entry in numbers.items()
    ]
    low, high = low_dimensional(numbers)
    return (
        f"{markdown_table(['distance', *STRESS_HEAD, 'rank correlation', 'agreement'], rows)}\n\n"
        f"Three axes explain at least {LOW_DIMENSIONAL:.0%} of the stress under **{enumeration(low)}**; less under "
        f"**{enumeration(high)}**."
    )


def low_dimensional(numbers: dict) -> tuple[list[str], list[str]]:
    """Metrics under which three axes explain at least :data:`LOW_DIMENSIONAL` of the stress, and the others."""
    enough = {name: entry["explained_stress"]["3"] >= LOW_DIMENSIONAL for name, entry in numbers.items()}
    return [METRIC_NAMES[n] for n in enough if enough[n]], [METRIC_NAMES[n] for n in enough if not enough[n]]


def weighting_verdict(numbers: dict) -> str:
    """What weights change: a table and a sentence."""
    rows = [[name, *stress_cells(numbers[name])] for name in ("unweighted", "weighted")]
    return (
        f"{markdown_table(['models', *STRESS_HEAD], rows)}\n\nWeights differ by a factor of up to "
        f"{numbers['largest_ratio']:.0f}, as if there were {numbers['effective_models']:.0f} models. The first three "
        f"axes agree by {numbers['agreement']:.3f} of their variance."
    )


def kept_verdict(numbers: dict, neighbours: int) -> str:
    """What each picture keeps: a table and which is best at what."""
    keys = {
        "distance_spearman": "distances (Spearman)",
        "distance_pearson": "distances (Pearson)",
        "length_spearman": "lengths of runs (Spearman)",
        "length_pearson": "lengths of runs (Pearson)",
    }
    head = ["picture", *keys.values(), f"{neighbours} nearest neighbours kept"]
    rows = [
        [PICTURE_NAMES[name], *(f"{entry[key]:.2f}" for key in keys), f"{entry['neighbours_kept']:.0%}"]
        for name, entry in numbers.items()
    ]
    ranked = {"Distances": "distance_spearman", "Lengths of runs": "length_pearson", "Neighbours": "neighbours_kept"}
    sentences = []
    for what, key in ranked.items():
        order = sorted(numbers, key=lambda name: numbers[name][key])
        sentences.append(
            f"{what} are kept best by **{PICTURE_NAMES[order[-1]]}**, least by **{PICTURE_NAMES[order[0]]}**."
        )
    shares = [
        f"{entry['length_share']:.0%} ({PICTURE_NAMES[name]})"
        for name, entry in numbers.items()
        if "length_share" in entry
    ]
    sentences.append(f"Of the length of a run, the pictures show in the median {enumeration(shares)}.")
    return f"{markdown_table(head, rows)}\n\n{' '.join(sentences)}"


def sampling_verdict(numbers: dict) -> str:
    """How errors fall with the number of samples: a table and a sentence."""
    coordinate, stress = numbers["coordinate_error"], numbers["stress_error"]
    rows = [
        [n, f"{value:.1%}", f"{100 * stress['by_samples'][n]:.2f} points"]
        for n, value in coordinate["by_samples"].items()
    ]
    return (
        f"{markdown_table(['samples', 'error of three coordinates', 'error of explained stress'], rows)}\n\n"
        f"{enough_samples(numbers)} By the law of the line, all {numbers['n_samples']} samples are themselves "
        f"{coordinate['all_samples']:.1%} away from infinitely many."
    )


def enough_samples(numbers: dict) -> str:
    """The fewest samples that suffice, as a sentence."""
    enough = [int(n) for n, value in numbers["coordinate_error"]["by_samples"].items() if value <= ENOUGH]
    if not enough:
        return f"**No subset keeps the coordinates to within {ENOUGH:.0%}** on average."
    return f"**{min(enough)} samples keep the coordinates to within {ENOUGH:.0%}** on average."


def verdict(numbers: dict) -> str:
    """Does the picture depend on how it is made? A list of four points."""
    low, high = low_dimensional(numbers["metrics"])
    weighted = numbers["weighted"]
    stress = [f"{weighted[name]['explained_stress']['3']:.1%}" for name in ("unweighted", "weighted")]
    kept = [
        f"{PICTURE_NAMES[name]}: "
        f"{entry['distance_spearman']:.2f}, {entry['length_pearson']:.2f}, {entry['neighbours_kept']:.0%}"
        for name, entry in numbers["kept"].items()
    ]
    points = [
        f"**Distance.** The picture is low-dimensional under {enumeration(low)}, not under {enumeration(high)}.",
        "**Weighting.** Evening out the crowd of checkpoints takes the stress explained by three axes from "
        f"{stress[0]} to {stress[1]}; the pictures agree by {weighted['agreement']:.3f} of their variance.",
        "**Embedding.** Correlation (Spearman) of distances, correlation (Pearson) of lengths of runs, and share of "
        f"nearest neighbours kept: {'; '.join(kept)}.",
        f"**Samples.** {enough_samples(numbers['subsets'])}",
    ]
    return "\n".join(f"- {point}" for point in points)
