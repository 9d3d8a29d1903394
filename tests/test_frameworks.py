"""Recorders in the training loops of Lightning and of Transformers."""

import importlib
import sys

import numpy as np
import pytest
import torch

from inpca import PredictionStore, Recorder

N_CLASSES, N_SAMPLES, BATCH = 3, 24, 8
CHECKPOINTS = {0: 0, 1: 1 / 3, 3: 1}


@pytest.fixture
def samples():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(N_SAMPLES, 5, generator=generator), torch.arange(N_SAMPLES) % N_CLASSES


def check(path, initial, final):
    """A store has the predictions of the network before, during and after training."""
    store = PredictionStore(path)
    recorded = store.log_probs("train")[0]
    assert list(store.steps) == list(CHECKPOINTS)
    assert np.allclose(recorded[0], initial, atol=1e-6) and np.allclose(recorded[-1], final, atol=1e-6)
    assert not np.allclose(recorded[0], recorded[1])


@pytest.fixture
def lightning(tmp_path, monkeypatch):
    """Lightning, and a function that trains a network with dropout, as long as its callbacks tell."""
    framework = pytest.importorskip("lightning", reason="needs pip install 'inpca[lightning]'")
    monkeypatch.chdir(tmp_path)

    class Network(framework.LightningModule):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.Sequential(torch.nn.Dropout(0.2), torch.nn.Linear(5, N_CLASSES))
            self.modes = []

        def forward(self, x):
            return self.layers(x)

        def training_step(self, batch):
            self.modes.append(self.training and self.layers[0].training)
            return torch.nn.functional.cross_entropy(self(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.5)

    def train(samples, callbacks, **settings):
        torch.manual_seed(0)
        network = Network()
        data = torch.utils.data.TensorDataset(*samples)
        loader = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
        settings = dict(max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False) | settings
        settings |= dict(enable_progress_bar=False, enable_model_summary=False, callbacks=callbacks)
        initial = network.eval()(samples[0]).log_softmax(dim=1).detach()
        framework.Trainer(**settings).fit(network.train(), loader)
        return network, initial, network.eval()(samples[0]).log_softmax(dim=1).detach()

    return train


def test_a_callback_of_lightning_records_and_changes_nothing_of_the_training(samples, lightning):
    from inpca.recording.lightning import RecorderCallback

    _, _, undisturbed = lightning(samples, [])
    with Recorder("run.zarr", {"train": samples}, checkpoints=CHECKPOINTS, n_classes=N_CLASSES) as record:
        network, initial, final = lightning(samples, [RecorderCallback(record)])
    check("run.zarr", initial, final)
    assert network.modes == [True] * 3 and torch.equal(final, undisturbed)


def test_a_callback_of_lightning_counts_optimiser_steps_and_knows_its_seed(samples, lightning):
    from inpca.recording.lightning import RecorderCallback

    given = dict(checkpoints={0: 0, 1: 2 / 3, 2: 1}, n_classes=N_CLASSES, seeds=[3, 4])
    with Recorder("run.zarr", {"train": samples}, **given) as record:
        for seed in (3, 4):
            lightning(samples, [RecorderCallback(record, seed=seed)], accumulate_grad_batches=2)
    assert PredictionStore("run.zarr").n_models == 6
    with pytest.raises(TypeError, match=r"must be an inpca.Recorder, not str"):
        RecorderCallback("run.zarr")


def test_a_recorder_in_a_callback_of_transformers(samples, tmp_path):
    transformers = pytest.importorskip("transformers", reason="needs pip install 'inpca[transformers]'")
    pytest.importorskip("accelerate", reason="needs pip install 'inpca[transformers]'")
    from inpca.recording.transformers import RecorderCallback

    tokens = (samples[0] > 0).long() + 2 * (samples[0] > 1).long()

    sizes = dict(vocab_size=4, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    config = transformers.BertConfig(**sizes, num_labels=N_CLASSES, max_position_embeddings=8)
    torch.manual_seed(0)
    network = transformers.BertForSequenceClassification(config).eval()
    rows = [dict(input_ids=row, labels=label) for row, label in zip(tokens, samples[1], strict=True)]
    fixed = torch.utils.data.DataLoader(rows, batch_size=BATCH)
    initial = network(tokens).logits.log_softmax(dim=1).detach()
    settings = dict(per_device_train_batch_size=BATCH, num_train_epochs=1, learning_rate=0.05, report_to="none")
    settings |= dict(use_cpu=True, save_strategy="no", logging_strategy="no", disable_tqdm=True)
    arguments = transformers.TrainingArguments(output_dir=str(tmp_path / "trainer"), **settings)
    with Recorder(tmp_path / "run.zarr", {"train": fixed}, checkpoints=CHECKPOINTS, n_classes=N_CLASSES) as record:
        transformers.Trainer(network, arguments, train_dataset=rows, callbacks=[RecorderCallback(record)]).train()
    assert network.training
    network.eval()
    check(tmp_path / "run.zarr", initial, network(tokens).logits.log_softmax(dim=1).detach())


@pytest.mark.parametrize("framework", ["lightning", "transformers"])
def test_a_callback_says_what_is_not_installed(framework, monkeypatch):
    monkeypatch.setitem(sys.modules, framework, None)
    monkeypatch.setitem(sys.modules, f"{framework}.pytorch", None)
    monkeypatch.delitem(sys.modules, f"inpca.recording.{framework}", raising=False)
    with pytest.raises(ModuleNotFoundError, match=rf"pip install 'inpca\[{framework}\]'"):
        importlib.import_module(f"inpca.recording.{framework}")
