"""The authors' models are embedded from their own distances as InPCA embeds them, from one reading of the matrix."""

import json
import threading
import tracemalloc
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from inpca import InPCA
from paper.data.datasets import DataError
from paper.report.claims import read_claims
from paper.report.verdicts import judge
from paper.rooms.authors import analysis, gathering, report
from paper.rooms.authors.experiment import Authors
from paper.rooms.authors.fetching import find_files
from paper.rooms.authors.gathering import gather
from paper.rooms.authors.jobs.embed import embed
from paper.rooms.authors.jobs.find import find
from paper.rooms.authors.made_up import embedding_of
from paper.saving import load_dataset
from paper.study.study import ConfigError, read_study

SECTION = {
    "models": "didx.p",
    "train": {"distances": "w_yh.npy", "embedding": "r_yh.p"},
    "test": {"distances": "w_yvh.npy"},
    "n_landmarks": 60,
    "made_up": {"runs": 12, "checkpoints": 6},
}


def section(**changes):
    return Authors.model_validate(SECTION | changes)


def squares(x):
    return ((x[:, None] - x) ** 2).sum(axis=2)


@pytest.fixture
def D(rng):
    return squares(rng.normal(size=(40, 6)))


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """Made-up files, embedded by all models and by few landmarks."""
    folder = tmp_path_factory.mktemp("authors")
    found = {}
    find(section(), folder / "files", folder / "files.json", folder / "models.parquet")
    for name, split, n_landmarks in (("all", "train", 1000), ("few", "train", 60), ("few", "test", 60)):
        one, output = section(n_landmarks=n_landmarks), folder / f"{name}_{split}.nc"
        embed(one, folder / "files.json", folder / "models.parquet", split, 20, output)
        found[name, split] = load_dataset(output)
    return folder, found


@pytest.mark.parametrize("block", [1, 2**27])
def test_one_reading_gives_columns_and_the_exact_norm(D, monkeypatch, block):
    monkeypatch.setattr(gathering, "BLOCK_BYTES", block)
    landmarks, runs = np.array([3, 7, 30]), [np.array([5, 6, 20]), np.array([39])]
    found = gather(D, landmarks, runs)
    centre = np.eye(40) - 1 / 40
    assert found.squared_norm == pytest.approx(np.linalg.norm(centre @ D @ centre / 2) ** 2, rel=1e-12)
    assert np.array_equal(found.columns, D[:, landmarks].astype(np.float32))
    assert found.row_means == pytest.approx(D.mean(axis=1))
    assert all(np.array_equal(one, D[np.ix_(run, run)]) for one, run in zip(found.among, runs, strict=True))


def spoilt(kind, D):
    if kind == "nan":
        D[12, 3] = D[3, 12] = np.nan
    elif kind == "negative":
        D[12, 3] = D[3, 12] = -1
    elif kind == "block":
        D[:10, 20:30] *= 1.2
    elif kind == "own":
        D[5, 5] = 3
    else:  # blocks that the authors' script skips where a file is missing
        D[:10, 10:] = D[10:, :10] = 0
    return D


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nan", r"w\.h5 holds NaN or infinite values, as at \(3, 12\)"),
        ("negative", r"w\.h5 holds -1 at \(3, 12\); no distance is negative"),
        ("block", r"w\.h5 is not symmetric: it differs from its mirror image by about [\d.]+% of its norm"),
        ("own", r"w\.h5 has a model at 3 from itself, at \(5, 5\); 0 is expected"),
        ("unwritten", r"row 0 of w\.h5 is zero for 78%: parts of the matrix were never written"),
    ],
)
def test_a_matrix_that_is_none_of_distances_is_refused(D, kind, message):
    with pytest.raises(DataError, match=message):
        gather(spoilt(kind, D), np.arange(5), name="w.h5")


def test_few_digits_are_rounding(D):
    rounded = D.astype(np.float16)
    assert gather(rounded, np.arange(5)).squared_norm == pytest.approx(gather(D, np.arange(5)).squared_norm, rel=1e-3)


def test_memory_is_that_of_a_block(tmp_path, rng, monkeypatch):
    m = 3000
    x = rng.normal(size=(m, 2)).astype(np.float32)
    stored = np.lib.format.open_memmap(tmp_path / "w.npy", "w+", np.float32, (m, m))
    for first in range(0, m, 500):
        stored[first : first + 500] = ((x[first : first + 500, None] - x) ** 2).sum(axis=2)
    del stored
    monkeypatch.setattr(gathering, "BLOCK_BYTES", 2**20)
    gather(squares(rng.normal(size=(20, 2))).astype(np.float32), np.arange(3))  # compiles
    stored = np.load(tmp_path / "w.npy", mmap_mode="r")
    tracemalloc.start()
    gather(stored, np.arange(50))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8e6 < stored.nbytes / 4


