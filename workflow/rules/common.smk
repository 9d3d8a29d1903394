# What rules need to know of the study: jobs, stores, distances, and the notebooks with what each reads and writes.


def here(name):
    """A file of the project, as seen from the working folder."""
    return name if PROJECT.samefile(os.curdir) else str(PROJECT / name)


def library_modules(name):
    """A script or notebook of the project and the modules of the library that it needs, as seen from here."""
    return [here(file) for file in modules.library_modules(name)]


def one_of(names):
    """Pattern of a wildcard that has one of some values."""
    return "|".join(map(re.escape, names)) or "(?!)"


# A file that a study does not have is said to be one that no rule makes.
CONFIGURATIONS = [study.configurations(name) for name in study.experiments]
CONFIGURATIONS += [study.synthetic.configurations()] if study.synthetic else []


wildcard_constraints:
    experiment=one_of([*study.experiments, "corners"]),
    configuration=one_of(dict.fromkeys(name for ids in CONFIGURATIONS for name in ids)),
    start=one_of(study.corner_jobs()),
    spectrum=one_of(study.synthetic.spectra if study.synthetic else []),


def training_job(wildcards):
    """One configuration with its seeds, as JSON."""
    return study.job(wildcards.experiment, wildcards.configuration).model_dump_json()


def corner_job(wildcards):
    """One start, normal or a corner, with its seeds, as JSON."""
    return study.corner_jobs()[wildcards.start].model_dump_json()


def experiment_stores(experiment):
    """Prediction stores of an experiment, in the order of its configurations."""
    names = (
        study.corner_jobs()
        if experiment == "corners"
        else study.configurations(experiment)
    )
    return [f"{RESULTS}/predictions/{experiment}/{name}.zarr" for name in names]


def stores(wildcards):
    """Prediction stores of the experiment that a rule's wildcard names."""
    return experiment_stores(wildcards.experiment)


# What the name of a file of distances, or of an embedding, adds for a metric other than Bhattacharyya.
OTHER_METRIC = "(_(spherical|jeffreys|euclidean|hellinger))?"


def metric(wildcards):
    """The metric of a file of distances."""
    return wildcards.metric.removeprefix("_") or "bhattacharyya"


def embedded_distances(wildcards):
    """The distances that an embedding is made from; a joint embedding averages those of both splits."""
    splits = (
        ["train", "test"] if wildcards.embedding == "joint" else [wildcards.embedding]
    )
    return [
        f"{RESULTS}/distances/{wildcards.experiment}/{split}.npy" for split in splits
    ]


def other_experiments():
    """Stores, model table, distances and embeddings of experiments that no notebook reads."""
    return [
        f"{RESULTS}/{file}"
        for name in study.experiments
        if name not in ("main", "ensembles")
        for file in (
            f"distances/{name}/models.parquet",
            *(f"embeddings/{name}/{view}.nc" for view in ("train", "test", "joint")),
        )
    ]


def main_geometry(split):
    """Model table, distances and embedding of the main experiment on one split."""
    return dict(
        models=f"{RESULTS}/distances/main/models.parquet",
        distances=f"{RESULTS}/distances/main/{split}.npy",
        embedding=f"{RESULTS}/embeddings/main/{split}.nc",
    )


def main_trajectories():
    """Model table and trajectories of the main experiment on both splits."""
    return dict(
        models=f"{RESULTS}/distances/main/models.parquet",
        train=f"{RESULTS}/trajectories/main/train.nc",
        test=f"{RESULTS}/trajectories/main/test.nc",
    )


BOOTSTRAP = ["bootstrap_draws", "bootstrap_seed"]


def synthetic_dataset(wildcards):
    """The synthetic data set of one spectrum, as JSON."""
    spectrum = study.synthetic.spectra[wildcards.spectrum]
    return study.synthetic.dataset(spectrum).model_dump_json()


def synthetic_files(folder, suffix):
    """One file for each spectrum of the synthetic data, by its name."""
    return [
        f"{RESULTS}/synthetic/{folder}/{spectrum}.{suffix}"
        for spectrum in (study.synthetic.spectra if study.synthetic else [])
    ]


# What a forest learns of factors is judged on three configurations that it has not seen; ten axes need ten runs.
N_CONFIGURATIONS = len(study.configurations("main")) if study.dataset else 0
N_RUNS = N_CONFIGURATIONS and N_CONFIGURATIONS * len(study.experiments["main"].seeds)

MANIFOLD_FIGURES = [
    "manifold_3d",
    "pairs",
    "loss_error",
    "spread",
    "outliers",
    "spectrum",
]
MANIFOLD_SETTINGS = [
    "spread_points",
    "spread_radius",
    "outlier_distance",
    "fitted_error",
]

