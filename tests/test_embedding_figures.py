"""Figures of an embedding that knows nothing of the paper."""

import re
import subprocess
import sys
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from mpl_toolkits.mplot3d.art3d import Line3DCollection

from inpca import InPCA, plotting
from inpca.plotting.means import mean_trajectories

GROUPS = np.repeat(["a", "b"], 20)
#: Two runs of each group, whose models are mixed.
RUNS = np.array([f"{group}{i % 2}" for i, group in enumerate(GROUPS)])


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def embedding(models):
    return InPCA(4).fit(models).to_xarray()


def lines(axes):
    return [c for c in axes.collections if isinstance(c, LineCollection | Line3DCollection)]


@pytest.mark.parametrize("figure_of", [plotting.pairs, plotting.three_dimensional])
def test_models_of_a_group_have_its_colour_and_those_of_a_run_are_joined(embedding, figure_of):
    colours = {"a": "#112233", "b": "#445566"}
    axes = figure_of(embedding, groups=GROUPS, runs=RUNS, color=colours).axes[0]
    joined = lines(axes)
    assert [to_rgba(c.get_color()[0])[:3] for c in joined] == [to_rgba(colour)[:3] for colour in colours.values()]
    (points,) = (c for c in axes.collections if c not in joined)
    drawn = [tuple(colour[:3]) for colour in points.get_facecolor()]
    assert set(drawn) == {to_rgba(colour)[:3] for colour in colours.values()}
    changes = sum(one != other for one, other in pairwise(drawn))
    assert changes > 5, "the groups are drawn one after the other, so that the last hides the first"


def test_scales_are_equal_and_models_far_from_the_others_are_counted_not_drawn(models):
    embedding = InPCA(4).fit(models).to_xarray()
    embedding["embedding"][5, 1] = 100
    for figure in (plotting.pairs(embedding), plotting.three_dimensional(embedding)):
        axes = figure.axes[0]
        assert max(axes.get_ylim()) < 100
        (entry,) = re.findall(r"(\d+) of 40 models", " ".join(text.get_text() for text in figure.findobj(Text)))
        assert int(entry) >= 1
    extent = np.ptp([axes.get_xlim(), axes.get_ylim(), axes.get_zlim()], axis=1)
    assert np.allclose(axes._box_aspect / axes._box_aspect[0], extent / extent[0])
    assert all(axes.get_aspect() == 1 for axes in plotting.pairs(embedding).axes if axes.axison)


def test_three_views_share_their_limits(embedding):
    front, beside, below, _ = plotting.pairs(embedding).axes
    assert front.get_xlim() == below.get_xlim() and front.get_ylim() == beside.get_ylim()
    assert beside.get_xlim() == below.get_ylim()


def test_mean_trajectories_lie_half_way_between_two_runs(models):
    embedding = InPCA(3).fit(models).to_xarray()
    x = embedding["embedding"].values
    x[20:] = x[:20] + 0.2
    progress = np.tile(np.linspace(0, 1, 20), 2)
    figure = plotting.pairs(embedding, runs=np.repeat(["u", "v"], 20), groups=["a"] * 40, progress=progress)
    line = np.transpose(figure.axes[0].lines[0].get_data())
    assert np.allclose(line[[0, -1]], x[[0, 19], :2] + 0.1)


def test_where_a_run_falls_back_its_mean_trajectory_passes_over():
    s = np.array([0.0, 0.5, 0.3, 1.0])
    names = np.array(["a"] * 4, object), np.array(["u"] * 4, object)
    places = np.column_stack([s, [0, 1, 9, 2]])
    line = mean_trajectories(places, groups=names[0], runs=names[1], progress=s)["a"]
    assert np.allclose(line[:, 1], 2 * line[:, 0])


def test_lines_go_through_the_models_of_their_run_in_order(embedding):
    first = lines(plotting.pairs(embedding, groups=GROUPS, runs=RUNS).axes[0])[0]
    x = embedding["embedding"].values[:, :2]
    assert np.allclose(first.get_segments()[0], x[:20:2]) and np.allclose(first.get_segments()[1], x[1:20:2])


def test_panels_show_the_axes_that_they_are_labelled_with(embedding):
    figure = plotting.pairs(embedding, axes=[(4, 2)])
    x = embedding["embedding"].values
    assert figure.axes[0].get_xlabel().startswith("PC4") and figure.axes[0].get_ylabel().startswith("PC2")
    drawn = np.asarray(figure.axes[0].collections[0].get_offsets())
    assert np.allclose(drawn[np.lexsort(drawn.T)], x[:, [3, 1]][np.lexsort(x[:, [3, 1]].T)])


@pytest.mark.parametrize("figure_of", [plotting.pairs, plotting.three_dimensional])
def test_models_coloured_by_numbers_have_a_named_colour_bar(embedding, figure_of):
    loss = pd.Series(np.linspace(2, 0.1, 40), name="loss (nats)")
    figure = figure_of(embedding, color=loss)
    assert figure.axes[-1].get_ylabel() == "loss (nats)"
    assert set(figure.axes[0].collections[0].get_array()) <= set(loss)
    assert figure.axes[0].collections[0].get_clim() == (0.1, 2)


