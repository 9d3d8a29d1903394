import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
import xarray as xr

matplotlib.use("Agg")

from inpca import pairwise_distances
from paper.figures.style import Palette
from paper.models import reference_points
from paper.rooms.distances import figures as comparison
from paper.rooms.distances.analysis import Picture, embed, hellinger_distances
from paper.rooms.distances.subsets import sampling_errors, subset_errors

MODELS = [*(f"run/step{step}" for step in range(37)), *reference_points(1)["model"]]
PALETTE = Palette.of(["fc", "vit"])


@pytest.fixture
def table():
    table = pd.DataFrame({"kind": "run", "network": np.repeat(["fc", "vit"], [20, 17]), "t": np.nan})
    table["run"] = table["network"] + "-seed0"
    ends = pd.DataFrame({"kind": ["ignorance", "geodesic", "truth"], "t": [0, 0.5, 1]})
    return pd.concat([table, ends], ignore_index=True).assign(model=MODELS)


@pytest.fixture
def D(models):
    return pairwise_distances(models)


def test_a_panel_for_each_metric_and_a_line_for_each_in_the_last(table, D):
    names = ("bhattacharyya", "spherical", "jeffreys", "euclidean", "hellinger")
    panels = comparison.metrics(table, dict.fromkeys(names, embed(D, MODELS)), PALETTE).axes
    assert [axes.get_title().split("\n")[0] for axes in panels[:5]] == [
        "Bhattacharyya",
        "spherical",
        "Jeffreys",
        "Euclidean",
        "Hellinger",
    ]
    assert len(panels) == 6 and len(panels[-1].lines) == 5
    assert panels[1].get_xlabel().startswith("PC1 (√rad") and panels[3].get_xlabel().startswith("PC1 (no unit")


def test_a_far_end_of_the_geodesic_does_not_shrink_the_runs(table, D):
    embedding = embed(D, MODELS)
    usual = comparison.metrics(table, {"bhattacharyya": embedding}, PALETTE).axes[0].get_xlim()
    embedding["embedding"][-1] *= 100
    axes = comparison.metrics(table, {"bhattacharyya": embedding}, PALETTE).axes[0]
    assert np.ptp(axes.get_xlim()) < 3 * np.ptp(usual)
    assert re.search(r"points of the geodesic beyond: [12], with \$P_\*\$$", axes.get_title())


def test_lines_of_explained_stress_differ_by_more_than_colour_and_say_their_value(table, D):
    names = ("bhattacharyya", "spherical", "jeffreys", "euclidean", "hellinger")
    stress = comparison.metrics(table, dict.fromkeys(names, embed(D, MODELS)), PALETTE).axes[-1]
    for look in ("get_color", "get_marker", "get_linestyle", "get_markersize"):
        kinds = {str(getattr(line, look)()) for line in stress.lines}
        assert len(kinds) >= (4 if look == "get_linestyle" else 5)
    value = embed(D, MODELS)["explained_stress"].sel(axis=3).item()
    assert stress.get_legend_handles_labels()[1][0] == f"Bhattacharyya: {value:.1%}"


def test_panels_of_embeddings_are_at_one_scale(table, D):
    figure = comparison.weighted(table, {name: embed(D, MODELS) for name in ("a", "b")}, np.ones(40), 5, PALETTE)
    assert [axes.get_aspect() for axes in figure.axes[1:3]] == [1, 1]
    for axes in figure.axes[1:3]:
        assert "%" in axes.get_xlabel() and "%" in axes.get_ylabel()


def test_hellinger_distribution_ends_at_all_pairs(D):
    embeddings = {n: embed(hellinger_distances(D, n), MODELS) for n in (1, 10)}
    spread, stress = comparison.hellinger(D, embeddings).axes
    assert len(spread.lines) == 3 and all(line.get_ydata()[-1] == 1 for line in spread.lines)
    assert np.all(spread.lines[1].get_xdata() >= spread.lines[0].get_xdata())
    assert len(stress.lines) == 2


def test_weighted_figure_counts_all_models(table, D):
    weightings = {"unweighted": embed(D, MODELS), "weighted": embed(D, MODELS, np.linspace(1, 2, 40))}
    panels = comparison.weighted(table, weightings, np.linspace(0, 1, 40), 10, PALETTE).axes
    assert sum(patch.get_height() for patch in panels[0].patches) == 40
    assert [axes.get_title() for axes in panels[1:3]] == ["unweighted", "weighted"]


def test_pictures_draw_every_run_once_in_each_panel(table, D, rng):
    places = {name: (("model", "axis"), rng.standard_normal((40, 2))) for name in ("tsne", "umap")}
    neighbours = xr.Dataset(places, coords={"axis": [1, 2], "model": MODELS})
    for axes in comparison.pictures(table, embed(D, MODELS), neighbours, PALETTE).axes:
        segments = [s for c in axes.collections if hasattr(c, "get_segments") for s in c.get_segments()]
        assert len(segments) == 2


def test_preservation_has_a_column_for_each_picture_and_a_point_for_each_run(table, D, rng):
    shown = [Picture.of_inpca(embed(D, MODELS), 2), Picture.plain("tsne", rng.standard_normal((40, 2)))]
    panels = comparison.preservation(table, D, shown, PALETTE).axes
    assert [axes.get_title() for axes in panels[:2]] == ["InPCA, 2 axes", "t-SNE"]
    assert all(len(axes.collections[0].get_offsets()) == 2 for axes in panels[2:4])
    cells = [axes.collections[0].get_array() for axes in panels[:2]]
    assert [counts.sum() for counts in cells] == [40 * 39 / 2] * 2
    assert panels[4].get_ylabel() == "pairs of models in a cell"
    assert "√nats" in panels[0].get_ylabel() and "no unit" in panels[1].get_ylabel()


def test_errors_of_subsets_are_on_logarithmic_axes_with_every_draw(models, rng):
    table = subset_errors(np.log(models), [5, 15], 3, rng=rng)
    for axes in comparison.subsets(table, sampling_errors(table)).axes:
        assert axes.get_xscale() == axes.get_yscale() == "log"
        assert len(axes.collections[0].get_offsets()) == 6