# One entry for each notebook: files it reads, figures and interactive pages it writes, analysis settings it takes, and
# what a study needs for it (a data set and the main experiment unless said).
NOTEBOOKS = {
    "schematic": dict(
        inputs=dict(dataset=f"{RESULTS}/dataset.npz"),
        figures=["schematic"],
        pages=[],
        settings=[],
    ),
    "main_manifold": dict(
        inputs=main_geometry("train"),
        figures=[*MANIFOLD_FIGURES, "final_errors"],
        pages=["manifold_3d"],
        settings=MANIFOLD_SETTINGS,
    ),
    "test_embedding": dict(
        inputs=main_geometry("test")
        | dict(joint_embedding=f"{RESULTS}/embeddings/main/joint.nc"),
        figures=[*MANIFOLD_FIGURES, "joint"],
        pages=["manifold_3d"],
        settings=MANIFOLD_SETTINGS,
    ),
    "trajectories": dict(
        needs=N_CONFIGURATIONS >= 9 and N_RUNS >= 10,
        inputs=main_trajectories(),
        figures=["map", "spectrum", "dendrogram", "factors", "null", "tube"],
        pages=[],
        settings=["fitted_error", *BOOTSTRAP, "importance_splits"],
    ),
    "network_size": dict(
        needs=bool(study.analysis.network_sizes),
        inputs=main_trajectories(),
        figures=["same_path", "progress", "progress_error"],
        pages=[],
        settings=["network_sizes", "progress_levels", "fitted_error", *BOOTSTRAP],
    ),
    "ensembles": dict(
        needs="ensembles" in study.experiments,
        inputs=dict(
            train=f"{RESULTS}/ensembles/ensembles/train.nc",
            test=f"{RESULTS}/ensembles/ensembles/test.nc",
            final_train=f"{RESULTS}/ensembles/main/final_train.parquet",
            final_test=f"{RESULTS}/ensembles/main/final_test.parquet",
        ),
        figures=["paths", "scores", "final", "harmonic_gain"],
        pages=[],
        settings=BOOTSTRAP,
    ),
    "tangent_embeddings": dict(
        inputs=dict(
            models=f"{RESULTS}/distances/main/models.parquet",
            tangents_train=f"{RESULTS}/tangents/main/train.nc",
            tangents_test=f"{RESULTS}/tangents/main/test.nc",
        ),
        figures=[
            "manifold_3d",
            "pairs",
            "architectures_3d",
            "architecture_pairs",
            "explained",
            "drawn_pairs",
            "places",
        ],
        pages=[],
        settings=[],
    ),
    "distances": dict(
        needs=N_RUNS >= 2,
        inputs=main_geometry("train")
        | dict(
            other_distances=[
                f"{RESULTS}/distances/main/train_{other}.npy"
                for other in study.analysis.other_metrics
            ],
            other_embeddings=[
                f"{RESULTS}/embeddings/main/train_{other}.nc"
                for other in study.analysis.other_metrics
            ],
            neighbours=f"{RESULTS}/embeddings/main/train_neighbours.nc",
            subsets=f"{RESULTS}/distances/main/train_subsets.parquet",
        ),
        figures=["metrics", "hellinger", "weighted", "pictures", "kept", "subsets"],
        pages=[],
        settings=["other_metrics", "progress_bins", "umap_neighbours"],
    ),
    "corner_initialization": dict(
        needs=study.corners is not None,
        inputs=dict(
            models=f"{RESULTS}/distances/corners/models.parquet",
            runs=f"{RESULTS}/distances/corners/runs.parquet",
            paths=f"{RESULTS}/distances/corners/paths.nc",
            train_distances=f"{RESULTS}/distances/corners/train.npy",
            test_distances=f"{RESULTS}/distances/corners/test.npy",
            train_embedding=f"{RESULTS}/embeddings/corners/train.nc",
            test_embedding=f"{RESULTS}/embeddings/corners/test.nc",
        ),
        figures=[
            "manifold_3d_train",
            "manifold_3d_test",
            "pairs_train",
            "pairs_test",
            "approach",
            "final_errors",
            "explained_stress",
        ],
        pages=[],
        settings=[],
    ),
    "sloppy_synthetic": dict(
        needs=study.synthetic is not None,
        inputs=dict(
            data=synthetic_files("data", "npz"),
            models=synthetic_files("models", "parquet"),
            dimensions=synthetic_files("dimensions", "nc"),
            sweep=f"{RESULTS}/synthetic/sweep.nc",
        ),
        figures=[
            "variances",
            "manifolds",
            "spectra",
            "stress",
            "participation",
            "sweep",
            "errors",
        ],
        pages=[],
        settings=["fitted_error"],
    ),
}
# A study has the notebooks that it has the runs and settings for.
NOTEBOOKS = {
    name: entry
    for name, entry in NOTEBOOKS.items()
    if entry.get("needs", study.dataset is not None)
}


def figure_files(name):
    """All files that a notebook writes into its figures folder."""
    figures = [
        f"{figure}.{suffix}"
        for figure in NOTEBOOKS[name]["figures"]
        for suffix in ("pdf", "png")
    ]
    pages = [f"{page}.html" for page in NOTEBOOKS[name]["pages"]]
    return [
        f"{FIGURES}/{name}/{file}"
        for file in [*figures, *pages, *(["plotly.min.js"] if pages else [])]
    ]


def notebook_parameters(name):
    """Parameters of a notebook, by the names that its parameters cell declares, as JSON."""
    settings = study.analysis.model_dump(include=set(NOTEBOOKS[name]["settings"]))
    places = dict(figures=f"{FIGURES}/{name}", metrics=f"{RESULTS}/metrics/{name}.json")
    return json.dumps(NOTEBOOKS[name]["inputs"] | settings | places)


def notebook_targets():
    """Rendered notebooks and figures of all notebooks."""
    documents = [f"{RESULTS}/notebooks/{name}.html" for name in NOTEBOOKS]
    return [*documents, *(file for name in NOTEBOOKS for file in figure_files(name))]
