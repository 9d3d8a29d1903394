"""Networks of all kinds are recorded, and trained as if they were not."""

import random
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from test_input_recording import DATA, EXPECTED, PAIR, Drawing, Wrapped, X, recorder
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from inpca import Recorder
from inpca.predictions.store import PredictionStoreError
from inpca.recording import Diverged, Evaluation, log_probabilities

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
    record = recorder(tmp_path / "r.zarr", checkpoints={3: 3}, seeds=[7], evaluation=Evaluation(outputs=outputs))
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        record(Wrapped(change), 3)
    diverged = ["training diverged; record.diverged(3, seed=7) leaves that run out of the store"]
    notes = ["while split 'train', seed 7, step 3 was recorded"]
    assert caught.value.__notes__ == notes + diverged * isinstance(caught.value, Diverged)
    assert isinstance(caught.value, Diverged) == bool(re.search("NaN|infinity", message))
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
