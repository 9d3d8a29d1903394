"""Runs that are trained together, in lower precision, compiled or in graphs, against the reference."""

import warnings
from functools import partial

import numpy as np
import pytest
import torch
from study_changes import SMOKE, complaints
from torch import nn

from inpca.predictions.store import PredictionStore
from paper.data.datasets import PreparedData, fingerprint
from paper.study.configuration import Checkpoints, Configuration, EvenCheckpoints, TrainingJob
from paper.study.study import read_study
from paper.study.training import REFERENCE, Training
from paper.training.batches import Resident
from paper.training.graphs import STEPS_BEFORE
from paper.training.loop import train_networks
from paper.training.random_streams import reproducible
from paper.training.runs import DeviceError, choose_device, initial_run, on_device, train
from paper.training.stack import FullyConnectedStack, Stack, stack_of

NETWORKS = {
    "fc": {"kind": "fc", "widths": [12, 8]},
    "allcnn": {"kind": "allcnn", "c1": 3, "c2": 4},
    "convmixer": {"kind": "convmixer", "dim": 4, "depth": 2, "kernel": 3, "patch": 2},
    "wrn": {"kind": "wrn", "depth": 10, "planes": 2, "widen": 1},
    "resnet": {"kind": "resnet", "depth": 18, "stem": "small"},
    "vit": {"kind": "vit", "patch": 4, "dim": 8, "depth": 1, "heads": 2, "mlp": 8},
}
RATES = {"sgd": 0.02, "sgdn": 0.01, "adam": 0.001}
SEEDS = [1, 2, 3]
SCALER = torch.amp.GradScaler


def configuration(network="fc", optimizer="sgdn", **changes):
    settings = {"batch_size": 16, "weight_decay": 0.01, "augmentation": "none", "epochs": 2} | changes
    rate = settings.pop("learning_rate", RATES[optimizer])
    return Configuration(name=network, network=NETWORKS[network], optimizer=optimizer, learning_rate=rate, **settings)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    images = (rng.standard_normal((60, 1, 8, 8)) + labels[:, None, None, None]).astype(np.float32)
    arrays = images[:40], labels[:40], images[40:], labels[40:]
    return PreparedData(*arrays, ("a", "b", "c"), fingerprint(*arrays))


def trained(chosen, data, *, together, training=REFERENCE, dtype=torch.float64, seeds=SEEDS):
    """Log-probabilities (seed, sample, class) after training, statistics of BatchNorm, summed losses of all steps."""
    images, labels = on_device(data, chosen, torch.device("cpu"))["train"]
    images = images.to(dtype)
    with reproducible():
        runs = [initial_run(chosen, seed, images, 3) for seed in seeds]
        for run in runs:
            run.network.to(dtype)
        losses = []
        for group in [runs] if together else [[run] for run in runs]:
            networks, streams = [run.network for run in group], [run.streams for run in group]
            steps = train_networks(networks, Resident(images, labels, 1), chosen, streams, training)
            losses.append([loss.item() for loss in steps])
        with torch.no_grad():
            found = torch.stack([run.network.eval()(images).log_softmax(1) for run in runs])
    buffers = [buffer.double().numpy() for run in runs for buffer in run.network.buffers()]
    return found.numpy(), np.concatenate([b.ravel() for b in buffers] or [[]]), np.sum(losses, axis=0)


def check_together(chosen, data, seeds=SEEDS):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # torch warns where it takes one network after another
        together = trained(chosen, data, together=True, seeds=seeds)
    alone = trained(chosen, data, together=False, seeds=seeds)
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)
    assert np.abs(alone[0][0] - alone[0][1]).max() > 0.01


@pytest.mark.parametrize("augmentation", ["none", "cropflip"])
@pytest.mark.parametrize("optimizer", list(RATES))
@pytest.mark.parametrize("network", [name for name in NETWORKS if name != "resnet"])
def test_runs_trained_together_are_those_trained_one_by_one(network, optimizer, augmentation, data):
    """In float64, since training makes rounding grow; not of weights, since some, such as the biases of keys, change
    no prediction, and Adam moves them by the sign of their rounding."""
    check_together(configuration(network, optimizer, augmentation=augmentation), data)


@pytest.mark.slow
def test_so_are_resnets(data):
    check_together(configuration("resnet", augmentation="cropflip", batch_size=20, epochs=1), data, seeds=SEEDS[:2])