def test_with_all_models_as_landmarks_it_is_inpca(embedded):
    folder, found = embedded
    dataset, D = found["all", "train"], np.load(folder / "files/w_yh.npy")
    exact = InPCA(20, metric="precomputed").fit(D)
    assert dataset["explained_stress"].values[:6] == pytest.approx(exact.explained_stress_[:6], abs=1e-4)
    assert dataset["explained_distance"].values[:6] == pytest.approx(exact.explained_distance_[:6], abs=1e-4)
    ours, theirs = dataset["embedding"].values[:, :3], exact.embedding_[:, :3]
    assert np.abs(ours) == pytest.approx(np.abs(theirs), abs=1e-3)
    assert (ours[-1] >= ours[-100]).all()  # up along the geodesic


def test_landmarks_give_the_same_where_axes_are_fewer_than_they(embedded):
    _, found = embedded
    few, exact = (found[name, "train"]["explained_stress"].values for name in ("few", "all"))
    assert few == pytest.approx(exact, abs=5e-3)


def test_what_is_compared_with_the_authors_is_the_same(embedded):
    _, found = embedded
    train, test = (report.of_split(found[one])["published"] for one in (("all", "train"), ("few", "test")))
    assert train["difference"] < 1e-3 and train["agreement"] == pytest.approx(1, abs=1e-6)
    assert train["norm_ratio"] == pytest.approx(1, abs=1e-4)
    assert test == {"stress": {}}  # no embedding of theirs was given


def test_agreement_forgets_signs_and_sees_another_arrangement(rng):
    x, y = rng.normal(size=(2, 200, 5))
    assert analysis.agreement(x, x * [1, -1, -1, 1, 1] + 7) == pytest.approx(1)
    assert analysis.agreement(x, y) < 0.1


def test_permuted_distances_are_the_same_distances_and_fill_many_axes(D, rng):
    other = analysis.permuted(D, rng)
    above = np.triu_indices(len(D), 1)
    assert np.array_equal(np.sort(other[above]), np.sort(D[above])) and np.array_equal(other, other.T)
    assert not other.diagonal().any() and not np.array_equal(other, D)
    line = squares(np.linspace(0, 1, 40)[:, None])
    assert analysis.stress(line, 3) == pytest.approx(1, abs=1e-4)
    assert analysis.stress(analysis.permuted(line, rng), 3)[2] < 0.4


def test_sets_of_models_are_embedded_alone(embedded, D):
    _, found = embedded
    train = found["all", "train"]
    assert np.array_equal(train["set_explained_distance"].sel(set="all"), train["explained_distance"])
    landmarks, chosen = np.arange(0, 40, 2), np.arange(40) < 30
    explained, signature = analysis.explained_alone(gather(D, landmarks), landmarks, chosen, 8, 0)
    alone, _ = analysis.explained_alone(gather(D[:30, :30], landmarks[:15]), landmarks[:15], np.ones(30, bool), 8, 0)
    assert np.array_equal(explained, alone) and np.isfinite(explained).all() and (signature[:6] == 1).all()
    nothing, none = analysis.explained_alone(gather(D, landmarks), landmarks, np.zeros(40, bool), 8, 0)
    assert np.isnan(nothing).all() and not none.any()


def test_claims_are_judged_by_files_that_are_not_made_up(embedded):
    folder, found = embedded
    claims, table = read_claims(ROOT / "paper/rooms/authors/claims.yaml"), pd.read_parquet(folder / "models.parquet")
    splits = {"train": found["all", "train"], "test": found["few", "test"]}
    for made_up in (True, False):
        numbers = report.numbers(splits, table, made_up=made_up)
        verdicts = {one["id"]: one["verdict"] for one in judge(claims, "authors", numbers)}
        assert made_up == (set(verdicts.values()) == {"not tested"})
    assert verdicts["authors_own_coordinates"] == "held" and verdicts["authors_three_axes_train"] == "not held"
    untested = [name for name, verdict in verdicts.items() if verdict == "not tested"]
    assert untested == ["authors_fifty_axes_train"]  # here are twenty
    assert numbers["n_runs"] == 12 and numbers["n_of_runs"] == 72 and numbers["n_models"] == 172


def test_a_file_that_changed_after_it_was_found_is_not_embedded(embedded, tmp_path):
    folder, _ = embedded
    record = json.loads((folder / "files.json").read_text())
    record["files"]["w_yh.npy"]["bytes"] += 1
    (tmp_path / "files.json").write_text(json.dumps(record))
    with pytest.raises(DataError, match=r"w_yh\.npy is no longer what .*files\.json says; delete"):
        embed(section(), tmp_path / "files.json", folder / "models.parquet", "train", 20, tmp_path / "train.nc")


