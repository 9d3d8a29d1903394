"""What enters a recorder: samples, batches, labels, models and their outputs; and a training that it leaves alone."""

import random
from types import SimpleNamespace

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
from inpca.predictions.store import PredictionStoreError
from inpca.recording.evaluation import log_probabilities
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


def test_a_model_that_edits_its_inputs_is_caught(tmp_path):
    model = Wrapped(lambda z: z)
    model.inner.register_forward_pre_hook(lambda module, inputs: (inputs[0].add_(1),))
    with pytest.raises(ValueError, match=r"^inputs of split 'train', seed 0, step 0 differ from those at construction"):
        recorder(tmp_path / "r.zarr", (X.clone(), Y))(model, 0)


def test_tensors_that_stay_are_hashed_once(tmp_path, monkeypatch):
    record = recorder(tmp_path / "r.zarr")
    monkeypatch.setattr("inpca.recording.recorder.read_once", lambda *_: pytest.fail("the inputs were read again"))
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


class Wrapped(nn.Module):
    def __init__(self, change):
        super().__init__()
        self.inner, self.change = linear(), change

    def forward(self, x):
        return self.change(self.inner(x))


RIGHT_OUTPUTS = {
    "mapping": (lambda z: {"logits": z}, "logits", 1e-6),
    "tuple": (lambda z: (z, None), "logits", 1e-6),
    "loss first": (lambda z: (z.sum(), z), "logits", 1e-6),
    "no loss first": (lambda z: (None, z, z[:, :1]), "logits", 1e-6),
    "object": (lambda z: SimpleNamespace(logits=z), "logits", 1e-6),
    "bfloat16": (lambda z: z.bfloat16(), "logits", 0.02),
    "float16": (lambda z: z.half(), "logits", 2e-3),
    "float64": (lambda z: z.double(), "logits", 1e-6),
    "probabilities": (lambda z: z.softmax(1), "probabilities", 1e-6),
    "half probabilities": (lambda z: z.softmax(1).half(), "probabilities", 5e-3),
    "log-probabilities": (lambda z: z.log_softmax(1), "log_probabilities", 1e-6),
    "log-probabilities as logits": (lambda z: z.log_softmax(1), "logits", 1e-6),
}


@pytest.mark.parametrize(("change", "outputs", "error"), RIGHT_OUTPUTS.values(), ids=RIGHT_OUTPUTS)
def test_outputs_become_log_probabilities(change, outputs, error):
    found = log_probabilities(Wrapped(change), PAIR, outputs=outputs)
    assert found.dtype == torch.float32 and torch.allclose(found, EXPECTED, atol=error)
    assert torch.allclose(found.exp().sum(1), torch.ones(20), atol=1e-6)


WRONG_OUTPUTS = {
    "softmax": (lambda z: z.softmax(1), "logits", 'probabilities, not logits: pass outputs="probabilities"'),
    "bfloat16 softmax": (lambda z: z.softmax(1).bfloat16(), "logits", 'pass outputs="probabilities"'),
    "logits": (lambda z: z, "probabilities", 'but the model returned others: is outputs="logits" meant'),
    "logits for logs": (lambda z: z, "log_probabilities", 'is outputs="logits" meant'),
    "one logit": (lambda z: z[:, :1], "logits", r"one number a sample, \(20, 1\); for two classes .* torch.stack"),
    "flat logit": (lambda z: z[:, 0], "logits", r"one number a sample, \(20,\); for two classes"),
    "classes": (lambda z: z[:, :2], "logits", "the model returned 2 classes, but n_classes is 3"),
    "sequence": (lambda z: z[:, :, None].expand(-1, -1, 5), "logits", r"the shape \(20, 3, 5\) for 20 samples"),
    "fewer": (lambda z: z[:7], "logits", r"the shape \(7, 3\) for 20 samples"),
    "NaN": (lambda z: z * float("nan"), "logits", "the model returned NaN or infinity"),
    "infinity": (lambda z: z + float("inf"), "logits", "the model returned NaN or infinity"),
    "no class": (
        lambda z: torch.where(torch.arange(20)[:, None] == 4, -torch.inf, z),
        "logits",
        "^the model returned -infinity for every class of sample 4",
    ),
    "a loss alone": (lambda z: (z.sum(),), "logits", "the model returned tuple; allowed are a tensor"),
    "classes chosen": (lambda z: z.argmax(1), "logits", "the model returned torch.int64; logits are floating-point"),
    "None": (lambda z: None, "logits", "the model returned NoneType; allowed are a tensor"),
    "other keys": (lambda z: {"loss": z}, "logits", "the model returned dict; allowed are a tensor"),
}


@pytest.mark.parametrize(("change", "outputs", "message"), WRONG_OUTPUTS.values(), ids=WRONG_OUTPUTS)
def test_wrong_outputs_say_where_and_leave_the_checkpoint_to_be_repeated(change, outputs, message, tmp_path):
    record = recorder(tmp_path / "r.zarr", checkpoints={3: 3}, seeds=[7], outputs=outputs)
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        record(Wrapped(change), 3)
    assert caught.value.__notes__ == ["while split 'train', seed 7, step 3 was recorded"]
    assert record(Wrapped(lambda z: z.log_softmax(1) if outputs[0] == "l" else z.softmax(1)), 3)
    record.close()


