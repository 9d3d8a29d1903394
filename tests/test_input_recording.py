"""What enters a recorder: samples, batches and labels."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    TensorDataset,
)

from inpca import PredictionStore, Recorder
from inpca.recording.samples import read_split

X, Y = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3
DATA = TensorDataset(X, Y)
PAIR = X, Y


def recorder(path, split=PAIR, **changes):
    return Recorder(path, {"train": split}, **dict(checkpoints={0: 0, 1: 1}, n_classes=3) | changes)


def linear():
    torch.manual_seed(1)
    return nn.Linear(4, 3)


EXPECTED = torch.log_softmax(linear()(X), 1).detach()


class Noisy(Dataset):
    def __len__(self):
        return 20

    def __getitem__(self, i):
        return X[i] + np.random.standard_normal(), Y[i]  # noqa: NPY002


class Drawing(Dataset):
    """Draws from every generator, and gives the same samples all the same."""

    def __len__(self):
        return 20

    def __getitem__(self, i):
        random.random(), np.random.rand(), torch.rand(1)  # noqa: NPY002
        return X[i], Y[i]


class Stream(IterableDataset):
    def __init__(self, order):
        self.order = order

    def __iter__(self):
        return ((X[i], Y[i]) for i in self.order())


class Once(IterableDataset):
    samples = None

    def __iter__(self):
        self.samples = self.samples or iter(list(zip(X, Y, strict=True)))
        return self.samples


def python_order():
    return random.sample(range(20), 20)


SAME_LABEL = TensorDataset(X, torch.zeros(20, dtype=torch.long))
WRONG_SPLITS = {
    "shuffle": (lambda: DataLoader(DATA, shuffle=True), "the DataLoader of split 'train' shuffles: "),
    "one label": (lambda: DataLoader(SAME_LABEL, shuffle=True), "the DataLoader of split 'train' shuffles: "),
    "batch sampler": (
        lambda: DataLoader(DATA, batch_sampler=BatchSampler(RandomSampler(DATA), 4, False)),
        "'train' shuffles: ",
    ),
    "augmenting": (lambda: DataLoader(Noisy()), "'train' gives other inputs when it is read again"),
    "random stream": (lambda: DataLoader(Stream(python_order)), "'train' shuffles: "),
    "read once": (lambda: DataLoader(Once()), "split 'train' has no samples"),
    "drop_last": (lambda: DataLoader(DATA, batch_size=6, drop_last=True), "leaves samples out: pass drop_last=False"),
    "drop_last of batches": (
        lambda: DataLoader(DATA, batch_sampler=BatchSampler(range(20), 6, True)),
        "pass drop_last=False",
    ),
    "empty": (lambda: DataLoader(TensorDataset(X[:0], Y[:0])), "split 'train' has no samples"),
    "empty pair": (lambda: (X[:0], Y[:0]), "split 'train' has no samples"),
    "lengths": (lambda: (X, Y[:5]), "split 'train' has 5 labels for inputs of 20"),
    "generator": (lambda: (b for b in DataLoader(DATA)), "split 'train' can be read only once"),
    "data set": (lambda: DATA, "split 'train' is a data set; pass a DataLoader of it"),
    "a single number": (lambda: (torch.tensor(1.0), Y), "^split 'train' has a single number as inputs; one entry for"),
    "batches": (
        lambda: [(X[:10], Y[:10]), (X[10:], Y[10:])],
        r"^split 'train' is a list of batches; pass a DataLoader, or \(inputs, labels\) of all samples$",
    ),
    "batches of mappings": (lambda: [{"x": X, "labels": Y}], "^split 'train' is a list of batches; "),
    "tensor": (lambda: X, r"split 'train' must be \(inputs, labels\) or a DataLoader, not Tensor"),
    "three": (lambda: (X, X, Y), "split 'train' must be .*, not 3 parts"),
    "None": (lambda: None, "split 'train' must be .*, not NoneType"),
    "three in a batch": (lambda: DataLoader(TensorDataset(X, X, Y)), "batches must be .*, not 3 parts"),
    "no labels": (lambda: DataLoader([{"x": 1.0}]), r"a batch with the keys \['x'\] has no 'labels' or 'label'"),
    "label -100": (lambda: (X, torch.where(Y == 1, -100, Y)), "sample 1 has -100, not a class in 0 … 2; leave out"),
    "label 3": (lambda: (X, Y + 1), "labels of split 'train': sample 2 has 3, not a class in 0 … 2"),
    "fraction": (lambda: (X, Y + 0.5), "labels of split 'train': sample 0 has 0.5, not a class in 0 … 2"),
    "NaN": (lambda: (X, Y * np.nan), "labels of split 'train': sample 0 has nan, not a class"),
    "soft labels": (lambda: (X, torch.full((20, 3), 1 / 3)), r"of shape \(20, 3\) are not one-hot"),
    "texts as labels": (lambda: (X, ["cat"] * 20), "split 'train' has labels of type list; a tensor of class numbers"),
    "no label": (lambda: (X, None), "split 'train' has labels of type NoneType"),
    "one label for all": (lambda: (X, torch.tensor(1)), "split 'train' has a single label"),
    "no inputs": (lambda: (None, Y), "split 'train' has inputs of type NoneType; tensors or arrays are needed"),
    "lists as inputs": (lambda: (X.tolist(), Y), "split 'train' has inputs of type float; tensors or arrays"),
    "texts in batches": (lambda: DataLoader([(x, "cat") for x in X]), "a batch has labels of type (tuple|list)"),
    "column": (lambda: (X, Y[:, None]), r"must be class numbers .*, not of shape \(20, 1\)"),
}


@pytest.mark.parametrize(("make", "message"), WRONG_SPLITS.values(), ids=WRONG_SPLITS)
def test_wrong_samples_are_refused_when_the_recorder_is_made(make, message, tmp_path):
    with pytest.raises((TypeError, ValueError), match=message):
        recorder(tmp_path / "r.zarr", make())
    assert list(tmp_path.iterdir()) == []


class Keywords(nn.Linear):
    def forward(self, input_ids, attention_mask=None):
        return super().forward(input_ids)


class Two(nn.Linear):
    def forward(self, a, b):
        return super().forward(torch.cat([a, b], 1))


def keyed(key):
    return [{"input_ids": x, "attention_mask": torch.ones(4), key: y} for x, y in zip(X, Y, strict=True)]


RIGHT_SPLITS = {
    "tensors": (nn.Linear, PAIR),
    "arrays": (nn.Linear, (X.numpy(), Y.numpy())),
    "gradients": (nn.Linear, (X.clone().requires_grad_(), Y)),
    "one-hot": (nn.Linear, (X, functional.one_hot(Y, 3))),
    "float labels": (nn.Linear, (X, Y.float())),
    "bfloat16 labels": (nn.Linear, (X, Y.bfloat16())),
    "loader": (nn.Linear, DataLoader(DATA, batch_size=7)),
    "full batches": (nn.Linear, DataLoader(DATA, batch_size=5, drop_last=True)),
    "stream": (nn.Linear, DataLoader(Stream(lambda: range(20)), batch_size=3)),
    "distributed": (nn.Linear, DataLoader(DATA, sampler=DistributedSampler(DATA, 1, 0, shuffle=False))),
    "labels": (Keywords, DataLoader(keyed("labels"), batch_size=6)),
    "label": (Keywords, DataLoader(keyed("label"), batch_size=6)),
    "mapping": (Keywords, ({"input_ids": X}, Y)),
    "nested": (Two, DataLoader([((x[:1], x[1:]), y) for x, y in DATA], batch_size=4)),
}


@pytest.mark.parametrize(("kind", "split"), RIGHT_SPLITS.values(), ids=RIGHT_SPLITS)
def test_right_samples_are_recorded_in_order(kind, split, tmp_path):
    torch.manual_seed(1)
    model = kind(4, 3)
    with recorder(tmp_path / "r.zarr", split, checkpoints={0: 0}) as record:
        record(model, 0)
    store = PredictionStore(tmp_path / "r.zarr")
    assert np.allclose(store.log_probs("train")[0, 0], EXPECTED, atol=1e-6)
    assert np.array_equal(store.labels("train"), Y)


def swap(rows):
    """Exchange two samples of one class in place."""
    rows[[0, 3]] = rows[[3, 0]]


def edit(rows):
    rows[0] += 1


def loader(x, y):
    return DataLoader(TensorDataset(x, y), batch_size=6)


FORMS = {
    "loader": loader,
    "tensors": lambda x, y: (x, y),
    "arrays": lambda x, y: (x.numpy(), y.numpy()),
    "list": lambda x, y: [x, y],
}


@pytest.mark.parametrize("make", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("change", [swap, edit])
def test_inputs_that_change_later_are_caught_and_can_be_put_back(make, change, tmp_path):
    x, y = X.clone(), Y.clone()
    record = recorder(tmp_path / "r.zarr", make(x, y), checkpoints={0: 0, 1: 1})
    assert record(linear(), 0)
    change(x.numpy() if make is FORMS["arrays"] else x)
    with pytest.raises(
        ValueError, match=r"^inputs of split 'train', seed 0, step 1 differ from those at construction of the recorder$"
    ):
        record(linear(), 1)
    x.copy_(X)
    assert record(linear(), 1)


@pytest.mark.parametrize("make", FORMS.values(), ids=FORMS)
def test_labels_that_change_later_are_caught(make, tmp_path):
    x, y = X.clone(), Y.clone()
    record = recorder(tmp_path / "r.zarr", make(x, y))
    y[0] = 2
    with pytest.raises(
        ValueError, match=r"^labels of split 'train', seed 0, step 0 differ from those at construction of the recorder$"
    ):
        record(linear(), 0)


class Wrapped(nn.Module):
    def __init__(self, change):
        super().__init__()
        self.inner, self.change = linear(), change

    def forward(self, x):
        return self.change(self.inner(x))


def test_a_model_that_edits_its_inputs_is_caught(tmp_path):
    model = Wrapped(lambda z: z)
    model.inner.register_forward_pre_hook(lambda module, inputs: (inputs[0].add_(1),))
    with pytest.raises(ValueError, match=r"^inputs of split 'train', seed 0, step 0 differ from those at construction"):
        recorder(tmp_path / "r.zarr", (X.clone(), Y))(model, 0)


def test_tensors_that_stay_are_hashed_once(tmp_path, monkeypatch):
    record = recorder(tmp_path / "r.zarr")
    monkeypatch.setattr("inpca.recording.fixed_samples.read_once", lambda *_: pytest.fail("the inputs were read again"))
    assert record(linear(), 0)


def test_digests_depend_on_samples_alone():
    images = torch.arange(1800.0).reshape(300, 3, 2, 1)
    forms = (
        (images, torch.zeros(300)),
        (images.to(memory_format=torch.channels_last), torch.zeros(300)),
        (images.numpy(), np.zeros(300)),
        loader(images, torch.zeros(300)),
    )
    assert len({read_split(split, "train")[1] for split in forms}) == 1
    assert read_split((images + 1, torch.zeros(300)), "train")[1] != read_split(forms[0], "train")[1]
