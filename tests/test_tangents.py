import matplotlib
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

matplotlib.use("Agg")

from inpca import InPCA, pairwise_distances, progress
from inpca.embedding.spectral import explained_distance
from inpca.geometry import geodesic, ignorance, truth
from paper.figures.style import Palette
from paper.models import reference_points
from paper.report.claims import read_claims
from paper.report.verdicts import judge
from paper.rooms.tangent_embeddings import figures
from paper.rooms.tangent_embeddings.analysis import ALL, groups, tangent_embeddings
from paper.rooms.tangent_embeddings.configuration import TangentSettings
from paper.rooms.tangent_embeddings.summary import (
    cosine_table,
    explained_table,
    means_table,
    paper_table,
    tangent_numbers,
)
from paper.rooms.tangent_embeddings.tangents import (
    explained_by,
    explained_by_null,
    explained_by_pairs,
    mean_distances,
    tangent_coordinates,
    tangent_cosine,
    tangent_weights,
    weighted_sums,
)

SETTINGS = TangentSettings(progress_of={"vit": 0.3}, n_pairs=12, n_sampled=30)
CLAIMS = read_claims(ROOT / "paper/rooms/tangent_embeddings/claims.yaml")
NAMES = ["fc", "vit"]


def signed_distances(X, Y, signature):
    """Signed squared distances in a space with time-like directions."""
    return ((X[:, None] - Y) ** 2 * signature).sum(axis=-1)


