# What rules need to know of the study: jobs, stores, distances, and the notebooks with what each reads and writes.


def training_job(wildcards):
    """One configuration with its seeds, as JSON."""
    return study.job(wildcards.experiment, wildcards.configuration).model_dump_json()


def stores(wildcards):
    """Prediction stores of an experiment, in the order of its configurations."""
    folder = f"{RESULTS}/predictions/{wildcards.experiment}"
    return [
        f"{folder}/{configuration}.zarr"
        for configuration in study.configurations(wildcards.experiment)
    ]


def embedded_distances(wildcards):
    """The distances that an embedding is made from; a joint embedding averages those of both splits."""
    splits = (
        ["train", "test"] if wildcards.embedding == "joint" else [wildcards.embedding]
    )
    return [
        f"{RESULTS}/distances/{wildcards.experiment}/{split}.npy" for split in splits
    ]


def main_geometry(split):
    """Model table, distances and embedding of the main experiment on one split."""
    return dict(
        models=f"{RESULTS}/distances/main/models.parquet",
        distances=f"{RESULTS}/distances/main/{split}.npy",
        embedding=f"{RESULTS}/embeddings/main/{split}.nc",
    )


def synthetic_dataset(wildcards):
    """The synthetic data set of one spectrum, as JSON."""
    decay = study.synthetic.spectra[wildcards.spectrum]
    return study.synthetic.dataset(decay).model_dump_json()


def synthetic_files(folder, suffix):
    """One file for each spectrum of the synthetic data, by its name."""
    return [
        f"{RESULTS}/synthetic/{folder}/{spectrum}.{suffix}"
        for spectrum in study.synthetic.spectra
    ]


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

# One entry for each notebook: files it reads, figures and interactive pages it writes, analysis settings it takes.
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
}
if not study.dataset:
    NOTEBOOKS = {
        name: entry for name, entry in NOTEBOOKS.items() if not entry["inputs"]
    }
if study.synthetic:
    NOTEBOOKS["sloppy_synthetic"] = dict(
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
    )


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
