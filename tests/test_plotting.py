import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist, squareform

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from inpca import InPCA
from inpca.centroids import KINDS
from paper.figures import diagnostics, manifold, views
from paper.figures.interactive import manifold_page, save_page
from paper.figures.spectrum import spectrum
from paper.figures.style import ARCHITECTURES, SPARE_COLOURS, Palette, new_figure, save_figure, use_style
from paper.models import oriented, reference_points, runs
from paper.report.embedding import stress_numbers
from paper.rooms.ensembles import figures as ensembles
from paper.rooms.ensembles.analysis import final_numbers
from paper.rooms.ensembles.scores import KIND_NAMES, SCORE_NAMES
from paper.rooms.network_size import figures as network_size
from paper.rooms.trajectories import figures as trajectories
from paper.rooms.trajectories.analysis import DIFFERENCES, PARTS
from paper.statistics.pairs import FACTOR_NAMES

NETWORKS = ["vit", "fc"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def table(models):
    m = len(models)
    network = np.where(np.arange(m) < m // 2, *NETWORKS)
    table = pd.DataFrame({"kind": "run", "network": network, "configuration": network, "seed": 0})
    table["run"] = table["configuration"] + "-seed0"
    table["model"] = [*(f"run/step{step}" for step in range(m - 3)), *reference_points(1)["model"]]
    table["step"] = table["epoch"] = np.tile(np.arange(m // 2), 2)
    for name in ("train_loss", "train_error", "test_loss", "test_error", "train_progress", "test_progress"):
        table[name] = np.linspace(1, 0.1, m)
    table["t"] = np.nan
    table.loc[m - 3 :, ["kind", "network", "configuration", "run"]] = None
    table.loc[m - 3 :, "kind"] = ["ignorance", "geodesic", "truth"]
    table.loc[m - 3 :, "t"] = [0, 0.5, 1]
    return table


@pytest.fixture
def embedding(models):
    labels = [f"run/step{step}" for step in range(len(models) - 3)]
    return oriented(InPCA(10).fit(models).to_xarray(labels=[*labels, *reference_points(1)["model"]]))


@pytest.fixture
def points(table, embedding):
    return manifold.place_models(table, embedding)


def test_colours_are_distinct_and_do_not_depend_on_the_study():
    assert len({to_rgb(colour) for _, colour in ARCHITECTURES.values()} | set(map(to_rgb, SPARE_COLOURS))) == 12
    assert Palette.of(["vit", "fc"]).colour("vit") == Palette.of(["vit", "wrn_huge", "allcnn"]).colour("vit")
    palette = Palette.of(["wrn_huge", "vit", "fc"])
    assert palette.networks == ("fc", "vit", "wrn_huge")
    assert palette.colour("wrn_huge") == SPARE_COLOURS[0] and palette.label("wrn_huge") == "wrn_huge"


def test_files_are_the_same_bytes_every_time(points, embedding, tmp_path):
    use_style()
    for folder in "ab":
        figure = views.views(points, embedding, Palette.of(NETWORKS))
        save_figure(figure, tmp_path / folder, "pairs", "Models in three views.")
    for suffix in ("png", "pdf"):
        first, second = (tmp_path / folder / f"pairs.{suffix}" for folder in "ab")
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("alt", ["", "  ", "pairs", "pairs.png", "figures/main manifold/pairs.png"])
def test_a_figure_says_in_a_sentence_what_it_shows(alt, tmp_path):
    figure, _ = new_figure()
    with pytest.raises(ValueError, match=f"alt of the figure pairs must be a sentence .* not {alt!r}"):
        save_figure(figure, tmp_path, "pairs", alt)
    assert not list(tmp_path.iterdir())


def test_time_like_axes_are_named(embedding):
    for axis, sign in zip(embedding["axis"].values, embedding["signature"].values, strict=True):
        assert ("time-like" in manifold.axis_label(embedding, axis)) == (sign < 0)


def test_space_like_and_time_like_differ_by_more_than_colour(embedding):
    assert set(embedding["signature"].values) == {1, -1}
    space_like, time_like = spectrum(embedding).axes[0].collections
    assert not np.array_equal(space_like.get_paths()[0].vertices, time_like.get_paths()[0].vertices)
    assert not np.array_equal(space_like.get_facecolor(), time_like.get_facecolor())


def test_views_have_one_scale_and_count_what_they_leave_out(points, embedding):
    embedding["embedding"].loc[{"model": points["model"][0], "axis": 3}] = 1e3
    figure = views.views(points, embedding, Palette.of(NETWORKS))
    figure.canvas.draw()
    panels = figure.axes[:3]
    scales = [np.ptp(panel.get_xlim()) / panel.get_window_extent().width for panel in panels]
    scales += [np.ptp(panel.get_ylim()) / panel.get_window_extent().height for panel in panels]
    np.testing.assert_allclose(scales, scales[0], rtol=0.1)
    for drawn in (figure, views.in_perspective(points, embedding, Palette.of(NETWORKS))):
        assert any(f"of {len(runs(points))} models\nlie beyond the frame" in text for text in texts(drawn))
        assert {"fully connected", "ViT", "geodesic"} <= texts(drawn)


def test_curves_of_outliers_are_the_part_of_models_that_far(points):
    points["optimizer"] = points["network"].map({"fc": "adam", "vit": "sgd"})
    points.loc[:2, "train_loss"] = [9.0, 8.0, 7.0]
    shares, when = diagnostics.outliers(points, "train", 2.0).axes
    for name, line in zip(("sgd", "adam"), shares.lines, strict=False):
        far = points.loc[points["optimizer"] == name, "train_loss"] / 2
        at, part = line.get_data()
        assert np.interp(0, at, part) == 100 and part[-1] == pytest.approx(100 / len(far))
        assert part[1:] == pytest.approx([100 * (far >= distance).mean() for distance in at[1:]])
    assert len(when.collections[0].get_offsets()) == len(runs(points))
    assert when.get_ylim()[1] > 4.5 and shares.get_xlim()[1] > 4.5


def test_page_has_few_traces_and_names_models(points, embedding, tmp_path):
    page = manifold_page(points, embedding, Palette.of(NETWORKS), "train", "title")
    assert len(page.data) == 2 * len(NETWORKS) + 2
    gaps = np.isnan(np.array(page.data[0].x, float)).sum()
    assert gaps == 1 and page.data[0].customdata[0][0] == points.loc[points["network"] == "fc", "model"].iloc[0]
    for folder in "ab":
        save_page(page, tmp_path / folder, "page")
    html = [(tmp_path / folder / "page.html").read_text() for folder in "ab"]
    assert html[0] == html[1] and 'src="plotly.min.js"' in html[0] and 'src="http' not in html[0]


def test_numbers_of_the_spectrum_are_those_of_the_embedding(embedding):
    numbers = stress_numbers(embedding)
    assert list(numbers["explained_stress"]) == ["1", "2", "3", "5", "10"]
    assert numbers["explained_stress"]["3"] == embedding["explained_stress"][2].item()
    assert len(numbers["signature"]) == 10


def test_table_and_embedding_must_match(table, embedding):
    with pytest.raises(ValueError, match="are of different models: only the embedding has truth"):
        manifold.place_models(table[:-1], embedding)
    with pytest.raises(ValueError, match="only the model table has run/step0"):
        manifold.place_models(table, embedding[{"model": slice(1, None)}])
    placed, mixed = (manifold.place_models(rows, embedding) for rows in (table, table[::-1]))
    assert mixed[::-1].reset_index(drop=True).equals(placed)
    assert manifold.place_models(table, embedding[{"model": slice(None, None, -1)}]).equals(placed)


def test_panels_have_the_size_asked_for():
    figure, axes = new_figure(3, 2, width=2, height=1)
    assert axes.shape == (2, 3) and figure.get_size_inches().tolist() == [6, 2]


def texts(figure):
    """All that is written in a figure."""
    return {text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()}


@pytest.fixture
def configurations():
    rows = [
        dict(network=network, optimizer=optimizer, batch_size=50, weight_decay=0.0, augmentation=augmentation)
        for network in NETWORKS
        for optimizer in ("sgd", "adam")
        for augmentation in ("none", "cropflip")
    ]
    return pd.DataFrame(rows, index=[f"c{i}" for i in range(len(rows))])


def test_tree_names_the_factors_of_each_configuration(configurations, rng):
    distances = pdist(rng.uniform(1, 2, (8, 3)))
    merges = linkage(distances, "complete", optimal_ordering=True)
    palette = Palette.of(NETWORKS)
    figure = trajectories.tree(squareform(distances), configurations, palette)
    assert {name.replace(" ", "\n") for name in FACTOR_NAMES.values()} <= texts(figure)
    cells = figure.axes[1]
    names = [text.get_text() for text in cells.texts[:8]]
    assert names == [palette.label(configurations["network"].iloc[leaf]) for leaf in leaves_list(merges)]
    colours = {name: patch.get_facecolor() for name, patch in zip(names, cells.patches, strict=False)}
    assert colours == {palette.label(n): (*to_rgb(palette.colour(n)), 0.55) for n in NETWORKS}
    greys = [patch.get_facecolor() for patch in cells.patches[8:]]
    assert all(red == green == blue for red, green, blue, _ in greys)


def test_trajectory_map_joins_seeds_and_has_the_geodesic(configurations, rng):
    runs = pd.concat([configurations.assign(configuration=configurations.index)] * 2, ignore_index=True)
    places, geodesic = rng.normal(size=(16, 3)), np.ones(3)
    figure = trajectories.trajectory_map(places, geodesic, runs, ["a", "b", "c"], Palette.of(NETWORKS))
    assert {"SGD", "Adam", "augmented", "ViT", "geodesic", "a", "b", "c"} <= texts(figure)
    spokes, *points = figure.axes[0].collections
    assert sum(len(one.get_offsets()) for one in points) == 16
    joined = spokes.get_segments()
    assert joined[0][1] == pytest.approx((places[0] + places[8])[:2] / 2) and joined[8][1] == pytest.approx(
        joined[0][1]
    )
    assert all(axes.get_aspect() == 1 for axes in figure.axes)


def test_numbers_that_are_not_there_are_not_drawn():
    known, none = {"mean": 1.0, "interval": [0.5, 2]}, {"mean": np.nan, "interval": [np.nan] * 2}
    kinds = {name: dict.fromkeys(("other", "null"), none if name == "weight_decay" else known) for name in DIFFERENCES}
    figure = trajectories.null_figure({"train": kinds, "test": kinds})
    assert all(len(axes.lines) == 2 * 2 * 5 for axes in figure.axes)
    shares = {name: {"share": 0.1, "interval": [0.05, 0.2], "permuted": [0, 0.1]} for name in PARTS}
    added = dict.fromkeys(FACTOR_NAMES, known)
    figure = trajectories.factor_effects({"train": shares, "test": shares}, {"train": added, "test": added})
    assert {"architecture", "architecture only", "train", "test", "95 % of permutations"} <= texts(figure)
    paths = {name: {"train": known, "test": known} for name in ("width", "architecture")}
    written = texts(network_size.same_path(paths, {"train": 0.5, "test": 0.6}))
    assert {"train", "test", "margin, test", "a wider network", "another architecture"} <= written
    assert "a deeper network" not in written


def test_tube_and_progress_have_a_line_for_each_architecture(points):
    models = runs(points)
    table = pd.DataFrame(
        {
            "network": np.repeat(NETWORKS, 10),
            "s": np.tile(np.linspace(0.1, 1, 10), 2),
            "geodesic_distance": 0.1,
            "tube_width": 0.2,
        }
    )
    figure = trajectories.tube({"train": table, "test": table}, Palette.of(NETWORKS))
    assert [len(axes.lines) for axes in figure.axes] == [2] * 4
    table["optimizer"] = np.tile(["sgd", "lion"], 10)
    figure = trajectories.tube_of_optimizers({"train": table, "test": table})
    assert [[line.get_label() for line in axes.lines] for axes in figure.axes] == [["SGD", "lion"]] * 4
    assert len({line.get_linestyle() for line in figure.axes[0].lines}) == 2
    arrived, never = {"small": 0, "large": 0}, {"small": 3, "large": 0}
    found = {"50": {"progress": 0.5, "ratio": 2.0, "interval": [1, 3], "pairs": 4, "never": arrived}}
    found["75"] = {"progress": 0.75, "ratio": 2.0, "interval": [1, np.inf], "pairs": 4, "never": never}
    pair = {"larger_in": "width", "small": "fc", "large": "vit"}
    ratios = {"width": {"train": found, "test": found}}
    left, right = network_size.progress_by_time(models, [pair], ratios, Palette.of(NETWORKS)).axes
    assert len(left.lines) == 2 and right.lines[0].get_xdata().tolist() == [0.5, 0.75]
    assert right.lines[0].get_ydata()[0] == 2 and np.isnan(right.lines[0].get_ydata()[1])
    r2 = {"train": {"progress": 1, "checkpoint": 0.9}, "test": {"progress": 0.5, "checkpoint": 0.4}}
    figure = network_size.progress_by_error(models, r2, Palette.of(NETWORKS))
    written = texts(figure)
    assert {"train: R² = 1.00\ncheckpoint's number alone: 0.90", "fully connected"} <= written


def test_averages_have_each_their_own_look(rng):
    paths = np.repeat(["member 1", "member 2", *KINDS, "geodesic"], 3)
    dataset = InPCA(3).fit(rng.dirichlet(np.ones(3), size=(27, 5))).to_xarray()
    dataset["path"] = ("model", paths)
    dataset["step"] = ("model", np.where(paths == "geodesic", -1, np.tile(np.arange(3), 9)))
    for name in SCORE_NAMES:
        dataset[name] = ("model", rng.uniform(size=27))
    shape = len(KIND_NAMES), len(SCORE_NAMES)
    dataset["final"] = (("kind", "score"), rng.uniform(size=shape))
    dataset["without"] = (("kind", "score", "left_out"), rng.uniform(size=(*shape, 2)))
    dataset = dataset.assign_coords(kind=list(KIND_NAMES), score=list(SCORE_NAMES)).assign_attrs(n_samples=5)
    assert len(set(ensembles.AVERAGES.values())) == len(KIND_NAMES)
    names = {KIND_NAMES[kind] for kind in KINDS}
    for figure in (ensembles.paths({"train": dataset, "test": dataset}), ensembles.scores_by_progress(dataset)):
        assert {*names, "members"} <= texts(figure)
    final = ensembles.final_scores(dataset, final_numbers(dataset))
    assert {*KIND_NAMES.values(), "members", "test progress", "test Brier score"} <= texts(final)
    table = pd.DataFrame(
        [
            dict(network=n, configuration=f"{n}{i}", kind=kind, **{score: rng.uniform() for score in SCORE_NAMES})
            for n in NETWORKS
            for i in range(3)
            for kind in ("arithmetic", "harmonic")
        ]
    )
    gains = {"arithmetic": {"test": {score: {"mean": 0.0, "interval": [-0.1, 0.1]} for score in SCORE_NAMES}}}
    figure = ensembles.gains({"test": table}, "harmonic", gains, Palette.of(NETWORKS))
    assert {"fully connected", "ViT", "mean", "test Brier score, difference"} <= texts(figure)
