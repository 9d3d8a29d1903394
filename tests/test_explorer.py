"""The explorer, driven in a browser: it draws what it is told, names runs, and asks nothing of a network."""

import base64
import gzip
import io
import json
import re

import numpy as np
import pytest
import xarray as xr
from browser import DESKTOP, PHONE, opened, serious_violations
from matplotlib.image import imread

from inpca import InPCA
from inpca.explorer import write_explorer

SEED, STEPS = 3, 8
SCRIPT = "<script>alert('run')</script>"
BLUE, ORANGE = (0x00, 0x72, 0xB2), (0xE6, 0x9F, 0x00)


def made_up(n_runs: int, n_steps: int, k: int = 4) -> xr.Dataset:
    """What InPCA gives for runs in a fan from one point: run r goes in a direction of its own."""
    angle = np.linspace(0.1, 1.4, n_runs)[:, None]
    t = np.linspace(0, 1, n_steps)
    x = np.stack(np.broadcast_arrays(t * np.cos(angle), t * np.sin(angle), 0.1 * t**2, 0 * t), axis=-1)[..., :k]
    rest = np.full(k, 0.9)
    axis = {"eigenvalue": rest, "signature": np.array([1, 1, 1, -1][:k]), "explained_stress": np.linspace(0.8, 0.9, k)}
    return xr.Dataset(
        {"embedding": (("model", "axis"), x.reshape(-1, k)), **{name: ("axis", of) for name, of in axis.items()}}
        | {"explained_distance": ("axis", rest)},
        coords={"model": np.arange(n_runs * n_steps), "axis": np.arange(1, k + 1)},
        attrs={"metric": "bhattacharyya"},
    )