@pytest.fixture(scope="module")
def study():
    """Model table, distances and log-probabilities of four runs of two architectures that go from P0 towards P*."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, 25)
    ends = ignorance(25, 4), truth(labels, 4)
    rows, models = [], []
    for run in range(4):
        logits = np.cumsum(rng.normal(0, 0.25, (14, 25, 4)), axis=0)
        logits[:, np.arange(25), labels] += np.linspace(0, 7, 14)[:, None]
        models.append(np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True))
        rows += [{"kind": "run", "network": NAMES[run // 2], "configuration": f"c{run}", "run": f"run{run}"}] * 14
    t = np.linspace(0, 1, 6)
    models = np.concatenate([*models, geodesic(*ends, t)])
    runs = pd.DataFrame(rows)
    runs["model"] = runs["run"] + "/step" + runs.groupby("run").cumcount().astype(str)
    table = pd.concat([runs, reference_points(4)], ignore_index=True)
    table["train_progress"] = progress(models, labels)
    with np.errstate(divide="ignore"):
        log_probs = np.log(models)
    table["train_loss"] = -log_probs[:, np.arange(25), labels].mean(axis=1)
    return table, pairwise_distances(log_probs, log=True), log_probs, labels


@pytest.fixture(scope="module")
def dataset(study):
    return tangent_embeddings(*study, "train", SETTINGS)


@pytest.mark.parametrize("signature", [(1, 1, 1), (1, 1, -1), (1, -1, -1)])
def test_a_manifold_that_its_tangents_span_is_explained(signature, rng):
    points = rng.standard_normal((4, 3))
    models = rng.standard_normal((60, 3))
    explained = explained_by(
        signed_distances(models, models, signature),
        signed_distances(points, points, signature),
        signed_distances(models, points, signature),
    )
    assert explained[2] == pytest.approx(1, abs=1e-6)
    _, eigenvalues = tangent_coordinates(
        signed_distances(points, points, signature), signed_distances(models, points, signature)
    )
    assert sorted(np.sign(eigenvalues)) == sorted(signature)


def test_a_direction_that_the_points_miss_is_not_explained(rng):
    points = np.column_stack([rng.standard_normal((4, 3)), np.zeros(4)])
    models = rng.standard_normal((60, 4))
    D = signed_distances(models, models, np.ones(4))
    explained = explained_by(D, signed_distances(points, points, 1), signed_distances(models, points, 1))
    missed = (models[:, None, 3] - models[:, 3]) ** 2
    assert explained[2] == pytest.approx(1 - missed.sum() / D.sum())


def test_the_points_land_on_themselves_and_keep_their_distances(models):
    among = pairwise_distances(models[:4])
    placed, eigenvalues = tangent_coordinates(among, among)
    inpca = InPCA(3, metric="precomputed").fit(among)
    assert np.allclose(np.abs(placed), np.abs(inpca.embedding_)) and np.allclose(eigenvalues, inpca.eigenvalues_)
    assert np.allclose(signed_distances(placed, placed, np.sign(eigenvalues)), among, atol=1e-9)
    everyone, _ = tangent_coordinates(among, pairwise_distances(models, models[:4]))
    assert np.allclose(everyone[:4], placed, atol=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0, 1), st.floats(1e-6, 10))
def test_weights_are_largest_close_by(s, at, width):
    weight = tangent_weights(np.array(s), at, width)
    assert weight.sum() == pytest.approx(1) and (weight >= 0).all()
    order = np.argsort(np.abs(np.array(s) - at))
    assert (np.diff(weight[order]) <= 1e-15).all()


def test_weights_equal_their_definition_and_concentrate_when_narrow():
    s = np.array([0.1, 0.2, 0.25, 0.9])
    expected = np.exp(-((s - 0.2) ** 2) / (2 * 0.05**2))
    assert np.allclose(tangent_weights(s, 0.2, 0.05), expected / expected.sum())
    assert np.allclose(tangent_weights(s, 0.24, 1e-4), [0, 0, 1, 0])
    assert np.allclose(tangent_weights(s, 0.2, 1e4), 0.25)


def test_means_of_models_are_averages_of_probabilities(models, rng):
    weights = rng.dirichlet(np.ones(len(models)), size=3)
    run = np.arange(len(models)) % 4
    sums = weighted_sums(np.log(models), weights, run)
    means = sums.sum(axis=0)
    assert np.allclose(means, np.einsum("km,mnc->knc", weights, models))
    assert np.allclose(means.sum(axis=-1), 1)
    of_run = run == 2
    assert np.allclose(sums[2], np.einsum("km,mnc->knc", weights[:, of_run], models[of_run]))


def test_cosine_of_tangents(rng):
    labels, n_classes = np.arange(12) % 3, 3
    start, end = ignorance(12, n_classes), truth(labels, n_classes)
    straight = [start + t * (end - start) for t in (0.2, 0.8)]
    assert tangent_cosine(*straight, labels) == pytest.approx(1)
    away = start + (np.roll(end, 1, axis=1) - start) * 0.3  # towards a wrong class
    assert tangent_cosine(away, straight[1], labels) == pytest.approx(-0.5)
    first, last = rng.dirichlet(np.ones(3), (2, 12))
    a, b = (first - start).ravel(), (end - last).ravel()
    assert tangent_cosine(first, last, labels) == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_cosines_have_an_interval_and_nulls_that_know_only_classes(study, dataset):
    table, _, log_probs, labels = study
    group = dataset.sel(group=ALL)
    assert group["cosine_low"] < group["cosine"] < group["cosine_high"]
    assert len(np.unique(group["null_cosine"])) == SETTINGS.n_nulls
    rows = groups(table, SETTINGS.largest_loss)[ALL]
    rows = rows[(table["kind"] == "run").to_numpy()[rows]]
    weights = [tangent_weights(table["train_progress"].to_numpy()[rows], at, SETTINGS.width) for at in (0.2, 0.8)]
    means = [np.tensordot(weight, np.exp(log_probs[rows]), axes=1) for weight in weights]
    assert group["cosine"] == pytest.approx(tangent_cosine(*means, labels), abs=1e-6)


def test_null_that_moves_nothing_is_the_models_themselves(study, rng):
    table, D, log_probs, labels = study
    run, weights = pd.factorize(table["run"].where(table["kind"] == "run"))[0], np.zeros((2, len(table)))
    weights[:, run >= 0] = [tangent_weights(table["train_progress"][run >= 0], at, 0.05) for at in (0.2, 0.8)]
    sums = weighted_sums(log_probs, weights, run)
    chosen = np.array([56, *range(56), 61])  # P0 first, P* last
    alone = explained_by_null(log_probs, sums, run, np.arange(len(labels)), chosen, rng)  # a class for each sample
    inside = D[np.ix_(chosen, chosen)]
    expected = explained_by(inside, *mean_distances(inside, log_probs[chosen], sums.sum(axis=0), [0, len(chosen) - 1]))
    assert np.allclose(alone[0], InPCA(3, metric="precomputed").fit(inside).explained_distance_, atol=1e-6)
    assert np.allclose(alone[1], expected, atol=1e-6)
    assert not np.allclose(explained_by_null(log_probs, sums, run, labels, chosen, rng), alone, atol=1e-3)


def test_pairs_equal_the_plain_way(models, rng):
    D = pairwise_distances(models)
    sampled = np.arange(3, 25)
    explained = explained_by_pairs(D, (0, 39), np.array([[4, 17], [30, 2]]), sampled)
    points = [0, 30, 2, 39]
    inpca = InPCA(3, metric="precomputed").fit(D[np.ix_(points, points)])
    placed = inpca.transform(D[np.ix_(sampled, points)])
    assert np.allclose(explained[1], explained_distance(placed, inpca.signature_, D[np.ix_(sampled, sampled)]))


def test_groups_leave_out_the_geodesic_and_large_losses(study):
    table = study[0].copy()
    table.loc[0, "train_loss"] = 4.0
    members = groups(table, 4.0)
    assert list(members) == [ALL, *NAMES]
    assert [len(rows) for rows in members.values()] == [57, 29, 30]
    assert all((table["kind"][rows] != "geodesic").all() for rows in members.values())
    assert all(table["kind"][rows].isin(["ignorance", "truth"]).sum() == 2 for rows in members.values())


def test_ordinary_axes_are_those_of_the_group(study, dataset):
    table, D = study[:2]
    rows = groups(table, 4.0)["vit"]
    inpca = InPCA(8, metric="precomputed").fit(D[np.ix_(rows, rows)])
    group = dataset.sel(group="vit")
    assert np.allclose(group["original_explained_distance"], inpca.explained_distance_)
    assert np.allclose(np.abs(group["original"].values[rows]), np.abs(inpca.embedding_[:, :3]), atol=1e-6)
    assert np.isnan(group["original"].values[table["network"] == "fc"]).all()


def test_tangent_axes_equal_the_plain_way(study, dataset):
    table, D, log_probs, _ = study
    models, name = np.exp(log_probs), "vit"
    chosen = (table["network"] == name).to_numpy()
    s = table["train_progress"].to_numpy()[chosen]
    means = [np.tensordot(tangent_weights(s, at, 0.05), models[chosen], axes=1) for at in (0.3, 0.7)]
    points = np.stack([models[-6], *means, models[-1]])
    inpca = InPCA(3).fit(points)
    rows = groups(table, 4.0)[name]
    placed = inpca.transform(models[rows])
    group = dataset.sel(group=name)
    assert np.allclose(group["distance"], pairwise_distances(points), atol=1e-6)
    assert np.allclose(np.abs(group["tangent"].values[rows]), np.abs(placed), atol=1e-4)
    expected = explained_distance(placed, inpca.signature_, np.ascontiguousarray(D[np.ix_(rows, rows)]))
    assert np.allclose(group["tangent_explained_distance"], expected, atol=1e-4)


def test_all_models_sampled_give_the_same_as_the_whole_group(dataset):
    group = dataset.sel(group="fc")
    assert group["n_sampled"] == group["n_models"] + 2
    assert np.allclose(group["sampled_explained_distance"].sel(view="tangent"), group["tangent_explained_distance"])
    original = group["sampled_explained_distance"].sel(view="original")
    assert np.allclose(original, group["original_explained_distance"][:3], atol=1e-6)


def test_axes_lead_from_ignorance_to_truth(dataset):
    points = dataset["original_point"]
    assert (points.sel(point="P0") <= points.sel(point="P*")).all()
    together = dataset["original"] * dataset["tangent"]
    assert (together.sel(axis=1).mean("model") > 0).all()


def test_pairs_depend_on_the_seed_only(study, dataset):
    again = tangent_embeddings(*study, "train", SETTINGS)
    assert again.identical(dataset)
    other = tangent_embeddings(*study, "train", SETTINGS.model_copy(update={"seed": 1}))
    assert other["tangent"].identical(dataset["tangent"])
    assert not other["pair_explained_distance"].identical(dataset["pair_explained_distance"])


def test_dataset_survives_its_file(dataset, tmp_path):
    dataset.to_netcdf(tmp_path / "tangents.nc", engine="scipy")
    read = xr.load_dataset(tmp_path / "tangents.nc", engine="scipy")
    assert tangent_numbers(read) == tangent_numbers(dataset)


def test_claims_follow_the_numbers(dataset):
    numbers = {"train": tangent_numbers(dataset)}
    numbers["train"]["allcnn"] = numbers["train"]["fc"]
    for gain, beaten, verdict in ((0.01, 0.99, "held"), (0, 0.96, "held"), (-0.01, 0.95, "not held")):
        for group in (ALL, "allcnn"):
            numbers["train"][group] |= {"gain": gain, "null_gain": -0.1}
        numbers["train"][ALL]["random_pairs"]["beaten"]["3"] = beaten
        verdicts = {claim["id"]: claim["verdict"] for claim in judge(CLAIMS, "tangent_embeddings", numbers)}
        assert verdicts["tangent_axes_explain_all"] == verdicts["tangent_axes_explain_allcnn"] == verdict
        assert verdicts["tangents_beat_random_pairs"] == verdict
    numbers["train"][ALL] |= {"gain": 0.02, "null_gain": 0.01}
    assert judge(CLAIMS, "tangent_embeddings", numbers)[0]["verdict"] == "null passes too"


def test_pairs_that_explain_less_are_counted(dataset):
    numbers, group = tangent_numbers(dataset)["fc"], dataset.sel(group="fc", axis=3)
    chosen = group["sampled_explained_distance"].sel(view="tangent").item()
    of_pairs = group["pair_explained_distance"].sel(kind="near").values
    assert numbers["near_pairs"]["beaten"]["3"] == np.mean(of_pairs < chosen)
    assert numbers["near_pairs"]["median"]["3"] == pytest.approx(np.median(of_pairs))


def test_tables_have_a_row_for_each_group(dataset):
    numbers = tangent_numbers(dataset)
    for table in (means_table, explained_table, cosine_table):
        assert list(table(numbers, str).index) == [ALL, *NAMES]
    assert means_table(numbers, str)["λ"].to_dict() == {ALL: 0.2, "fc": 0.2, "vit": 0.3}
    assert explained_table(numbers, str)["tangent axes"]["vit"] == numbers["vit"]["tangent"]["3"]


def test_the_papers_numbers_stand_beside_those_of_the_same_models(dataset):
    numbers = tangent_numbers(dataset)
    table = paper_table(numbers | {"allcnn": numbers["fc"]}, str)
    known = table["paper"].str.extract(r"\((\w+)\)")[0]
    assert (known == "exact").sum() == 4 + 3 + 1 and (known == "digitised").sum() == 8 + 3
    assert table["here"].iloc[-1] == numbers["fc"]["cosine"] and set(table["models"]) == {ALL, "allcnn"}
    assert set(paper_table(numbers, str)["models"]) == {ALL}


def test_figures_are_drawn(study, dataset):
    palette = Palette.of(NAMES)
    for draw in (figures.manifold_3d, figures.pairs, figures.architecture_pairs):
        draw(study[0], dataset, palette).canvas.draw()
    for draw in (figures.explained, figures.random_pairs, figures.cosines):
        draw(dataset, palette).canvas.draw()
    assert figures.group_label(ALL, palette) == "all models"
