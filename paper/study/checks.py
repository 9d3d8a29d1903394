"""Whether the parts of a study fit each other: networks and images, batches and samples, settings and models."""

from __future__ import annotations

from paper.study import files
from paper.study.analysis import FEWEST_CONFIGURATIONS
from paper.study.common import CommonStudy, Experiment
from paper.study.configuration import ConvMixer, Network, VisionTransformerSize, check_batch
from paper.study.dataset import StreamedSet
from paper.study.rooms import Files, rooms

#: Width, depth or any other number of a network.
LARGEST_SIZE = 10_000
#: Of one experiment; distances between so many and 2,000 landmarks take 1.6 GB.
LARGEST_MODELS = 200_000

#: Bounds of tiles of a matrix of distances are multiples of it, so that they are also bounds of the blocks in which
#: matrices are computed: a matrix of tiles has the bits of one that is computed as a whole.
TILE_MODELS = 512


def check_networks(study: CommonStudy) -> None:
    """Whether every network can be built for the study's images.

    Raises
    ------
    ValueError
        If a size is beyond :data:`LARGEST_SIZE`, or patches or kernels are too large for the images.
    """
    for name, network in study.networks.items():
        if study.made_up is None:
            check_network(f"networks.{name}", network, study.dataset.side)


def check_network(key: str, network: Network, side: int) -> None:
    """Whether one network can be built for images of ``side`` pixels; raises ValueError if not."""
    for part, value in network:
        sizes = value if isinstance(value, list) else [value]
        for size in sizes:
            if isinstance(size, int) and size > LARGEST_SIZE:
                raise ValueError(f"{key}.{part}: {size} is too large; allowed: 1 to {LARGEST_SIZE}")
    if isinstance(network, ConvMixer | VisionTransformerSize) and network.patch > side:
        raise ValueError(f"{key}.patch: {network.patch} is larger than the images of {side}×{side} pixels")
    if isinstance(network, ConvMixer):
        patches = side // network.patch
        if network.kernel > 2 * patches - 1:
            raise ValueError(
                f"{key}.kernel: {network.kernel} reaches beyond the {patches}×{patches} patches of an image; "
                f"allowed: odd, up to {2 * patches - 1}"
            )


def check_made_up(study: CommonStudy) -> None:
    """Whether predictions that are made up have labels for it, and the others images; raises ValueError if not."""
    labels_alone = study.dataset is not None and study.dataset.name == "made_up"
    if labels_alone and study.made_up is None:
        raise ValueError(
            "dataset.name: made_up has labels alone; add the section made_up, or name a data set of images"
        )
    if study.made_up is not None:
        if not labels_alone:
            raise ValueError("made_up: its data set has labels alone; set dataset.name to made_up")
        if even := [name for name, one in study.experiments.items() if one.checkpoints.schedule == "even"]:
            raise ValueError(
                f"experiments.{even[0]}.checkpoints.schedule: 'even' follows training; allowed: log, paper"
            )


def check_experiments(study: CommonStudy) -> None:
    """Whether every experiment has what it names, and can be trained.

    Raises
    ------
    ValueError
        If there is no ``main``, a name is kept or not defined, batches, crops or members do not fit, or streamed
        images are asked for what needs them in memory.
    """
    if isinstance(study.dataset, StreamedSet) and study.training.seeds == "together":
        raise ValueError(
            "training.seeds: 'together' needs all images in memory, and those of "
            f"{study.dataset.name} are streamed from disk; allowed: one_by_one"
        )
    if "main" not in study.experiments:
        raise ValueError(f"experiments has no 'main', only: {', '.join(study.experiments) or 'nothing'}")
    for name, experiment in study.experiments.items():
        if isinstance(study.dataset, StreamedSet) and experiment.checkpoints.schedule == "even":
            raise ValueError(
                f"experiments.{name}.checkpoints: even ones look at predictions after many steps, for which images "
                "that are streamed from disk are too slow; allowed: schedule: paper or log"
            )
        if owner := next((room for room, one in rooms().items() if name in one.trains), None):
            raise ValueError(f"experiments.{name}: the name is kept for the notebook {owner}, which trains its own")
        side = study.dataset.side
        if study.made_up is None and experiment.crop_padding > side // 2:
            raise ValueError(
                f"experiments.{name}.crop_padding: {experiment.crop_padding} is more than half of the images of "
                f"{side}×{side} pixels; allowed: 0 to {side // 2}"
            )
        for index, grid in enumerate(experiment.grids):
            key = f"experiments.{name}.grids.{index}"
            for network in grid.network:
                check_defined(f"{key}.network", network, study)
            for batch in grid.batch:
                check_batch(f"{key}.batch: size", batch.size, "n_train", study.epoch_samples)
        study.configurations(name)