CONTENT = bytes(range(256)) * 40


class Server(BaseHTTPRequestHandler):
    """Sends ``good``, from where it is asked to go on; breaks ``torn`` off in the middle."""

    def do_GET(self):
        if self.path not in ("/x/good", "/x/torn"):
            self.send_error(404)
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : 5000 if self.path == "/x/torn" and not start else None])

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def source():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/x"
    server.shutdown()


DIGEST = sha256(CONTENT).hexdigest()


def test_nothing_is_fetched_whose_content_nobody_knows(tmp_path, source):
    with pytest.raises(DataError, match=r"not fetched .* nobody has said .*: good\. .*unverified to true"):
        find_files(tmp_path, ["good"], source=source, checksums={}, unverified=False)
    assert not list(tmp_path.iterdir())
    found = find_files(tmp_path, ["good"], source=source, checksums={}, unverified=True)
    expected = {"bytes": len(CONTENT), "sha256": DIGEST, "verified": False, "source": f"{source}/good"}
    assert found == {"good": expected}
    again = find_files(tmp_path, ["good"], source=None, checksums={"good": DIGEST}, unverified=False)
    assert again == {"good": expected | {"verified": True, "source": None}}


def test_content_must_be_what_was_said(tmp_path, source):
    with pytest.raises(DataError, match=r"good has the SHA-256 .*, 0000.* is expected; delete it"):
        find_files(tmp_path, ["good"], source=source, checksums={"good": "0" * 64}, unverified=False)
    with pytest.raises(DataError, match="bad is not here, and there is no source"):
        find_files(tmp_path, ["bad"], source=None, checksums={}, unverified=False)
    with pytest.raises(DataError, match="bad cannot be fetched: 404"):
        find_files(tmp_path, ["bad"], source=source, checksums={}, unverified=True)


def test_a_download_goes_on_where_it_stopped(tmp_path, source):
    with pytest.raises(DataError, match="run again to go on where it stopped"):
        find_files(tmp_path, ["torn"], source=source, checksums={}, unverified=True)
    assert not (tmp_path / "torn").exists() and (tmp_path / ".partial-torn").stat().st_size == 5000
    found = find_files(tmp_path, ["torn"], source=source, checksums={"torn": DIGEST}, unverified=False)
    assert found["torn"]["verified"] and (tmp_path / "torn").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": "didx.h5"}, "models: 'didx.h5' is not allowed; it should end with .p or .parquet"),
        ({"models": "../didx.p"}, "notebooks.authors.models: '../didx.p' is not allowed"),
        ({"test": {"distances": "w_yh.npy"}}, "'w_yh.npy' is named twice"),
        ({"sha256": {"x.p": "0" * 64}}, "sha256: 'x.p' is none of the files; allowed: didx.p, w_yh.npy, r_yh.p"),
        ({"sha256": {"didx.p": "abc"}}, "notebooks.authors.sha256.didx.p: 'abc' is not allowed"),
        ({"source": "https://example.org/data"}, "source: files that are made up are not fetched"),
        ({"source": "ftp://example.org/data", "made_up": None}, "notebooks.authors.source"),
        ({"n_landmarks": 5}, "notebooks.authors.n_landmarks: 5 is not allowed"),
        ({"landmarks": 5}, "unknown key 'landmarks'; did you mean 'n_landmarks'"),
    ],
)
def test_mistakes_in_the_section_are_named(changes, message):
    with pytest.raises(ConfigError) as caught:
        read_study({"study": "authors", "notebooks": {"authors": SECTION | changes}})
    assert message in str(caught.value)


def test_the_study_of_the_authors_files_reads_them_from_a_folder():
    study = read_study(ROOT / "config/authors.yaml")
    given = study.sections()["authors"]
    assert given.made_up is None and not given.unverified and not given.sha256
    assert list(given.names()) == ["models", "train.distances", "train.embedding", "test.distances", "test.embedding"]


def test_what_is_made_up_has_the_form_that_the_authors_scripts_write(rng):
    x = rng.normal(size=(40, 9))
    saved, exact = embedding_of(x), InPCA(9, metric="precomputed").fit(squares(x))
    assert {"es", "e", "xp", "tr", "fn"} == set(saved) and saved["xp"].shape == (40, 7) and saved["es"].shape == (50,)
    assert np.abs(saved["xp"]) == pytest.approx(np.abs(exact.embedding_[:, :7]), abs=1e-6)
    assert saved["fn"] ** 2 == pytest.approx(gather(squares(x), np.arange(3)).squared_norm)