def test_models_without_parameters_and_other_things():
    doubled = nn.Module()
    doubled.forward = lambda x: 2 * x
    assert torch.equal(log_probabilities(doubled, PAIR), torch.log_softmax(2 * X, 1))
    with pytest.raises(TypeError, match=r"^model must be a torch.nn.Module, not function$"):
        log_probabilities(lambda x: x, PAIR)


class Rotary(nn.Module):
    """Keeps a table of its first call, as rotary embeddings do, and counts its calls in a buffer."""

    def __init__(self):
        super().__init__()
        self.inner, self.table = nn.Linear(4, 4), None
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        if self.table is None:
            self.table = torch.arange(4.0).cos()
        self.calls += 1
        return self.inner(x) * self.table


class Merging(nn.Linear):
    """Merges a correction into its weights in evaluation mode and takes it out in training mode, as LoRA does."""

    def __init__(self):
        super().__init__(4, 4)
        self.correction, self.merged = nn.Parameter(torch.randn(4, 4)), False

    def train(self, mode=True):
        if mode == self.merged:
            self.weight.data += -self.correction if mode else self.correction
            self.merged = not mode
        return super().train(mode)

    def forward(self, x):
        return functional.linear(x, self.weight if self.merged else self.weight + self.correction, self.bias)


def frozen_norm():
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.BatchNorm1d(4), nn.Linear(4, 3)).train()
    model[1].eval()
    return model


NETWORKS = {
    "frozen BatchNorm": frozen_norm,
    "merging": lambda: nn.Sequential(Merging(), nn.Dropout(), nn.Linear(4, 3)),
    "dropout": lambda: nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 3)),
    "rotary table": lambda: nn.Sequential(Rotary(), nn.Linear(4, 3)),
    "weight norm": lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), nn.Linear(4, 3)),
    "spectral norm": lambda: nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4)), nn.Linear(4, 3)),
    "old spectral norm": lambda: nn.Sequential(nn.utils.spectral_norm(nn.Linear(4, 4)), nn.Linear(4, 3)),
    "lazy": lambda: nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d(), nn.Linear(4, 3)),
}


def train(make, record, autocast):
    """A few steps with every kind of randomness; returns the state of the network and what the generators give next."""
    torch.manual_seed(0), np.random.seed(0), random.seed(0)  # noqa: NPY002
    model = make()
    if make is NETWORKS["lazy"]:
        model(X)
    record = record() if record else lambda model, step: None
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loader = DataLoader(DATA, batch_size=5, shuffle=True)
    step = 0
    for _ in range(2):
        for x, y in loader:
            with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                record(model, step)
                loss = functional.cross_entropy(model(x + np.random.rand() + random.random()).float(), y)  # noqa: NPY002
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
    modes = [module.training for module in model.modules()]
    return model.state_dict(), modes, torch.rand(1), np.random.rand(), random.random()  # noqa: NPY002


@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_training_with_a_recorder_gives_the_same_bits(make, autocast, tmp_path):
    splits = {"train": DataLoader(Drawing(), batch_size=6), "test": PAIR}

    def record():
        return Recorder(
            tmp_path / "r.zarr", splits, checkpoints={step: step / 4 for step in range(0, 8, 2)}, n_classes=3
        )

    with_it, without = train(make, record, autocast), train(make, None, autocast)
    for name, value in without[0].items():
        assert torch.equal(with_it[0][name], value), name
    assert with_it[1:] == without[1:]


def test_a_model_that_raises_is_left_as_it_was_and_can_be_repeated(tmp_path):
    model = frozen_norm()
    handle = model[3].register_forward_hook(lambda *_: 1 / 0)
    modes = [module.training for module in model.modules()]
    record = recorder(tmp_path / "r.zarr")
    with pytest.raises(ZeroDivisionError):
        record(model, 0)
    assert [module.training for module in model.modules()] == modes and torch.is_grad_enabled()
    handle.remove()
    assert record(model, 0)
    with pytest.raises(PredictionStoreError, match="seed 0, step 0 was recorded before"):
        record(model, 0)


def test_making_a_recorder_moves_no_generator(tmp_path):
    generator = torch.Generator().manual_seed(5)
    state, own = torch.get_rng_state(), generator.get_state()
    recorder(tmp_path / "r.zarr", DataLoader(DATA, generator=generator))
    assert torch.equal(torch.get_rng_state(), state) and torch.equal(generator.get_state(), own)


def test_a_lazy_model_is_run_before_it_is_recorded(tmp_path):
    with pytest.raises(ValueError, match=r"^the model has lazy parameters without a shape yet: run one batch through"):
        recorder(tmp_path / "r.zarr")(nn.LazyLinear(3), 0)
