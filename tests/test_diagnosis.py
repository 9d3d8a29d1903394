"""Diagnosis: made-up runs that show each failure signature, and runs that show none."""

import csv
import shlex

import numpy as np
import pytest
from conftest import ROOT
from scipy.special import log_softmax

from inpca import diagnose, geodesic, ignorance, truth
from inpca.cli import main
from inpca.cli.diagnose import PAGE
from inpca.diagnosis import AS_FAR_AS_NULL, CANNOT_TELL, LEAST_DISTANCE, NOT_SHOWN, SHOWN, concordance

N, C, T = 300, 4, 12
LABELS = np.arange(N) % C
RIGHT = np.eye(C)[LABELS]
STRESS, APART, ERROR = range(3)


def sound(n_runs=5, own=0.1, seed=0, shared=1.0):
    """Runs that differ in pace, and learn the same samples late: hardness is shared, a little is each run's own."""
    rng = np.random.default_rng(seed)
    hard, runs = rng.normal(size=(N, C)), []
    for _ in range(n_runs):
        t = np.linspace(0, 1, T)[:, None, None] ** rng.uniform(0.8, 1.2)
        runs.append(6 * t * RIGHT + 6 * t * (1 - t) * (shared * hard + own * rng.normal(size=(N, C))))
    return np.array(runs)


def verdicts(logits):
    return [one.verdict for one in diagnose(log_softmax(logits, axis=-1), LABELS, log=True, rng=0)]


def test_sound_runs_show_none_and_stand_beyond_their_nulls():
    found = diagnose(log_softmax(sound(), axis=-1), LABELS, log=True, rng=0)
    assert [one.verdict for one in found] == [NOT_SHOWN] * 3 and not any(one.runs for one in found)
    assert found[STRESS].value > found[STRESS].null
    assert found[APART].value < 0.5 * found[APART].null
    assert found[ERROR].value > 0.9


def test_models_that_scatter_have_low_stress():
    rng = np.random.default_rng(1)
    scattered = sound() + 4 * rng.normal(size=(5, T, N, C))
    found = diagnose(log_softmax(scattered, axis=-1), LABELS, log=True, rng=0)[STRESS]
    assert found.verdict == SHOWN and found.value < found.bound
    assert found.value == pytest.approx(found.null, abs=0.02)


def test_runs_with_errors_of_their_own_diverge_and_their_null_is_as_far():
    found = diagnose(log_softmax(sound(own=1, shared=0), axis=-1), LABELS, log=True, rng=0)[APART]
    assert found.verdict == SHOWN and len(found.runs) == 5
    assert found.value == pytest.approx(found.null, rel=0.1)


def test_the_one_run_that_takes_its_own_way_is_named():
    logits = np.concatenate([sound(6), sound(1, seed=7)])
    found = diagnose(dict(zip("abcdefg", log_softmax(logits, axis=-1), strict=True)), LABELS, log=True, rng=0)[APART]
    assert found.verdict == SHOWN and found.runs == ("g",)


def test_runs_permuted_within_classes_are_their_own_null():
    rng = np.random.default_rng(2)
    orders = [np.concatenate([rng.permutation(np.arange(c, N, C)) for c in range(C)]) for _ in range(5)]
    back = np.argsort(np.concatenate([np.arange(c, N, C) for c in range(C)]))
    permuted = np.stack([run[:, order[back]] for run, order in zip(sound(), orders, strict=True)])
    found = diagnose(log_softmax(permuted, axis=-1), LABELS, log=True, rng=0)
    assert found[APART].verdict == SHOWN and found[APART].value == pytest.approx(found[APART].null, rel=0.05)
    assert found[STRESS].value == pytest.approx(found[STRESS].null, abs=0.02)


def test_runs_on_one_curve_do_not_diverge_however_close_their_null():
    way = geodesic(ignorance(N, C), truth(LABELS, C), np.linspace(0, 0.98, T))
    found = diagnose([way] * 4, LABELS, rng=0)[APART]
    assert found.verdict == NOT_SHOWN and found.value == pytest.approx(0, abs=1e-6)
    assert found.bound == pytest.approx(LEAST_DISTANCE * np.log(C) / 2, rel=1e-3) and AS_FAR_AS_NULL < 1


def test_confidence_that_falls_while_errors_fall_does_not_track_error():
    right = np.linspace(0.3, 1, T)
    sharp = np.linspace(8, 0.5, T)[:, None, None]
    guess = np.where(np.arange(N)[None, :] / N < right[:, None], LABELS, (LABELS + 1) % C)
    runs = np.stack([sharp * np.eye(C)[guess]] * 3)
    one = diagnose(log_softmax(runs, axis=-1), LABELS, log=True, rng=0)[ERROR]
    assert one.verdict == SHOWN and one.value < 0.5 and one.runs == ("0", "1", "2")
    assert verdicts(sound())[ERROR] == NOT_SHOWN


def test_concordance_is_that_of_all_pairs_counted():
    x, y = np.random.default_rng(3).integers(0, 9, size=(2, 40)).astype(float)
    first, second = np.triu_indices(40, 1)
    order = np.sign(x[first] - x[second]) * np.sign(y[first] - y[second])
    assert concordance([x[:9], x[9:]], [y]) == pytest.approx((1 + order[y[first] != y[second]].mean()) / 2)
    assert concordance([x], [-x]) == pytest.approx(0) and np.isnan(concordance([x], [np.zeros(40)]))
    assert concordance([np.zeros(40)], [x]) == 0.5


def test_what_cannot_be_told_says_why():
    few = diagnose(log_softmax(sound(1)[:, :4], axis=-1), LABELS, log=True)
    assert [one.verdict for one in few] == [CANNOT_TELL] * 3
    assert "too few" in few[STRESS].meaning and "it takes 3" in few[APART].meaning
    still = np.full((4, T, N, C), 1 / C)
    assert diagnose(still, LABELS)[ERROR].verdict == CANNOT_TELL


@pytest.mark.parametrize(
    "given, says",
    [
        ({"draws": 0}, "draws is 0"),
        ({"truth": LABELS[:5]}, "truth has 5 samples"),
        ({"runs": []}, "no runs"),
    ],
)
def test_mistakes_are_said(given, says):
    with pytest.raises(ValueError, match=says):
        diagnose(**{"runs": np.full((3, 4, N, C), 1 / C), "truth": LABELS} | given)


def test_the_command_prints_a_table_and_names_headings_that_are_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = [f"sgd-{number}" for number in range(7)]
    np.savez("sgd.npz", logits=np.concatenate([sound(6), sound(1, seed=7)]), labels=LABELS, run=names)
    assert main(shlex.split("diagnose sgd.npz -o found.csv")) == 0
    said = capsys.readouterr().out
    headings = [line[3:].lower() for line in (ROOT / PAGE).read_text("utf-8").splitlines() if line.startswith("## ")]
    with open("found.csv", newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["signature"] for row in table] == headings
    assert [row["verdict"] for row in table] == [NOT_SHOWN, SHOWN, NOT_SHOWN] and table[APART]["runs"] == "sgd-6"
    for row in table:
        assert row["signature"] in said and row["page"] in said
        assert row["page"] == f"{PAGE}#{row['signature'].replace(' ', '-')}"


def test_without_labels_it_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("run.npy", sound(3).astype(np.float16))
    assert main(shlex.split("diagnose run.npy --kind logits")) == 2
    assert "labels" in capsys.readouterr().err
