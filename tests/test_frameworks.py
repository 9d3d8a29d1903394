"""Recorders in the training loops of Lightning and of Transformers: two methods of a callback."""

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


def test_a_recorder_in_a_callback_of_lightning(samples, tmp_path, monkeypatch):
    lightning = pytest.importorskip("lightning", reason="needs pip install 'inpca[lightning]'")
    monkeypatch.chdir(tmp_path)

    class Network(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(5, N_CLASSES)

        def forward(self, x):
            return self.layer(x)

        def training_step(self, batch):
            return torch.nn.functional.cross_entropy(self(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.5)

    class Record(lightning.Callback):
        def on_train_start(self, trainer, module):
            record(module, 0)

        def on_train_batch_end(self, trainer, module, *_):
            record(module, trainer.global_step)

    network = Network()
    initial = network(samples[0]).log_softmax(dim=1).detach()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*samples), batch_size=BATCH, shuffle=True)
    settings = dict(max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False)
    settings |= dict(enable_progress_bar=False, enable_model_summary=False, callbacks=[Record()])
    with Recorder("run.zarr", {"train": samples}, checkpoints=CHECKPOINTS, n_classes=N_CLASSES) as record:
        lightning.Trainer(**settings).fit(network, loader)
    check("run.zarr", initial, network(samples[0]).log_softmax(dim=1).detach())


def test_a_recorder_in_a_callback_of_transformers(samples, tmp_path):
    transformers = pytest.importorskip("transformers", reason="needs pip install 'inpca[transformers]'")
    pytest.importorskip("accelerate", reason="needs pip install 'inpca[transformers]'")
    tokens = (samples[0] > 0).long() + 2 * (samples[0] > 1).long()

    class Record(transformers.TrainerCallback):
        def on_train_begin(self, args, state, control, model, **_):
            record(model, 0)

        def on_step_end(self, args, state, control, model, **_):
            record(model, state.global_step)

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
        transformers.Trainer(network, arguments, train_dataset=rows, callbacks=[Record()]).train()
    network.eval()
    check(tmp_path / "run.zarr", initial, network(tokens).logits.log_softmax(dim=1).detach())
