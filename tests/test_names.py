"""Names beside points lie where there is room, in any picture."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from hypothesis import given, settings
from hypothesis import strategies as st

from inpca.plotting import draw_geodesic
from inpca.plotting.names import NameBeside

CURVE = np.linspace(0, 1, 50)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn(coordinates, around=None, **limits):
    """Axes with a geodesic after they were drawn, and the boxes of its names."""
    figure = plt.figure(figsize=(3, 2), layout="constrained")
    axes = figure.add_subplot(projection="3d" if np.shape(coordinates)[1] == 3 else None)
    draw_geodesic(axes, coordinates, around)
    axes.set(**limits)
    figure.canvas.draw()
    return axes, [text.get_window_extent() for text in axes.texts]


@settings(deadline=None, max_examples=25)
@given(angle=st.floats(0, 6.3), wide=st.sampled_from([1e-3, 1, 500]), bent=st.floats(-1, 1))
def test_names_are_inside_the_frame_and_apart(angle, wide, bent):
    line = np.stack([np.cos(angle) * CURVE, np.sin(angle) * CURVE + bent * CURVE * (1 - CURVE)], axis=1)
    axes, (first, second) = drawn(line * [wide, 1], xlim=(-1.1 * wide, 1.1 * wide), ylim=(-1.1, 1.1))
    assert all(axes.bbox.contains(*corner) for box in (first, second) for corner in box.corners())
    assert not first.overlaps(second)
    plt.close("all")


def test_names_of_ends_that_meet_do_not_overlap():
    circle = np.stack([np.cos(2 * np.pi * CURVE), np.sin(2 * np.pi * CURVE)], axis=1)
    _, (first, second) = drawn(circle, xlim=(-1.3, 1.3), ylim=(-1.3, 1.3))
    assert not first.overlaps(second)


@pytest.mark.parametrize("side", [-1, 1], ids=["below", "above"])
def test_a_name_is_on_the_side_without_models(side, rng):
    line = np.stack([CURVE, 0 * CURVE], axis=1)
    models = np.stack([rng.uniform(-0.8, 0.8, 4000), side * rng.uniform(-0.1, 0.6, 4000)], axis=1)
    axes, (name, _) = drawn(line, models, xlim=(-1, 2), ylim=(-1, 1))
    middle = axes.transData.inverted().transform(name.get_points()).mean(axis=0)
    assert np.sign(middle[1]) == -side
    assert not any(name.contains(*point) for point in axes.transData.transform(models))


@pytest.mark.parametrize("step", [1, 10])
def test_a_name_keeps_away_from_the_line_between_points_of_the_geodesic(step):
    line = np.stack([CURVE, 0.1 * CURVE], axis=1)[::step]
    axes, names = drawn(line, xlim=(-0.1, 1.1), ylim=(-1, 1))
    on_line = axes.transData.transform(np.linspace(line[0], line[-1], 1000))
    assert not any(name.contains(*point) for name in names for point in on_line)


def test_a_name_follows_the_direction_of_sight():
    line = np.stack([CURVE, CURVE**2, CURVE**3], axis=1)
    axes, before = drawn(line)
    axes.view_init(elev=80, azim=120)
    axes.figure.canvas.draw()
    for text, old, end in zip(axes.texts, before, (line[0], line[-1]), strict=True):
        assert isinstance(text, NameBeside)
        here, new = text.pixels(end[None])[0], text.get_window_extent().get_points().mean(axis=0)
        assert not np.allclose(new, old.get_points().mean(axis=0), atol=1)
        assert np.linalg.norm(new - here) < 30