def job(chosen, checkpoints, **training):
    return TrainingJob(
        configuration=chosen,
        seeds=SEEDS,
        checkpoints=checkpoints,
        batch_norm="reestimated",
        crop_padding=1,
        training=Training(**training),
    )


@pytest.mark.parametrize("network", ["fc", "allcnn"])
@pytest.mark.parametrize(
    "schedule", [Checkpoints(schedule="log", number=5), EvenCheckpoints(schedule="even", delta=0.03, number=6)]
)
def test_their_predictions_are_recorded_at_the_same_checkpoints(schedule, network, data, tmp_path):
    chosen = configuration(network, augmentation="cropflip", epochs=4, learning_rate=0.05)
    for seeds in ("one_by_one", "together"):
        train(job(chosen, schedule, seeds=seeds), data, tmp_path / seeds)
    alone, together = (PredictionStore(tmp_path / seeds) for seeds in ("one_by_one", "together"))
    assert together.steps.tolist() == alone.steps.tolist() and len(alone.steps) >= 4
    for split in ("train", "test"):
        assert np.array_equal(together.log_probs(split)[:, 0], alone.log_probs(split)[:, 0])
        np.testing.assert_allclose(np.exp(together.log_probs(split)[:]), np.exp(alone.log_probs(split)[:]), atol=0.01)


def test_the_networks_of_a_stack_stay_its_own():
    """Weights and statistics are views of the stack, in the memory format that they had; a stack of them takes over."""
    networks = [
        nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3)).to(memory_format=torch.channels_last) for _ in "ab"
    ]
    before = [[tensor.clone() for tensor in network.state_dict().values()] for network in networks]
    for _ in range(2):
        stack = Stack(networks)
        for network, values in zip(networks, before, strict=True):
            assert all(map(torch.equal, network.state_dict().values(), values))
            assert network[0].weight.is_contiguous(memory_format=torch.channels_last)
        whole = [*stack.weights.values(), *stack.buffers.values()]
        assert all(
            part.data_ptr() == tensor.data_ptr()
            for i, network in enumerate(networks)
            for part, tensor in zip([one[i] for one in whole], network.state_dict().values(), strict=True)
        )


def test_only_networks_of_the_simple_layers_take_the_fast_way():
    chosen = {name: initial_run(configuration(name), 1, torch.zeros(2, 1, 8, 8), 3).network for name in NETWORKS}
    assert [name for name, one in chosen.items() if isinstance(stack_of([one]), FullyConnectedStack)] == ["fc"]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("network", ["fc", "allcnn", "vit"])
def test_lower_precision_is_of_products_alone(network, together, data):
    """Weights stay float32, and so do predictions; bfloat16 keeps 8 bits, so that losses differ in the third digit."""
    chosen = configuration(network, learning_rate=0.002)
    exact = trained(chosen, data, together=together, dtype=torch.float32)
    rough = trained(chosen, data, together=together, training=Training(precision="bfloat16"), dtype=torch.float32)
    assert rough[0].dtype == np.float32
    difference = np.abs(rough[2] / exact[2] - 1)
    assert 1e-5 < difference.max() < 0.03


@pytest.mark.parametrize("optimizer", ["sgdn", "adam"])
def test_float16_scales_the_loss(optimizer, data, monkeypatch):
    """The first scale is too large for these gradients, so that the first steps are skipped, and no memory is read that
    nothing was written to."""
    scalers = []
    monkeypatch.setattr(torch.amp, "GradScaler", lambda device: scalers.append(SCALER(device, 2.0**40)) or scalers[-1])
    chosen = configuration(optimizer=optimizer, epochs=20)
    found, _, losses = trained(
        chosen, data, together=False, training=Training(precision="float16"), dtype=torch.float32
    )
    assert len(scalers) == len(SEEDS) and all(1 < one.get_scale() < 2.0**36 for one in scalers)
    assert np.isfinite(found).all() and losses[-3:].mean() < 0.8 * losses[0]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("optimizer", list(RATES))
