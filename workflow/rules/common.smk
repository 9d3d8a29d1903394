# What rules need to know of the study: its jobs and stores, the names of files, what each notebook reads and writes.

from snakemake.io import sourcecache_entry


def here(name):
    """A file of the project, as seen from the working folder; storage that holds what jobs make does not hold it."""
    path = name if PROJECT.samefile(os.curdir) else str(PROJECT / name)
    return sourcecache_entry(path, path)


def library_modules(name):
    """A job or notebook of the project and the modules of the project that it needs, as seen from here."""
    return [here(file) for file in modules.library_modules(name)]


def one_of(names):
    """Pattern of a wildcard that has one of some values."""
    return "|".join(map(re.escape, names)) or "(?!)"


# What rules ask a cluster for: of those that read and write small files, and of those that compare all models of an experiment.
LIGHT = needs.asked(needs.light())
RUNS = needs.runs_of_stores(study)


def models_of(experiment):
    """Models of an experiment that are embedded; where there are landmarks, as many as have so many distances."""
    models = needs.models_of(RUNS[experiment].values(), study.analysis.geodesic_points)
    landmarks = landmarks_of(study, experiment)
    return models._replace(
        number=round((models.number * landmarks) ** 0.5) or models.number
    )


def compares(**times):
    return needs.asked(
        lambda wildcards: needs.comparison(models_of(wildcards.experiment), **times)
    )


def threads_of_table(wildcards):
    """All that reads the models of an experiment waits for its table."""
    return needs.threads_of_table(needs.models_of(RUNS[wildcards.experiment].values()))


def threads_of_distances(wildcards):
    """Each model is read once, and compared with all others, or with the landmarks, once."""
    return needs.threads(models_of(wildcards.experiment), rounds=1, minutes=1)


def threads_of_dimension(wildcards):
    """A sample of models is compared, and its nulls: as they are, between runs, and under other schedules."""
    models = needs.at_most(
        models_of(wildcards.experiment), study.analysis.dimension_models
    )
    return needs.threads(models, rounds=3 * (2 + study.analysis.null_draws), minutes=10)


def threads_of_trajectories(wildcards):
    """Runs are compared at 100 values of progress, with each other and with their nulls."""
    experiment = wildcards.experiment
    n_runs = sum(runs.n_runs for runs in RUNS[experiment].values())
    return needs.threads(
        models_of(experiment)._replace(number=n_runs), rounds=200, minutes=10
    )


STORES = study.stores()


# A file that a study does not have is said to be one that no rule makes.
wildcard_constraints:
    experiment=one_of(STORES),
    configuration=one_of(
        dict.fromkeys(id for name in study.experiments for id in STORES[name])
    ),


def training_job(wildcards):
    """One configuration with its seeds, as JSON."""
    return study.job(wildcards.experiment, wildcards.configuration).model_dump_json()


def experiment_stores(experiment):
    """Prediction stores of an experiment, in the order of its configurations."""
    return [
        f"{RESULTS}/predictions/{experiment}/{name}.zarr" for name in STORES[experiment]
    ]


def stores(wildcards):
    """Prediction stores of the experiment that a rule's wildcard names."""
    return experiment_stores(wildcards.experiment)


# Prepared data and what training makes of them, to which rules that train add theirs: the rest of a study is made from it
# without training.
TRAINED = []


def study_as_text(wildcards):
    """The configuration of the study as one file, with the settings of the command line in it."""
    from paper.archive.contents import study_text

    return study_text(study_file, workflow.config_settings.config)


def archive_record():
    """Which archive the predictions of the study came from, if they did."""
    record = f"{RESULTS}/archive.json"
    return [record] if os.path.isfile(record) else []


# What the name of a file of distances, or of an embedding, adds for a metric other than Bhattacharyya.
OTHER_METRIC = "(_(spherical|jeffreys|euclidean|hellinger))?"


# What the name adds for a sample of whole runs, where an experiment has more models than distances between all.
PART = f"({files.SAMPLE})?"


def part(wildcards):
    """Which distances of an experiment a file has: of all models, to landmarks, or those of a sample of whole runs."""
    landmarks = landmarks_of(study, wildcards.experiment)
    if wildcards.part:
        return json.dumps({"of": "sample", "models": study.analysis.sample_models})
    return json.dumps(
        {"of": "landmarks", "models": landmarks} if landmarks else {"of": "all"}
    )


def metric(wildcards):
    """The metric of a file of distances."""
    return wildcards.metric.removeprefix("_") or "bhattacharyya"


# Parts of a matrix of distances, where it is computed in several jobs.
TILED = f"{RESULTS}/distances/{{experiment}}/tiles/{{split}}{{metric}}"


