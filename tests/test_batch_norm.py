"""Batch normalisation is recorded as the network is now, and trained as if nobody had looked."""

import copy

import numpy as np
import pytest
import torch
from test_recording import X, Y, recorder
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from inpca import PredictionStore
from inpca.recording import Evaluation, log_probabilities, reestimated
from inpca.recording.batch_norm import STATISTICS_BATCH

N = 2 * STATISTICS_BATCH + 100
INPUTS = 3 + 2 * torch.randn(N, 4, generator=torch.Generator().manual_seed(2))
LABELS = torch.arange(N) % 3


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.BatchNorm1d(4), nn.Linear(4, 5), nn.BatchNorm1d(5, momentum=0.3), nn.Dropout(), nn.Linear(5, 3)
    )


def state(model):
    return [tensor.clone() for tensor in model.state_dict().values()], [one.training for one in model.modules()]


def same(left, right):
    return left[1] == right[1] and all(map(torch.equal, left[0], right[0]))


def test_statistics_are_those_of_the_samples():
    model, few = network(), INPUTS[:STATISTICS_BATCH]
    with reestimated(model, (few, LABELS[: len(few)])):
        torch.testing.assert_close(model[0].running_mean, few.mean(0))
        torch.testing.assert_close(model[0].running_var, few.var(0))
        hidden = model[1]((few - few.mean(0)) / (few.var(0, unbiased=False) + model[0].eps).sqrt())
        torch.testing.assert_close(model[2].running_mean, hidden.mean(0))


def test_batches_count_by_their_size_and_mix_classes():
    model = network()
    order = INPUTS[:, 0].argsort()  # sorted samples, whose blocks have means of their own
    with reestimated(model, (INPUTS[order], LABELS)):
        torch.testing.assert_close(model[0].running_mean, INPUTS.mean(0))
        torch.testing.assert_close(model[0].running_var, INPUTS.var(0), rtol=0.01, atol=0)
    loader = DataLoader(TensorDataset(INPUTS, LABELS), batch_size=700)
    with reestimated(model, loader):
        torch.testing.assert_close(model[0].running_mean, INPUTS.mean(0))
        expected = (700 * INPUTS[:700].var(0) + (N - 700) * INPUTS[700:].var(0)) / N
        torch.testing.assert_close(model[0].running_var, expected)


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_as_before(training):
    model = network().train(training)
    before, random = state(model), torch.random.get_rng_state()
    with reestimated(model, (INPUTS, LABELS)):
        assert not any(one.training for one in model.modules()) and not torch.is_grad_enabled()
        assert not same(state(model), before)
    assert same(state(model), before) and torch.equal(torch.random.get_rng_state(), random)
    assert [model[0].momentum, model[2].momentum] == [0.1, 0.3]


def test_the_network_is_as_before_after_an_error():
    model = network()
    before = state(model)
    with pytest.raises(ValueError, match="more than 1 value per channel"), reestimated(model, (INPUTS[:1], LABELS[:1])):
        pass
    assert same(state(model), before) and model[2].momentum == 0.3
    with pytest.raises(ValueError, match="no samples"), reestimated(model, (INPUTS[:0], LABELS[:0])):
        pass
    with pytest.raises(KeyError), reestimated(model, (INPUTS, LABELS)):
        raise KeyError
    assert same(state(model), before)


def test_a_network_without_batch_normalisation_is_not_run():
    class Never(nn.Module):
        def forward(self, x):
            raise AssertionError

    with reestimated(Never(), (INPUTS, LABELS)):
        pass
    other = nn.Sequential(nn.BatchNorm1d(4, track_running_stats=False), nn.InstanceNorm1d(4, track_running_stats=True))
    before = state(other)
    with reestimated(other, (INPUTS, LABELS)):
        assert same((state(other)[0], before[1]), before)


def test_settled_statistics_hardly_change():
    model = network().eval()
    with reestimated(model, (INPUTS, LABELS)):
        settled = copy.deepcopy(model)
        expected = log_probabilities(model, (INPUTS, LABELS))
    with reestimated(settled, (INPUTS, LABELS)):
        torch.testing.assert_close(log_probabilities(settled, (INPUTS, LABELS)), expected)


@pytest.mark.parametrize(
    "samples",
    ["train", (X, Y), DataLoader(TensorDataset(X, Y), batch_size=3)],
    ids=["name of a split", "tensors", "loader"],
)
def test_a_recorder_takes_statistics_and_leaves_training_alone(tmp_path, samples):
    splits, found = {"train": (X, Y), "test": (X[:2], Y[:2])}, []
    for evaluation in (Evaluation(), Evaluation(batch_norm=samples)):
        model, path = network(), tmp_path / f"{len(found)}.zarr"
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        with recorder(path, splits=splits, evaluation=evaluation) as record:
            for step in range(11):
                if step == 10:
                    with reestimated(model, (X, Y) if isinstance(samples, str) else samples):
                        expected = log_probabilities(model, splits["test"])
                record(model, step)
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(X), Y).backward()
                optimizer.step()
        found.append((state(model), PredictionStore(path).log_probs("test")[0, -1]))
    assert same(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[1][1], expected.numpy())
    assert np.abs(found[0][1] - found[1][1]).max() > 1e-3