@pytest.mark.parametrize("figure_of", [plotting.pairs, plotting.three_dimensional])
def test_the_geodesic_is_a_line_between_named_ends_and_of_no_group(embedding, figure_of):
    axes = figure_of(embedding, geodesic=[3, 7, 9]).axes[0]
    line = axes.lines[0].get_data_3d() if axes.name == "3d" else axes.lines[0].get_data()
    assert np.allclose(np.transpose(line), embedding["embedding"].values[[3, 7, 9], : len(line)])
    assert [text.get_text().strip() for text in axes.texts] == ["$P_0$", "$P_*$"]
    points = axes.collections[0]
    beyond = re.search(r"(\d+) of 37 models", " ".join(text.get_text() for text in axes.figure.findobj(Text)))
    if axes.name == "3d":
        assert len(points._offsets3d[0]) == 37 - int(beyond[1])
    else:
        assert len(points.get_offsets()) == 37


def test_models_without_a_group_are_not_drawn(embedding):
    groups = np.array(["a"] * 39 + [None], dtype=object)
    for missing in (None, np.nan):
        groups[39] = missing
        assert len(plotting.pairs(embedding, groups=groups).axes[0].collections[0].get_offsets()) == 39


def test_time_like_axes_are_marked_and_units_are_those_of_the_metric(models):
    dataset = InPCA(40).fit(models).to_xarray()
    axis = int(dataset["axis"][dataset["signature"] < 0][0])
    assert re.fullmatch(rf"PC{axis} \(√nats, [0-9.e-]+ %, time-like\)", plotting.axis_label(dataset, axis))
    one = InPCA(1, metric="euclidean").fit(models)
    assert plotting.axis_label(one.to_xarray(), 1) == f"PC1 ({100 * one.explained_stress_[0]:.2g} %)"
    added = 100 * (dataset["explained_stress"][1] - dataset["explained_stress"][0]).item()
    assert plotting.axis_label(dataset, 2, "√rad").startswith(f"PC2 (√rad, {added:.2g} %")


def test_spectrum_tells_space_like_from_time_like(models):
    dataset = InPCA(40).fit(models).to_xarray()
    for axes in plotting.spectrum(dataset).axes:
        space_like, time_like = (len(c.get_offsets()) for c in axes.collections[:2])
        assert space_like == (dataset["signature"] > 0).sum() and space_like + time_like == 40


def test_a_page_has_one_trace_for_a_group_with_a_gap_after_each_run(embedding):
    page = plotting.interactive(embedding, groups=GROUPS, runs=RUNS, geodesic=[0, 1], hover={"step": np.arange(40)})
    assert [trace.name for trace in page.data[:3]] == ["a", "b", "geodesic"]
    assert list(page.data[3].text) == ["P₀ (ignorance)", "P* (truth)"] and page.layout.scene.aspectmode == "data"
    trace = page.data[1]
    assert np.flatnonzero(np.isnan(trace.x)).tolist() == [10, 21]
    assert [row[1] for row in trace.customdata[:10]] == list(range(20, 40, 2))
    assert np.allclose(trace.x[:10], embedding["embedding"].values[20::2, 0], atol=1e-5)


def test_more_models_than_plotly_turns_are_refused(embedding):
    many = embedding.isel(model=np.resize(np.arange(40), 5001))
    with pytest.raises(ValueError, match=r"5,001 models would not turn, 5,000 are the most: .*write_explorer"):
        plotting.interactive(many)


WRONG = {
    "an InPCA": (
        lambda e: InPCA(),
        {},
        TypeError,
        r"must be the dataset of an InPCA, such as its to_xarray",
    ),
    "an array": (
        lambda e: e["embedding"].values,
        {},
        TypeError,
        "must be the dataset of an InPCA, not ndarray",
    ),
    "another dataset": (lambda e: e.drop_vars("signature"), {}, ValueError, "it has no signature"),
    "groups": (lambda e: e, dict(groups=["a"]), ValueError, r"groups must be 40 names, .* not of shape \(1,\)"),
    "runs": (lambda e: e, dict(runs=np.zeros((40, 1))), ValueError, "runs must be 40 names"),
    "colours": (
        lambda e: e,
        dict(groups=GROUPS, color={"a": "red"}),
        ValueError,
        "color has no colour of the groups 'b'",
    ),
    "numbers": (lambda e: e, dict(color=[1, 2]), ValueError, "color must be 40 numbers"),
    "positions": (lambda e: e, dict(geodesic=[40]), ValueError, r"whole numbers in 0 … 39"),
}


@pytest.mark.parametrize(("change", "settings", "kind", "message"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("figure_of", [plotting.pairs, plotting.three_dimensional, plotting.interactive])
def test_wrong_arguments_are_named(embedding, figure_of, change, settings, kind, message):
    with pytest.raises(kind, match=message):
        figure_of(change(embedding), **settings)


def test_axes_that_an_embedding_does_not_have_are_named(embedding):
    with pytest.raises(ValueError, match="axes must be 2 of the axes 1 … 4 of this embedding, not"):
        plotting.pairs(embedding, axes=[(1, 5)])
    with pytest.raises(ValueError, match="axes must be 3 of the axes 1 … 4 of this embedding, not"):
        plotting.three_dimensional(embedding, axes=(1, 2))
    with pytest.raises(ValueError, match=r"hover\['step'\] must have 40 entries"):
        plotting.interactive(embedding, hover={"step": [1]})


@pytest.mark.parametrize(("package", "name"), [("matplotlib", "pairs"), ("plotly", "interactive")])
def test_a_missing_package_of_figures_is_named_with_its_cure(package, name):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        f"import inpca.plotting\n"
        f"try: inpca.plotting.{name}\n"
        f"except ModuleNotFoundError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = f"figures of an embedding need {package}, which is not installed: pip install 'inpca[plot]'"
    assert done.stdout.strip() == expected
