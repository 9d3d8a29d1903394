"""Snakemake's report of a study: made without a network, opens without complaint, and says what was measured."""

import json
import os
import subprocess
import sys

import pytest
from captions import category, plain
from conftest import SMOKE
from docutils.core import publish_parts

from paper.study.rooms import rooms

#: No proxy listens there: what asks for a network gets an error.
NO_NETWORK = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}


@pytest.fixture(scope="module")
def report(smoke, tmp_path_factory):
    """The report of the finished smoke study."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *SMOKE, "--report", str(path)]
    done = subprocess.run(command, cwd=smoke, capture_output=True, text=True, env=os.environ | NO_NETWORK)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "Missing metadata" not in done.stderr
    return path


@pytest.fixture
def page(report, browser):
    """The opened report, which must have said no error and asked for no other file; styles warn of themselves."""
    wrong = []
    shown = browser.new_page(viewport={"width": 1280, "height": 800})
    shown.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else wrong.append(asked.url))
    shown.goto(report.as_uri())
    yield shown
    shown.close()
    assert not wrong


def test_the_report_opens_and_has_a_category_for_each_notebook(page):
    found = page.evaluate("Object.keys(categories)")
    assert sorted(found) == ["00 the study", *(category(room.place, name) for name, room in rooms().items())]


def test_figures_have_their_sentence_and_the_claims_of_their_notebook(page, smoke):
    judged = json.loads((smoke / "results/smoke/claims.json").read_text())
    results = page.evaluate("Object.entries(results).map(([path, one]) => [path, one.labels, one.caption])")
    found = {path: (labels, caption) for path, labels, caption in results}
    pictures = {str(file.relative_to(smoke)) for file in (smoke / "figures/smoke").rglob("*.png")}
    assert found.keys() == pictures | {"results/smoke/claims.md", "figures/smoke/explorer.html"}
    assert all(found[picture][0]["shows"].endswith(".") for picture in pictures)
    claim = next(one for one in judged if one["notebook"] == "main_manifold" and one["verdict"] != "not tested")
    for path in ("figures/smoke/main_manifold/pairs.png", "results/smoke/claims.md"):
        assert f"{claim['value']:.3g}" in found[path][1] and claim["verdict"] in found[path][1]
    assert "low-dimensional" not in found["figures/smoke/schematic/schematic.png"][1]


def test_a_figure_is_shown_when_it_is_chosen(page):
    page.get_by_text(category(rooms()["main_manifold"].place, "main_manifold")).first.click()
    page.get_by_role("row", name="pairs").locator("a").first.click()
    page.mouse.click(1260, 14)  # the list is as wide as the page: its cross closes it
    image = page.locator("img[src^='data:image/png']").last
    image.wait_for(state="visible")
    assert image.evaluate("image => image.naturalWidth") > 500


@pytest.mark.parametrize("text", ["a *b* `c` |d| e_ f\\g", "*", "x_i and y_", "two\nlines"])
def test_text_means_itself_in_captions(text):
    body = publish_parts(plain(text), writer="html", settings_overrides={"report_level": 1})["fragment"]
    assert body.strip() == f"<p>{' '.join(text.split())}</p>"
