"""The explorer compares two runs, and draws means of a factor."""

import io

import numpy as np
import pytest
from browser import opened, serious_violations
from matplotlib.image import imread
from test_explorer import BLUE, SCRIPT, page_file, pixels, ready  # noqa: F401

CHOSEN = (0xD5, 0x5E, 0x00)


def two_of(page, first, second):
    """Choose a run by its name, and another one with it."""
    page.get_by_label("Name of a run").fill(first)
    page.get_by_label("Name of a run").press("Enter")
    page.get_by_role("button", name="Compare with another run").click()
    page.get_by_label("Name of a run").fill(second)
    page.get_by_label("Name of a run").press("Enter")


def test_two_runs_are_compared(browser, page_file):  # noqa: F811
    """Both light up, each in its colour; the panel has the settings and the curves of both, and so has a link."""
    with opened(browser, page_file) as page:
        ready(page)
        two_of(page, "run 2", "run 5")
        assert page.locator("#run h2").all_inner_texts()[1:4] == ["run 5", "run 2", "Model 8 of 8 and Model 8 of 8"]
        assert page.locator("#run dd").all_inner_texts()[:4] == ["cnn", "mlp", "<b>sgd</b>", "adam"]
        assert page.locator("#run dd.differs").all_inner_texts()[:2] == ["cnn", "mlp"]
        (loss, *_) = page.locator("#run svg").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
        ways = "run 5 train from 2.3 to 0.3, run 5 test from 2.3 to 1.3, run 2 train from 2.3 to 0.3"
        assert loss.startswith(f"loss (nats) against epoch: {ways}")
        assert page.locator("#run svg").first.locator("polyline").count() == 4
        ready(page)
        assert len(pixels(page, CHOSEN)) > 50 and len(pixels(page, BLUE)) > 50
        assert not serious_violations(page)
        page.wait_for_url("**#*beside=run+2*")
        address = page.url
    with opened(browser, page_file, "#" + address.partition("#")[2]) as page:
        ready(page)
        assert page.locator("#run h2").all_inner_texts()[1:3] == ["run 5", "run 2"]
        page.locator("#models").focus()
        page.keyboard.press("c")
        assert page.locator("#run h2").all_inner_texts()[1:3] == ["run 5", "Model 8 of 8"]


def test_a_click_with_shift_puts_a_run_beside_another(browser, page_file):  # noqa: F811
    with opened(browser, page_file, "#colour=optimiser&without+optimiser=adam&run=run+1") as page:
        ready(page)
        page.wait_for_timeout(400)
        page.locator("#models").hover(position={"x": 5, "y": 5})
        page.get_by_role("button", name="PC1 × PC2").click()
        ready(page)
        found = []
        for x, y in pixels_of_any(page)[::7]:
            page.locator("#models").click(position={"x": int(x), "y": int(y)}, modifiers=["Shift"])
            found = page.locator("#run h2").all_inner_texts()
            if found[2:3] and "Model" not in found[2]:
                break
        assert found[1] == "run 1" and found[2] in (SCRIPT, "run 4", "run 5")


def pixels_of_any(page) -> np.ndarray:
    """Places of the picture that are neither white nor grey."""
    picture = imread(io.BytesIO(page.locator("#stage").screenshot()))[..., :3]
    return np.argwhere(np.ptp(picture, axis=2) > 0.1)[:, ::-1]


def test_means_of_a_factor_are_drawn_and_are_means_at_equal_progress(browser, page_file):  # noqa: F811
    """The fan's directions: the mean of two runs at equal progress points to the mean of their directions."""
    start = "#colour=architecture&without+optimiser=adam&without+architecture=cnn"
    with opened(browser, page_file, start) as page:
        ready(page, "2 of 6 runs")
        options = page.get_by_label("Means").locator("option").all_inner_texts()
        assert options == ["none", "at equal epoch", "at equal progress"]
        page.get_by_label("Means").select_option("at equal progress")
        page.get_by_role("button", name="PC1 × PC2").click()
        ready(page)
        x, y = pixels(page, BLUE).T
        slope = -np.polyfit(x - x.min(), y, 1)[0]
        angles = np.linspace(0.1, 1.4, 6)[[0, 4]]
        assert slope == pytest.approx(np.sin(angles).mean() / np.cos(angles).mean(), rel=0.02)
        page.wait_for_url("**#*means=progress*")
        page.get_by_label("Colour").select_option(label="progress")
        assert page.get_by_label("Means").is_disabled()
