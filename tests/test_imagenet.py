"""ImageNet's folders: listed, checked, read by any number of workers with the same result, and recorded."""

import numpy as np
import pytest
import torch
from conftest import ROOT
from image_files import imagenet_files
from PIL import Image
from torchvision import transforms

from paper.data.datasets import DataError, PreparedData
from paper.data.image_folder import StreamedImages, list_images, load_data
from paper.study.configuration import Configuration
from paper.study.study import ConfigError, read_study
from paper.training.random_streams import random_streams
from paper.training.streamed import DEVIATION, MEAN, Squares, Streamed, recorded_splits

SIZES = dict(side=28, workers=0, n_classes=3, n_train=24, n_test=12, n_recorded=6)
PLAIN = Configuration(
    name="fc",
    network={"kind": "fc", "widths": [4]},
    optimizer="sgd",
    batch_size=10,
    learning_rate=0.1,
    weight_decay=0,
    augmentation="none",
    epochs=2,
)
AUGMENTED = PLAIN.model_copy(update={"augmentation": "cropflip"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return imagenet_files(tmp_path_factory.mktemp("imagenet"))


@pytest.fixture
def own(tmp_path):
    """A folder that a test may change."""
    return imagenet_files(tmp_path / "imagenet", train=2, val=1)


def steps(data, configuration, seed=1):
    source = Streamed(data, torch.device("cpu"), torch.channels_last)
    assert len(source) == 24 and source.images.shape == (0, 3, 28, 28)
    return [source.batch(drawn) for drawn in source.drawn(configuration, random_streams(seed))]


def test_files_are_sorted_and_labelled_by_their_folders(folder):
    data = list_images(folder, **SIZES)
    assert data.classes == ("n01440764", "n01443537", "n01484850")
    assert data.train_files.tolist() == sorted(data.train_files.tolist())
    for files, labels in ((data.train_files, data.train_labels), (data.test_files, data.test_labels)):
        assert [data.classes.index(name.split("/")[1]) for name in files] == labels.tolist()
    assert data.train_labels[data.recorded].tolist() == [0, 1, 2, 0, 1, 2], "classes take turns"
    first = [f"train/{name}/{name}_{i}.JPEG" for i in (0, 1) for name in data.classes]
    assert data.train_files[data.recorded].tolist() == first


def test_the_fingerprint_tells_names_sizes_labels_and_side(own):
    sizes = SIZES | {"n_train": 6, "n_test": 3, "n_recorded": 3}
    first = list_images(own, **sizes).fingerprint
    assert list_images(own, **sizes | {"workers": 3}).fingerprint == first
    assert list_images(own, **sizes | {"side": 32}).fingerprint != first
    one = own / "val/n01440764/n01440764_0.JPEG"
    found = {first}
    one.write_bytes(one.read_bytes() + b" ")  # another size
    found.add(list_images(own, **sizes).fingerprint)
    one.rename(one.with_name("other.JPEG"))  # another name
    found.add(list_images(own, **sizes).fingerprint)
    one.with_name("other.JPEG").rename(own / "val/n01443537/other.JPEG")  # another label, and a class less
    (own / "val/n01443537/n01443537_0.JPEG").rename(own / "val/n01440764/moved.JPEG")
    found.add(list_images(own, **sizes).fingerprint)
    assert len(found) == 4


def test_the_list_survives_the_file(folder, tmp_path):
    data = list_images(folder, **SIZES)
    data.save(tmp_path / "data.npz")
    loaded = load_data(tmp_path / "data.npz")
    assert isinstance(loaded, StreamedImages) and loaded.summary() == data.summary()
    for name in ("train_files", "train_labels", "test_files", "test_labels", "recorded"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(data, name))
    content = (tmp_path / "data.npz").read_bytes()
    for damaged in (b"", content[:500], content[:300] + b"\xff" * 40 + content[340:]):
        (tmp_path / "data.npz").write_bytes(damaged)
        with pytest.raises(DataError, match=r"data\.npz is no prepared data set .*; delete it and run again"):
            load_data(tmp_path / "data.npz")


def test_prepared_data_are_loaded_by_the_same_door(tmp_path):
    from paper.data.preparation import prepare

    prepare("digits", tmp_path, n_train=20, n_test=10, pool=4, normalize=True).save(tmp_path / "data.npz")
    assert isinstance(load_data(tmp_path / "data.npz"), PreparedData)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_image_that_cannot_be_read_is_named_on_one_line(own, workers):
    broken = own / "train/n01443537/n01443537_1.JPEG"
    sizes = {"workers": workers, "n_train": 6, "n_test": 3, "n_recorded": 6}
    for content, why in ((b"no image", "cannot identify"), (broken.read_bytes()[:300], "[Tt]runcated|broken")):
        broken.write_bytes(content)
        data = list_images(own, **SIZES | sizes)
        with pytest.raises(DataError, match=rf"^{broken} cannot be read as an image \(.*({why}).*\); copy it again$"):
            list(recorded_splits(data)["train"])


def test_an_image_is_what_torchvisions_transforms_make_of_it(folder):
    data = list_images(folder, **SIZES)
    squares = Squares(data, data.test_files, data.test_labels)
    with Image.open(folder / data.test_files[5]) as image:
        small = transforms.CenterCrop(28)(transforms.Resize(32)(image))
        inputs, label = squares[5]
        expected = (transforms.ToTensor()(small) - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[
            :, None, None
        ]
    torch.testing.assert_close(inputs, expected)
    assert label == data.test_labels[5]


def test_batches_depend_neither_on_workers_nor_on_other_random_numbers(folder):
    with torch.random.fork_rng():
        one = steps(list_images(folder, **SIZES), AUGMENTED)
        before = torch.get_rng_state()
        two = steps(list_images(folder, **SIZES | {"workers": 3}), AUGMENTED)
        assert torch.equal(torch.get_rng_state(), before), "no random number of torch's own is taken"
    assert len(one) == AUGMENTED.n_steps(24) == 6 and one[0][0].is_contiguous(memory_format=torch.channels_last)
    for (images, labels), (same, alike) in zip(one, two, strict=True):
        assert torch.equal(images, same) and torch.equal(labels, alike)
    other = steps(list_images(folder, **SIZES), AUGMENTED, seed=2)
    assert not torch.equal(other[0][1], one[0][1])


def test_every_epoch_has_every_image_and_augmentation_changes_images_not_their_order(folder):
    data = list_images(folder, **SIZES)
    plain, augmented = steps(data, PLAIN), steps(data, AUGMENTED)
    squares = Squares(data, data.train_files, data.train_labels)
    whole = {squares[i][0].numpy().tobytes() for i in range(24)}
    for epoch in (plain[:3], plain[3:]):
        assert {image.contiguous().numpy().tobytes() for images, _ in epoch for image in images} == whole
    assert torch.equal(torch.cat([y for _, y in plain]), torch.cat([y for _, y in augmented]))
    assert not torch.equal(plain[0][0], augmented[0][0])


def test_the_order_is_that_of_images_in_memory(folder):
    from paper.training.batches import Resident

    data = list_images(folder, **SIZES)
    resident = Resident(torch.arange(24.0), torch.tensor(data.train_labels))
    theirs = [resident.batch(drawn)[1] for drawn in resident.drawn(PLAIN, random_streams(1))]
    assert all(torch.equal(ours, other) for (_, ours), other in zip(steps(data, PLAIN), theirs, strict=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": {"n_recorded": 1500}}, "dataset: n_recorded 1500 is not a multiple of the 1000 classes"),
        ({"dataset": {"n_recorded": 2_000_000}}, "dataset: n_recorded 2000000 is more than n_train 1281167"),
        ({"dataset": {"workers": -1}}, "dataset.workers: -1 is not allowed: it should be greater than or equal to 0"),
        ({"dataset": {"side": 8}}, "networks.vit_s.patch: 16 is larger than the images of 8×8 pixels"),
        ({"dataset": {"pool": 2}}, "dataset: unknown key 'pool'; .*allowed: name, folder, side, workers"),
        (
            {"notebooks": {"schematic": {}}},
            "notebooks.schematic: needs all images in memory, .* leave the notebook out",
        ),
        (
            {"experiments": {"main": {"checkpoints": {"schedule": "even", "delta": 0.1, "number": 9}}}},
            "experiments.main.checkpoints: even ones look at predictions after many steps, .* allowed: schedule: paper",
        ),
        (
            {"training": {"seeds": "together"}},
            "training.seeds: 'together' needs all images in memory, .* of imagenet are streamed.* allowed: one_by_one",
        ),
        ({"store": "float8"}, "store: 'float8' is not allowed: it should be 'float32' or 'float16'"),
    ],
)
def test_a_wrong_study_of_streamed_images_is_said_so(changes, message):
    with pytest.raises(ConfigError, match=message):
        read_study(ROOT / "config/imagenet.yaml", changes=changes)