def check_images(notebook: str, study: CommonStudy) -> None:
    """Whether a notebook can have the images that it needs; raises ValueError if not."""
    if rooms()[notebook].resident and isinstance(study.dataset, StreamedSet):
        raise ValueError(
            f"notebooks.{notebook}: needs all images in memory, and those of {study.dataset.name} are streamed from "
            "disk; leave the notebook out"
        )


def check_defined(key: str, network: str, study: CommonStudy) -> None:
    """Whether the study has a network of that name; raises ValueError if not."""
    if network not in study.networks:
        raise ValueError(f"{key}: {network!r} is not defined; allowed: {', '.join(study.networks)}")


def check_analysis(study: CommonStudy) -> None:
    """Whether there are not too many models for their distances, and enough for the axes; raises ValueError if not."""
    for name in study.experiments:
        models = n_models(study, name)
        if models > LARGEST_MODELS:
            raise ValueError(
                f"experiments.{name}: its {models} models are too many; allowed: up to {LARGEST_MODELS} models"
            )
        check_landmarks(study, name, models)
        if study.analysis.n_components > models:
            raise ValueError(
                f"analysis.n_components: {study.analysis.n_components} is more than the {models} models of "
                f"experiments.{name} (with P0, P* and the points between them); allowed: 3 to {models}"
            )


def check_landmarks(study: CommonStudy, name: str, models: int) -> None:
    """Whether there are landmarks enough for the axes of an experiment; raises ValueError if not."""
    settings = study.analysis
    fewest = settings.n_components - settings.geodesic_points - 2
    if models > settings.landmarks_above and settings.landmarks < fewest:
        raise ValueError(
            f"analysis.landmarks: {settings.landmarks} are too few for {settings.n_components} axes of the {models} "
            f"models of experiments.{name}; allowed: {fewest} to 20000"
        )


def landmarks_of(study: CommonStudy, experiment: str) -> int:
    """How many models of runs are landmarks of an experiment; 0 where all distances are computed.

    Experiments that a notebook trains itself have all.
    """
    small = experiment not in study.experiments or n_models(study, experiment) <= study.analysis.landmarks_above
    return 0 if small else study.analysis.landmarks


def tiles_of(study: CommonStudy, experiment: str) -> int:
    """Parts of the models of an experiment whose distances are computed in tiles: each of 512 models at least.

    Experiments that a notebook trains itself are one part.
    """
    models = n_models(study, experiment) if experiment in study.experiments else 0
    return min(study.analysis.tiles, max(1, models // TILE_MODELS))


def check_dimension(key: str, reads: Files, study: CommonStudy) -> None:
    """Whether experiments whose dimension a notebook reads have configurations enough; raises ValueError if not."""
    for experiment in study.experiments:
        n_configurations = len(study.configurations(experiment))
        asked = {files.dimension(experiment, split) for split in ("train", "test")} & set(map(str, reads.values()))
        if asked and n_configurations < FEWEST_CONFIGURATIONS:
            raise ValueError(
                f"{key}: the dimension of experiments.{experiment} needs {FEWEST_CONFIGURATIONS} configurations, "
                f"of which one is left out at a time; there are {n_configurations}"
            )


def check_trained(key: str, network: str, study: CommonStudy) -> None:
    """Whether the main experiment trains a network; raises ValueError if not."""
    check_defined(key, network, study)
    trained = {configuration.name for configuration in study.configurations("main").values()}
    if network not in trained:
        raise ValueError(f"{key}: {network!r} is in no grid of experiments.main; allowed: {', '.join(sorted(trained))}")


def n_models(study: CommonStudy, experiment: str) -> int:
    """Models of an experiment that are embedded: checkpoints of all runs, P0, P* and the points between them."""
    settings: Experiment = study.experiments[experiment]
    of_runs = sum(
        len(seeds) * n_checkpoints(settings, one.steps_per_epoch(study.epoch_samples), one.epochs)
        for one, seeds in study.runs(experiment).values()
    )
    return of_runs + study.analysis.geodesic_points + 2


def n_checkpoints(settings: Experiment, steps_per_epoch: int, epochs: int) -> int:
    """Checkpoints of one run; of those even in progress, the most that there can be."""
    if settings.checkpoints.schedule in {"log", "even"}:
        return min(settings.checkpoints.number, steps_per_epoch * epochs + 1)
    return len(settings.checkpoints.steps(steps_per_epoch, epochs))