def arguments(n_runs: int = 6, n_steps: int = STEPS) -> dict:
    """Runs of two architectures and two optimisers, which lose as they go."""
    run = np.repeat(np.arange(n_runs), n_steps)
    t = np.tile(np.linspace(0, 1, n_steps), n_runs)
    names = np.array([SCRIPT, *(f"run {number}" for number in range(1, n_runs))], object)
    return {
        "runs": names[run],
        "columns": {"epoch": 30 * t, "loss (nats)": {"train": 2.3 - 2 * t, "test": 2.3 - t}, "progress": t},
        "factors": {
            "architecture": np.array(["mlp", "cnn"], object)[run % 2],
            "optimiser": np.array(["<b>sgd</b>", "adam"], object)[run // 2 % 2],
        },
    }


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "a page.html"
    embedding = made_up(6, STEPS)
    write_explorer(path, {"train": embedding, "test": embedding}, title="A & <b>", **arguments())
    return path


def ready(page, shown="models shown"):
    page.wait_for_function("text => document.getElementById('shown').textContent.includes(text)", arg=shown)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def pixels(page, colour) -> np.ndarray:
    """Places of the picture, (n, 2) in x and y, that have a colour."""
    picture = imread(io.BytesIO(page.locator("#stage").screenshot()))[..., :3]
    return np.argwhere((np.abs(255 * picture - colour) < 3).all(axis=2))[:, ::-1]


def test_the_page_says_what_it_shows_in_either_size(browser, page_file):
    for size in (DESKTOP, PHONE):
        with opened(browser, page_file, size=size) as page:
            ready(page, "6 of 6 runs, 48 of 48 models shown")
            assert page.locator("h1").inner_text() == page.title() == "A & <b>"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert len(pixels(page, BLUE)) > 50 and len(pixels(page, ORANGE)) > 50
            assert not serious_violations(page)


def test_axes_are_named_with_unit_stress_and_kind(browser, page_file):
    with opened(browser, page_file) as page:
        ready(page)
        names = page.get_by_label("Axis 1").locator("option").all_inner_texts()
        assert names[0] == "PC1 (√nats, 80 %)" and names[3].endswith("time-like)")


def test_a_filter_changes_what_is_drawn(browser, page_file):
    with opened(browser, page_file) as page:
        ready(page)
        page.get_by_label("mlp").uncheck()
        ready(page, "3 of 6 runs, 24 of 48 models shown")
        assert len(pixels(page, BLUE)) == 0 and len(pixels(page, ORANGE)) > 50
        page.get_by_label("none of optimiser").click()
        ready(page, "0 of 6 runs, 0 of 48 models shown")
        assert len(pixels(page, ORANGE)) == 0


def test_a_slider_leaves_out_models(browser, page_file):
    with opened(browser, page_file) as page:
        ready(page)
        whole = len(pixels(page, BLUE))
        page.get_by_label("largest value").fill("500")
        ready(page, "6 of 6 runs, 24 of 48 models shown")
        assert 0 < len(pixels(page, BLUE)) < whole


def test_a_click_names_the_run_and_shows_its_settings_and_curves(browser, page_file):
    with opened(browser, page_file, "#colour=optimiser&without+architecture=cnn&without+optimiser=adam") as page:
        ready(page, "2 of 6 runs")
        x, y = np.median(pixels(page, BLUE), axis=0)
        near = min(pixels(page, BLUE), key=lambda at: np.hypot(*(at - (x, y))))
        page.locator("#models").hover(position={"x": int(near[0]), "y": int(near[1])})
        page.locator("#tip").wait_for(state="visible")
        assert "loss (nats), train" in page.locator("#tip").inner_text()
        page.locator("#models").click(position={"x": int(near[0]), "y": int(near[1])})
        page.locator("#run svg").first.wait_for()
        told = page.locator("#run").inner_text()
        assert (SCRIPT in told or "run 4" in told) and "<b>sgd</b>" in told and "mlp" in told
        labels = page.locator("#run svg").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
        assert labels[0] == "loss (nats) against epoch: train from 2.3 to 0.3, test from 2.3 to 1.3"
        assert not serious_violations(page)


def test_a_link_leads_to_the_same_view(browser, page_file):
    with opened(browser, page_file) as page:
        ready(page)
        page.get_by_label("Embedding").last.select_option("test")
        page.get_by_label("Axis 3").select_option("3")
        page.get_by_label("Colour").select_option(label="progress")
        page.get_by_label("cnn").uncheck()
        page.get_by_label("Name of a run").fill(SCRIPT)
        page.get_by_label("Name of a run").press("Enter")
        page.get_by_role("button", name="PC1 × PC2").click()
        page.wait_for_url("**#*run=*")
        page.wait_for_timeout(400)
        address, picture = page.url, page.locator("#stage").screenshot()
    with opened(browser, page_file, "#" + address.partition("#")[2]) as page:
        ready(page, "3 of 6 runs, 24 of 48 models shown")
        assert page.get_by_label("Axis 3").input_value() == "3"
        assert SCRIPT in page.locator("#run h2").all_inner_texts()
        assert page.locator("#stage").screenshot() == picture


def test_keys_turn_the_picture_and_go_through_the_runs(browser, page_file):
    with opened(browser, page_file) as page:
        ready(page)
        before = page.locator("#stage").screenshot()
        page.locator("#models").focus()
        page.keyboard.press("ArrowLeft")
        ready(page)
        assert page.locator("#stage").screenshot() != before
        for key, heading in {"n": SCRIPT, "p": "run 5"}.items():
            page.keyboard.press(key)
            assert page.locator("#run h2").all_inner_texts()[1] == heading
        page.keyboard.press("[")
        assert page.locator("#run h2").all_inner_texts()[2] == f"Model {STEPS - 1} of {STEPS}"
        page.keyboard.press("Escape")
        assert page.locator("#run h2").all_inner_texts() == ["Run"]


def test_the_picture_is_saved(browser, page_file, tmp_path):
    with opened(browser, page_file) as page:
        ready(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save PNG").click()
        download.value.save_as(tmp_path / "picture.png")
    picture = imread(tmp_path / "picture.png")[..., :3]
    assert (np.abs(255 * picture - BLUE) < 3).all(axis=2).sum() > 50


def test_the_page_is_the_same_bytes_every_time(page_file, tmp_path):
    embedding = made_up(6, STEPS)
    write_explorer(tmp_path / "again.html", {"train": embedding, "test": embedding}, title="A & <b>", **arguments())
    assert (tmp_path / "again.html").read_bytes() == page_file.read_bytes()
    text = page_file.read_text(encoding="utf-8")
    assert SCRIPT not in text and "https:" not in text and "<b>sgd" not in text


def held(path):
    """Header of a page, and its arrays by name."""
    text = path.read_text(encoding="utf-8")
    header, block = (re.search(f'id="{name}">(.*?)</script>', text, re.S)[1] for name in ("header", "block"))
    header, block = json.loads(header), gzip.decompress(base64.b64decode(block))
    places = header["arrays"].items()
    return header, {name: np.frombuffer(block, of["type"], of["length"], of["offset"]) for name, of in places}


def test_numbers_of_the_page_are_those_that_were_given(rng, tmp_path):
    """Runs come one after the other in any order of the models; coordinates to 1/32767, columns to four digits."""
    embedding = InPCA(10).fit(rng.dirichlet(np.ones(3), size=(40, 5))).to_xarray()
    runs = rng.permutation(np.append(np.repeat(["a", "b", "c"], 12), [""] * 4)).astype(object)
    line = np.flatnonzero(runs == "")
    runs[line] = None
    loss = 10 ** rng.uniform(-9, 3, 40)
    columns = {"step": np.arange(40), "loss": loss}
    factors = {"rate": np.array([{"a": 0.5, "b": 0.025}.get(run, 1) for run in runs], object)}
    write_explorer(tmp_path / "page.html", embedding, runs=runs, columns=columns, factors=factors, geodesic=line)
    header, arrays = held(tmp_path / "page.html")
    order = arrays["column0"].astype(int)
    assert np.array_equal(order[36:], line)
    assert [header["runs"][run] for run in arrays["run"][:36]] == [runs[model] for model in order[:36]]
    assert np.array_equal(arrays["starts"], [0, 12, 24, 36, 40])
    assert all(np.all(np.diff(order[first : first + 12]) > 0) for first in (0, 12, 24))
    (places,), x = header["embeddings"], embedding["embedding"].values[order, :8]
    read = np.array(places["middle"])[:, None] + places["scale"] * arrays["embedding0"].reshape(8, 40) / 32767
    assert np.abs(read.T - x).max() <= places["scale"] / 32767
    assert np.allclose(arrays["column1"], loss[order], rtol=1e-4)
    (rate,) = header["factors"]
    assert rate["levels"] == ["0.025", "0.5", "1"]
    assert [rate["levels"][code] for code in rate["codes"]] == [
        f"{factors['rate'][runs == r][0]:g}" for r in header["runs"]
    ]


WRONG = {
    "an array": (dict(embeddings=np.zeros((48, 3))), TypeError, "mapping from name to such datasets"),
    "another array": (dict(embeddings={"train": np.zeros((48, 3))}), TypeError, "not ndarray"),
    "two axes": (dict(embeddings=made_up(6, STEPS, 2)), ValueError, "has 2 axes, three are needed"),
    "other models": (dict(embeddings={"a": made_up(6, STEPS), "b": made_up(5, STEPS)}), ValueError, "'a': 48, 'b': 40"),
    "coordinates": (
        dict(embeddings=made_up(6, STEPS).pipe(lambda e: e.assign(embedding=e["embedding"].where(e["model"] != 5)))),
        ValueError,
        "coordinates of model 5 that are no numbers",
    ),
    "runs": (dict(runs=["a"]), ValueError, "runs must be 48 names"),
    "no runs": (dict(runs=[None] * 48), ValueError, "runs names no run"),
    "no columns": (dict(columns={}), ValueError, "columns is empty"),
    "a column": (dict(columns={"epoch": [1]}), ValueError, r"columns\['epoch'\] must be 48 numbers"),
    "a number": (
        dict(columns={"loss": {"test": np.where(np.arange(48) == 9, np.nan, 1)}}),
        ValueError,
        r"columns\['loss'\]\['test'\] has nan for model 9 of run 'run 1'",
    ),
    "a factor": (dict(factors={"seed": np.arange(48)}), ValueError, r"factors\['seed'\] has 0 and 1 within the run"),
    "a colour": (dict(colors={"optimiser": {"adam": "red"}}), ValueError, r"colors\['optimiser'\] has 'red'"),
    "positions": (dict(geodesic=[48]), ValueError, r"whole numbers in 0 … 47"),
}


@pytest.mark.parametrize(("change", "kind", "message"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_are_named(change, kind, message, tmp_path):
    given = {"embeddings": made_up(6, STEPS)} | arguments() | change
    with pytest.raises(kind, match=message):
        write_explorer(tmp_path / "page.html", given.pop("embeddings"), **given)
    assert not list(tmp_path.iterdir())


def test_models_of_a_geodesic_are_no_run_and_need_no_numbers(rng, tmp_path):
    models = InPCA(3).fit(rng.dirichlet(np.ones(3), size=(12, 5))).to_xarray()
    runs, loss = np.array(["a"] * 10 + [None] * 2, object), np.append(np.ones(10), [np.nan] * 2)
    write_explorer(tmp_path / "page.html", models, runs=runs, columns={"loss": loss}, geodesic=[10, 11])
    assert (tmp_path / "page.html").stat().st_size < 100_000


@pytest.mark.slow
def test_very_many_models_turn_smoothly(browser, tmp_path):
    """150,000 models without a graphics card: ten frames a second on an idle machine, and never as slow as two."""
    n_runs, n_steps = 2300, 66
    write_explorer(tmp_path / "page.html", made_up(n_runs, n_steps), **arguments(n_runs, n_steps))
    with opened(browser, tmp_path / "page.html") as page:
        ready(page, "151,800 of 151,800 models shown")
        seconds = page.evaluate(
            """async () => {
              const canvas = document.getElementById("models"), gl = canvas.getContext("webgl2"), seconds = [];
              const frame = () => new Promise((done) => requestAnimationFrame(done));
              for (let step = 0; step < 45; step++) {
                const start = performance.now();
                canvas.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowLeft"}));
                await frame();
                gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); // waits until all is drawn
                await frame();
                seconds.push((performance.now() - start) / 1000);
              }
              return seconds;
            }"""
        )
    medians = np.median(np.reshape(seconds, (3, 15)), axis=1)
    print(f"{1 / medians.min():.1f} frames a second")
    assert medians.min() <= 0.5  # the machine may do other work


def test_the_page_of_a_study_opens(browser, smoke):
    with opened(browser, smoke / "figures/smoke/explorer.html") as page:
        ready(page)
        told = re.match(r"(\d+) of (\d+) runs, (\d+) of (\d+) models shown", page.locator("#shown").inner_text())
        assert told[1] == told[2] and told[3] == told[4]
        assert page.get_by_label("Embedding").last.locator("option").all_inner_texts() == ["train", "test", "joint"]
        assert all("√nats" in name for name in page.get_by_label("Axis 1").locator("option").all_inner_texts())
        assert not serious_violations(page)
