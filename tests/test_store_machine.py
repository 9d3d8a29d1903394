"""A prediction store through any sequence of writing, mistakes, crashes and damage: what is read was written."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from inpca import PredictionStore
from inpca.predictions.files import JOURNAL
from inpca.predictions.store import PredictionStoreError, PredictionWriter

SEEDS, STEPS, LABELS = [3, 5], [0, 7], {"test": [0, 1], "train": [1, 1, 0]}
PLACES = [(split, seed, step) for split in LABELS for seed in SEEDS for step in STEPS]
PLACE = st.sampled_from(PLACES)


class StoreMachine(RuleBasedStateMachine):
    """A writer, which may be none, and what it should have written; of the finished store, what is in it."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path, self.partial = self.folder / "run.zarr", self.folder / ".partial-run.zarr"
        self.writer, self.written, self.finished = None, {}, None
        self.rng = np.random.default_rng(0)

    def teardown(self):
        if self.writer is not None:
            self.writer.release()
        shutil.rmtree(self.folder)

    def begin(self, if_exists, seeds=SEEDS):
        checkpoints = {step: step / 7 for step in STEPS}
        return PredictionWriter(
            self.path, seeds=seeds, checkpoints=checkpoints, labels=LABELS, n_classes=2, if_exists=if_exists
        )

    @initialize()
    def start(self):
        self.writer = self.begin("error")

    @precondition(lambda self: self.writer is None)
    @rule(if_exists=st.sampled_from(["error", "resume", "overwrite"]))
    def start_again(self, if_exists):
        """What is finished, or recorded, is only replaced by who asks for that."""
        allowed = if_exists == "overwrite" or (self.finished is None and (not self.written or if_exists == "resume"))
        if not allowed:
            with pytest.raises(PredictionStoreError):
                self.begin(if_exists)
            return
        self.writer = self.begin(if_exists)
        if if_exists == "overwrite":
            self.written = {}

    @precondition(lambda self: self.writer is not None)
    @rule(place=PLACE)
    def write(self, place):
        weights = self.rng.uniform(0.1, 1, (len(LABELS[place[0]]), 2))
        values = np.log(weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
        if place in self.written:
            with pytest.raises(PredictionStoreError, match="was written before"):
                self.writer.write(*place, values)
        else:
            self.writer.write(*place, values)
            self.written[place] = values

    @precondition(lambda self: self.writer is not None)
    @rule(place=PLACE, wrong=st.sampled_from(["NaN", "shape", "sums", "step", "seed", "split"]))
    def write_what_is_none(self, place, wrong):
        split, seed, step = place
        values = np.full((len(LABELS[split]), 2), -np.log(2))
        given = {
            "NaN": (split, seed, step, values * np.nan),
            "shape": (split, seed, step, values[:1]),
            "sums": (split, seed, step, values - 1),
            "step": (split, seed, 1, values),
            "seed": (split, 4, step, values),
            "split": ("valid", seed, step, values),
        }
        with pytest.raises(PredictionStoreError):
            self.writer.write(*given[wrong])

    @precondition(lambda self: self.writer is not None)
    @rule()
    def close(self):
        if len(self.written) < len(PLACES):
            with pytest.raises(PredictionStoreError, match="were not recorded"):
                self.writer.close()
            return
        self.writer.close()
        self.writer, self.finished, self.written = None, self.written, {}

    @precondition(lambda self: self.writer is not None)
    @rule()
    def stop(self):
        """As when the process ends: the system drops its lock, nothing else happens."""
        self.writer.release()
        self.writer = None

    @precondition(lambda self: self.writer is not None)
    @rule()
    def write_from_elsewhere(self):
        with pytest.raises(PredictionStoreError, match="is being written by"):
            self.begin("overwrite")

    @precondition(lambda self: self.writer is None and self.written)
    @rule(number=st.integers(0, len(PLACES) - 1), content=st.sampled_from([b"", b"x", None]))
    def damage(self, number, content):
        """A chunk that is not what was written, or is gone, counts as not recorded."""
        place = sorted(self.written)[number % len(self.written)]
        split, seed, step = place
        chunk = self.partial / f"{split}/log_probs/c/{SEEDS.index(seed)}/{STEPS.index(step)}/0/0"
        chunk.unlink() if content is None else chunk.write_bytes(content)
        del self.written[place]

    @precondition(lambda self: self.writer is None and self.written)
    @rule(tail=st.sampled_from([b"", b"{", b'{"split": "tes', b"\n\n", b"[1]\n", b'{"split": 3, "files": {}}\n']))
    def cut_the_journal(self, tail):
        """A line that a power cut left half-written is none."""
        with open(self.partial / JOURNAL, "ab") as file:
            file.write(tail + b"\n")

    @precondition(lambda self: self.writer is None and self.written)
    @rule()
    def resume_as_another(self):
        with pytest.raises(PredictionStoreError):
            self.begin("resume", seeds=[3, 6])

    @invariant()
    def what_is_finished_is_what_was_written(self):
        if self.finished is None:
            assert not self.path.exists()
        else:
            self.same(PredictionStore(self.path), self.finished)

    @invariant()
    def what_is_recorded_is_what_was_written(self):
        if self.partial.exists():
            store = PredictionStore(self.partial, partial=True)
            done = [[all((split, a, b) in self.written for split in LABELS) for b in STEPS] for a in SEEDS]
            assert store.recorded.tolist() == done
            self.same(store, {place: self.written[place] for place in self.written if self.of(store, place)})

    def of(self, store, place):
        return store.recorded[SEEDS.index(place[1]), STEPS.index(place[2])]

    def same(self, store, expected):
        for (split, seed, step), values in expected.items():
            found = store.log_probs(split)[SEEDS.index(seed), STEPS.index(step)]
            assert np.array_equal(found, values)


def walk(examples, steps, *, always):
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=always,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_store_through_a_few_histories():
    walk(12, 30, always=True)


@pytest.mark.faults
def test_a_store_through_many_histories():
    walk(100, 40, always=False)