def test_a_step_that_is_repeated_in_place_is_the_step(optimizer, together, data, monkeypatch):
    """Everything of CUDA graphs but the graph: rate and inputs in place, a fused optimiser, a smaller last batch."""
    recorded = []

    class Repeated:
        """Calls the step where a graph would repeat it, on the tensors that it was recorded with."""

        def __init__(self, step, inputs):
            self.step, self.inputs = step, tuple(torch.empty_like(part) for part in inputs)
            recorded.append([tuple(part.shape) for part in inputs])

        def __call__(self, inputs):
            for kept, part in zip(self.inputs, inputs, strict=True):
                kept.copy_(part)
            return self.step(self.inputs)

    monkeypatch.setattr("paper.training.graphs.StepGraph", Repeated)
    chosen = configuration("allcnn", optimizer, augmentation="cropflip", epochs=STEPS_BEFORE + 2)
    in_place = trained(chosen, data, together=together, training=Training(cuda_graphs=True), dtype=torch.float32)
    plain = trained(chosen, data, together=together, dtype=torch.float32)
    np.testing.assert_allclose(in_place[2], plain[2], rtol=1e-3)
    np.testing.assert_allclose(np.exp(in_place[0]), np.exp(plain[0]), atol=1e-3)
    sizes = [shape[0][-1] for shape in recorded]
    assert sizes == ([16, 8] if together else [16, 8] * len(SEEDS))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_graphs_without_a_cuda_device_are_refused(device):
    with pytest.raises(DeviceError, match=f"needs a CUDA device, and device: {device} has none here; leave it out"):
        choose_device(device, Training(cuda_graphs=True))


def test_compilation_without_a_compiler_is_refused(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(DeviceError, match="needs a C\\+\\+ compiler"):
        choose_device("cpu", Training(compile=True))


WRONG = [
    (
        {"precision": "half"},
        "training.precision: 'half' is not allowed: it should be 'float32', 'bfloat16' or 'float16'",
    ),
    ({"seeds": "both"}, "training.seeds: 'both' is not allowed: it should be 'one_by_one' or 'together'"),
    ({"compile": 1}, "training.compile: 1 is not allowed: it should be true or false"),
    ({"graphs": True}, "training: unknown key 'graphs'; did you mean 'cuda_graphs'?"),
    ({"cuda_graphs": True}, "training.cuda_graphs needs a CUDA device, and device: cpu has none"),
    ({"precision": "float16", "seeds": "together"}, "precision: float16 does not go with seeds: together"),
    ({"precision": "float16", "cuda_graphs": True}, "precision: float16 does not go with cuda_graphs"),
]


@pytest.mark.parametrize(("training", "said"), WRONG)
def test_a_study_that_cannot_be_computed_so_is_refused_before_any_job(training, said):
    (line,) = complaints(SMOKE | {"training": training, "device": "cpu"})
    assert said in line


def test_a_study_says_how_all_its_networks_are_computed():
    study = read_study(SMOKE | {"training": {"precision": "bfloat16"}})
    corners = study.sections()["corner_initialization"].jobs(study).values()
    jobs = [study.job("main", name) for name in study.configurations("main")]
    assert {one.training for one in (*jobs, *corners)} == {Training(precision="bfloat16")}


class Waits(torch.utils._python_dispatch.TorchDispatchMode):
    """Counts what waits for a GPU: reading a number."""

    def __init__(self):
        super().__init__()
        self.n = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        self.n += operation in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.equal.default)
        return operation(*args, **(kwargs or {}))


@pytest.mark.parametrize("together", [False, True])
def test_no_step_waits_for_a_gpu(together, data, tmp_path):
    """More steps between the same number of checkpoints read no more numbers."""
    found = []
    for epochs in (1, 3):
        chosen = configuration("allcnn", "sgdn", augmentation="cropflip", epochs=epochs, batch_size=10)
        with Waits() as waits:
            one = job(chosen, Checkpoints(schedule="log", number=2), seeds="together" if together else "one_by_one")
            train(one, data, tmp_path / str(epochs))
        found.append(waits.n)
    assert found[0] == found[1] > 0


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("together", [False, True])
def test_a_network_is_compiled_once_for_all_seeds(together, precision, data, monkeypatch):
    """One graph for each shape of a batch, however many the seeds; what it computes is the same."""
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))  # all but making machine code
    settings, dtype = {"precision": precision}, torch.float64 if precision == "float32" else torch.float32
    chosen = configuration("allcnn", augmentation="cropflip")
    compiled = trained(chosen, data, together=together, training=Training(**settings, compile=True), dtype=dtype)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 2
    plain = trained(chosen, data, together=together, training=Training(**settings), dtype=dtype)
    for one, other in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7 if precision == "float32" else 0.02, atol=1e-9)