def tiles(wildcards):
    """Tiles of a matrix, in the order of their parts."""
    parts = range(tiles_of(study, wildcards.experiment))
    return expand(
        [f"{TILED}/{row}-{column}.npy" for row in parts for column in parts[row:]],
        **{
            name: getattr(wildcards, name) for name in ("experiment", "split", "metric")
        },
    )


def embedded_distances(wildcards):
    """The distances that an embedding is made from; a joint embedding averages those of both splits."""
    splits = (
        ["train", "test"] if wildcards.embedding == "joint" else [wildcards.embedding]
    )
    return [
        f"{RESULTS}/{files.distances(wildcards.experiment, split)}" for split in splits
    ]


def whole_distances(wildcards):
    """Distances between all models of an experiment, or between those of a sample where there are landmarks."""
    sample = landmarks_of(study, wildcards.experiment) > 0
    return f"{RESULTS}/{files.distances(wildcards.experiment, wildcards.split, sample=sample)}"


def in_results(names):
    """Files of the results folder, by the parameters of a notebook that reads them."""
    return {
        parameter: (
            [f"{RESULTS}/{name}" for name in given]
            if isinstance(given, list)
            else f"{RESULTS}/{given}"
        )
        for parameter, given in names.items()
    }


# The notebooks that the study has: what each says of itself, its settings, and the files it reads.
NOTEBOOKS = {name: rooms()[name] for name in study.sections()}
READ = {
    name: in_results(room.reads(study, study.sections()[name]))
    for name, room in NOTEBOOKS.items()
}


def described_files(name):
    """Beside each matrix of distances that a notebook reads, which models it is of."""
    read = [
        [given] if isinstance(given, str) else given for given in READ[name].values()
    ]
    return [
        files.described(file)
        for given in read
        for file in given
        if file.endswith(".npy")
    ]


def claims_files(name):
    """Claims of a notebook, and the paper's numbers that they name."""
    return [here(file) for file in modules.claims_files(name)]


def figure_files(name):
    """All files that a notebook writes into its figures folder."""
    return [f"{FIGURES}/{name}/{file}" for file in NOTEBOOKS[name].written()]


def reported_figures(name):
    """The same; pictures are marked for snakemake --report, in a category for each notebook, in the order of reading."""
    category = captions.category(NOTEBOOKS[name].place, name)

    def reported(file):
        marks = dict(category=category, labels=captions.labels(file))
        return report(file, caption="../report/figure.rst", **marks)

    files = figure_files(name)
    return [reported(file) if file.endswith(".png") else file for file in files]


def before_and_after(name):
    """The notebooks of the study that are read before and after this one, all in a ring."""
    names = list(NOTEBOOKS)
    at = names.index(name)
    return names[at - 1], names[(at + 1) % len(names)]


def notebook_parameters(name):
    """Parameters of a notebook, by the names that its parameters cell declares, as JSON."""
    settings = NOTEBOOKS[name].parameters(study, study.sections()[name])
    places = dict(
        figures=f"{FIGURES}/{name}",
        numbers_file=f"{RESULTS}/numbers/{name}.json",
        claims_file=claims_files(name)[0],
    )
    if workflow.storage_settings.default_storage_provider is None:
        return json.dumps(READ[name] | settings | places)

    def fetched(wildcards, input, output):
        # files in object storage have other names here; that settings changed is then not noticed
        read = {
            key: input[key] if isinstance(given, str) else list(input[key])
            for key, given in READ[name].items()
        }
        written = dict(
            figures=os.path.dirname(output.figures[0]), numbers_file=output.numbers
        )
        return json.dumps(read | settings | places | written)

    return fetched


def of_notebook(name):
    """What a notebook asks a cluster for; it may read all distances of an experiment."""
    read = json.dumps(READ[name])
    sizes = [models_of(one) for one in RUNS if f"/{one}/" in read]
    return (
        needs.asked(needs.comparison(max(sizes), tables=0, rounds=0))
        if sizes
        else LIGHT
    )


def notebook_targets():
    """Rendered notebooks and figures of all notebooks."""
    documents = [f"{RESULTS}/notebooks/{name}.html" for name in NOTEBOOKS]
    return [*documents, *(file for name in NOTEBOOKS for file in figure_files(name))]


def explorer_page():
    """The page to look around in the main experiment, if the study has one."""
    return [f"{FIGURES}/explorer.html"] if "main" in study.experiments else []


def other_experiments():
    """Model table, distances and embeddings of the study's experiments that no notebook reads."""
    read = json.dumps(READ)
    return [
        f"{RESULTS}/{file}"
        for name in study.experiments
        if f"/{name}/" not in read
        for file in (
            files.models(name),
            *(files.embedding(name, view) for view in ("train", "test", "joint")),
        )
    ]
