import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import Circle

from inpca import InPCA
from paper.distances import Distances
from paper.figures import manifold, views
from paper.figures.spread import spread
from paper.figures.style import LOOKS, OPTIMIZERS, Palette, optimizer_looks
from paper.models import oriented, reference_points, runs
from paper.report.embedding import models_near_geodesic

NETWORKS = ["vit", "fc"]
PALETTE = Palette.of(NETWORKS)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def points(models):
    m = len(models)
    rows = pd.DataFrame({"kind": "run", "network": np.where(np.arange(m) < m // 2, *NETWORKS)})
    rows["run"] = rows["configuration"] = rows["network"]
    rows["model"] = [*(f"run/step{step}" for step in range(m - 3)), *reference_points(1)["model"]]
    for name in ("train_loss", "train_error", "test_loss", "test_error"):
        rows[name] = np.linspace(1, 0.1, m)
    rows["train_progress"] = rows["test_progress"] = 1 - rows["train_loss"]
    rows["t"] = np.nan
    rows.loc[m - 3 :, ["network", "configuration", "run"]] = None
    rows.loc[m - 3 :, "kind"] = ["ignorance", "geodesic", "truth"]
    rows.loc[m - 3 :, "t"] = [0, 0.5, 1]
    return manifold.place_models(rows, embedded(models))


def embedded(models):
    labels = [*(f"run/step{step}" for step in range(len(models) - 3)), *reference_points(1)["model"]]
    return oriented(InPCA(5).fit(models).to_xarray(labels=labels))


@pytest.fixture
def embedding(models):
    return embedded(models)


def scales(panels):
    """Length of a unit on each axis of some panels, in pixels."""
    ends = [(panel.get_xlim(), panel.get_ylim(), panel.get_window_extent()) for panel in panels]
    return [size for x, y, box in ends for size in (box.width / np.ptp(x), box.height / np.ptp(y))]


def test_models_coloured_by_value_have_one_scale_and_a_bar_with_its_unit(points, embedding):
    values = {"train_loss": "train loss (nats)", "train_error": "train error (%)"}
    figure = views.by_value(points, embedding, PALETTE, values)
    figure.canvas.draw()
    np.testing.assert_allclose(scales(figure.axes[:4]), scales(figure.axes[:1])[0], rtol=0.02)
    loss, error = figure.axes[4:]
    assert loss.get_xlabel() == "train loss (nats)" and error.get_xlabel() == "train error (%)"
    assert loss.get_xlim() == pytest.approx((runs(points)["train_loss"].min(), 1))
    assert error.get_xlim() == pytest.approx((0, 100))
    assert all("%" in axes.get_xlabel() for axes in figure.axes[:4])


def test_circles_of_the_spread_have_the_radius_of_the_distance(points, embedding):
    models = points[["pc1", "pc2", "pc3", "pc4", "pc5"]].to_numpy()
    signs = embedding["signature"].values
    D = ((models[:, None] - models) ** 2) @ signs
    near = models_near_geodesic(points, Distances(D), [0, 0.5], 0.4) | {1.0: np.zeros(len(points), bool)}
    figure = spread(points, embedding, near, 0.4, PALETTE)
    figure.canvas.draw()
    above, beside, bars = figure.axes
    np.testing.assert_allclose(scales([above, beside]), scales([above])[0], rtol=0.02)
    for panel, columns in ((above, ["pc1", "pc2"]), (beside, ["pc3", "pc2"])):
        circles = [patch for patch in panel.patches if isinstance(patch, Circle)]
        assert [circle.radius for circle in circles] == pytest.approx([np.sqrt(0.4)] * 3)
        for circle, kind in zip(circles, ("ignorance", "geodesic", "truth"), strict=True):
            place = points.loc[points["kind"] == kind, columns].to_numpy()[0]
            assert circle.center == pytest.approx(place)
            assert all(np.abs(place - circle.radius) <= 10) and panel.get_xlim()[0] < place[0] - circle.radius
    named = {text.get_text() for text in figure.legends[0].get_texts()}
    assert "$d_B$ = 0.4 nats around it" in named and "models around t = 1" not in named
    assert {f"models around t = {t:g}" for t, chosen in near.items() if chosen.any()} <= named
    assert sum(patch.get_width() for patch in bars.patches) == sum(chosen.sum() for chosen in near.values())


def test_both_views_are_drawn_at_one_scale_with_their_models_tied(points, embedding):
    moved = points.assign(pc2=points["pc2"] + 0.3)
    figure = views.joint(embedding, points, moved, PALETTE)
    figure.canvas.draw()
    np.testing.assert_allclose(scales(figure.axes), scales(figure.axes[:1])[0], rtol=0.02)
    ties, filled, hollow = figure.axes[0].collections
    ends = runs(points).groupby("run", sort=False).tail(1)[["pc1", "pc2"]].to_numpy()
    assert len(ties.get_segments()) == 2
    np.testing.assert_allclose(filled.get_offsets(), ends)
    np.testing.assert_allclose(hollow.get_offsets(), ends + np.array([0, 0.3]))
    named = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"train view, mean", "test view, last model of a run", "fully connected", "ViT", "geodesic"} <= named
    means = [line for line in figure.axes[0].lines if line.get_zorder() == 4]
    for train, test in zip(means[:2], means[2:], strict=True):
        np.testing.assert_allclose(test.get_ydata() - train.get_ydata(), 0.3)


def test_optimisers_look_the_same_in_every_study():
    assert optimizer_looks(["adam", "sgd"]) == {"sgd": LOOKS[0], "adam": LOOKS[2]}
    assert optimizer_looks(["lion", *OPTIMIZERS])["lion"] == LOOKS[len(OPTIMIZERS)]
    for name in ("colour", "dashes", "marker"):
        assert len({getattr(look, name) for look in LOOKS}) == len(LOOKS)
