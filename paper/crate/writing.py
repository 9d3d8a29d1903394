"""Write a study, its workflow and its results into one zip file with the metadata of a Workflow Run RO-Crate."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from inpca.files import atomic, sha256
from paper.archive.contents import described
from paper.archive.record import origin
from paper.crate import entities as of
from paper.crate.entities import Entity, identifier, reference
from paper.study.study import Study

#: Of the project, what the workflow needs to run.
FOLDERS = ("inpca", "paper", "workflow", "notebooks", "envs")
FILES = ("Snakefile", "Makefile", "pyproject.toml", "LICENSE", "CITATION.cff", "REUSE.toml", "README.md")
NOT_CODE = ("__pycache__",)
#: Where data sets of images are described.
IMAGES = {
    "fashion_mnist": "https://github.com/zalandoresearch/fashion-mnist",
    "digits": "https://scikit-learn.org/stable/modules/generated/sklearn.datasets.load_digits.html",
}
#: The only time of files in the crate, so that the same content gives the same bytes.
NO_TIME = (1980, 1, 1, 0, 0, 0)
CONFIGURATION = "#configfile"


@dataclass(frozen=True)
class Run:
    """What a crate is made of.

    Attributes
    ----------
    study : Study
    text : str
        Its configuration, as YAML.
    project : Path
        Folder of the workflow.
    rule_files : list of str
        Of the workflow, relative to the project.
    results, figures : Path
        Of the study.
    agent : str, optional
        Who ran it.
    """

    study: Study
    text: str
    project: Path
    rule_files: list[str]
    results: Path
    figures: Path
    agent: str | None = None

    @property
    def configuration(self) -> str:
        """Name of the configuration in the crate."""
        return f"config/{self.study.study}.yaml"

    def result_files(self) -> dict[str, Path]:
        """Files that the run gave, by their names in the crate."""
        kinds = ("numbers/*.json", "notebooks/*.ipynb", "notebooks/*.html", "claims.*", "provenance.json")
        paths = [path for kind in kinds for path in self.results.glob(kind)]
        paths += [path for path in self.figures.rglob("*") if path.is_file()]
        names = {self.results: f"results/{self.study.study}", self.figures: f"figures/{self.study.study}"}
        found = {f"{names[top]}/{path.relative_to(top).as_posix()}": path for path in paths for top in names if top in path.parents}
        return dict(sorted(found.items()))

    def code_files(self) -> dict[str, Path]:
        """Files of the project that the workflow runs with, by their names in the crate."""
        paths = [self.project / name for name in FILES if (self.project / name).is_file()]
        for folder in FOLDERS:
            paths += [path for path in (self.project / folder).rglob("*") if path.is_file() and not set(NOT_CODE) & set(path.parts)]
        return {path.relative_to(self.project).as_posix(): path for path in sorted(paths)}

    def benchmark_files(self) -> dict[str, Path]:
        """Time and memory of every job, as Snakemake measured them, by their names in the crate."""
        folder = self.results / "benchmarks"
        top = f"results/{self.study.study}/benchmarks"
        return {f"{top}/{path.relative_to(folder).as_posix()}": path for path in sorted(folder.rglob("*.tsv"))}

    def times(self) -> tuple[str | None, str]:
        """When the first job began, if its benchmark is there, and when the last result was written."""
        began = [path.stat().st_mtime - seconds(path) for path in self.benchmark_files().values()]
        ended = max(path.stat().st_mtime for path in self.result_files().values())
        return (moment(min(began)) if began else None), moment(ended)


def seconds(benchmark: Path) -> float:
    """How long a job took, of a benchmark of Snakemake."""
    header, values = (line.split("\t") for line in benchmark.read_text(encoding="utf-8").splitlines()[:2])
    return float(dict(zip(header, values, strict=False))["s"])


def moment(timestamp: float) -> str:
    """A time in ISO 8601, to the second."""
    return datetime.fromtimestamp(int(timestamp), UTC).isoformat()


def write_crate(output: str | Path, run: Run) -> list[Entity]:
    """Write the crate of a study; the same files and times give the same bytes.

    Parameters
    ----------
    output : path
        Name of the zip file.
    run : Run

    Returns
    -------
    list of dict
        The entities of its metadata file.
    """
    results, benchmarks = run.result_files(), run.benchmark_files()
    contents: dict[str, bytes | Path] = {**run.code_files(), **results, **benchmarks}
    contents[run.configuration] = run.text.encode()
    graph = entities(run, {name: described(content) for name, content in contents.items()})
    text = json.dumps({"@context": of.CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"
    contents[of.METADATA] = text.encode()
    with atomic(output) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as crate:
        for name in sorted(contents, key=lambda name: (name != of.METADATA, name)):
            content = contents[name]
            data = content.read_bytes() if isinstance(content, Path) else content
            crate.writestr(zipfile.ZipInfo(name, NO_TIME), data, zipfile.ZIP_DEFLATED)
    return graph


def entities(run: Run, sizes: Mapping[str, dict]) -> list[Entity]:
    """All entities of a crate whose files have these sizes and checksums."""
    rules, cited = of.licences(run.project), of.citation(run.project)
    authors, software = of.author_entities(cited), of.software_entities()
    agents = [of.agent_entity(run.agent)] if run.agent else []
    results = list(run.result_files())
    files = {name: of.licence_of(name, rules) for name in [*run.rule_files, *results]}
    folders = list(folder_entities(run))
    inputs, predictions = input_entities(run), predictions_entity(run)
    described_files = [of.file_entity(name, sizes[name], licence) for name, licence in files.items()]
    for entity in described_files[: len(run.rule_files)]:
        entity["@type"] = ["File", "SoftwareSourceCode"]
    workflow = workflow_entity(run, sizes, cited, [*authors, *software])
    configuration = of.file_entity(
        run.configuration, sizes[run.configuration], of.licence_of(run.configuration, rules), exampleOfWork=reference(CONFIGURATION)
    )
    action = action_entity(run, [configuration, *inputs], [*map(identifier, results), *(one["@id"] for one in predictions)], agents)
    parts = [workflow, configuration, *described_files, *folders]
    return [
        of.metadata_entity(),
        root_entity(run, cited, parts, action),
        workflow,
        *parts[1:],
        parameter_entity(run),
        action,
        *inputs,
        *predictions,
        *authors,
        *agents,
        of.language_entity(),
        *software,
        of.paper_entity(cited),
        *map(of.licence_entity, sorted({*files.values(), of.licence_of(of.WORKFLOW, rules)})),
        *of.profile_entities(),
    ]


def root_entity(run: Run, cited: dict, parts: Iterable[Entity], action: Entity) -> Entity:
    """The crate as a whole."""
    _, ended = run.times()
    paper = of.paper_entity(cited)["@id"]
    return {
        "@id": of.ROOT,
        "@type": "Dataset",
        "name": f"{cited['title']}: study {run.study.study}",
        "description": " ".join(cited["abstract"].split()),
        "datePublished": ended.partition("T")[0],
        "license": reference(of.licence_url(of.licence_of(f"results/{run.study.study}/", of.licences(run.project)))),
        "author": reference(*(author["@id"] for author in of.author_entities(cited))),
        "citation": reference(paper),
        "conformsTo": [{"@id": url} for url in of.PROFILES],
        "hasPart": [{"@id": part["@id"]} for part in parts],
        "mainEntity": reference(of.WORKFLOW),
        "mentions": [{"@id": action["@id"]}],
    }


def workflow_entity(run: Run, sizes: Mapping[str, dict], cited: dict, others: Iterable[Entity]) -> Entity:
    """The Snakefile, with its rules."""
    ids = [entity["@id"] for entity in others]
    rules = of.licences(run.project)
    return {
        **of.file_entity(of.WORKFLOW, sizes[of.WORKFLOW], of.licence_of(of.WORKFLOW, rules)),
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": cited["title"],
        "encodingFormat": "text/x-python",
        "version": cited["version"],
        "author": [{"@id": name} for name in ids if name.startswith("#author")],
        "programmingLanguage": reference(of.SNAKEMAKE),
        "softwareRequirements": [{"@id": name} for name in ids if name.startswith("#software")],
        "input": [{"@id": CONFIGURATION}],
        "hasPart": [{"@id": identifier(name)} for name in run.rule_files],
    }


def parameter_entity(run: Run) -> Entity:
    """What the workflow is told: one configuration file."""
    return {
        "@id": CONFIGURATION,
        "@type": "FormalParameter",
        "additionalType": "File",
        "name": "configfile",
        "description": "Configuration of a study, described by config/schema.json of the project.",
        "workExample": reference(identifier(run.configuration)),
    }


def folder_entities(run: Run) -> Iterator[Entity]:
    """Folders whose files are not described one by one."""
    for folder in FOLDERS:
        yield {"@id": f"{folder}/", "@type": "Dataset", "name": f"{folder}, code of the project"}
    if run.benchmark_files():
        yield {
            "@id": f"results/{run.study.study}/benchmarks/",
            "@type": "Dataset",
            "name": "Time and memory of every job, as Snakemake measured them",
            "about": reference(action_id(run)),
        }


def action_id(run: Run) -> str:
    """Identifier of the run; it is that of its provenance."""
    return f"#run-{sha256(run.results / 'provenance.json')[:16]}"


def action_entity(run: Run, objects: Iterable[Entity], results: Iterable[str], agents: Iterable[Entity]) -> Entity:
    """The run of the workflow."""
    began, ended = run.times()
    who = [agent["@id"] for agent in agents]
    return {
        "@id": action_id(run),
        "@type": "CreateAction",
        "name": f"Run of the study {run.study.study}",
        "description": f"snakemake --cores all --configfile {run.configuration}",
        "instrument": reference(of.WORKFLOW),
        "object": [{"@id": entity["@id"]} for entity in objects],
        "result": [{"@id": name} for name in results],
        **({"startTime": began} if began else {}),
        "endTime": ended,
        "actionStatus": reference("http://schema.org/CompletedActionStatus"),
        **({"agent": reference(*who)} if who else {}),
    }


def input_entities(run: Run) -> list[Entity]:
    """What the run began with besides its configuration: images, or the archive of predictions that came from elsewhere."""
    if archive := origin(run.results):
        return [{"@id": "#archive", "@type": "CreativeWork", "name": "Archive of the predictions", "sha256": archive}]
    if run.study.dataset is None:
        return []
    prepared = run.results / "dataset.npz"
    measured = described(prepared) if prepared.is_file() else {}
    known = {key: str(value) for key, value in measured.items()}
    sizes = {"contentSize": known["size"], "sha256": known["sha256"]} if known else {}
    name = run.study.dataset.name
    return [
        {"@id": IMAGES[name], "@type": "Dataset", "name": name},
        {
            "@id": "#prepared-data",
            "@type": "CreativeWork",
            "name": "Images and labels as networks saw them (not in the crate)",
            "isBasedOn": reference(IMAGES[name]),
            **sizes,
        },
    ]


def predictions_entity(run: Run) -> list[Entity]:
    """The archive of what was trained here, which is published beside the crate."""
    archive = run.results / "predictions.tar"
    if origin(run.results) or not archive.is_file():
        return []
    measured = described(archive)
    return [
        {
            "@id": "#predictions",
            "@type": "CreativeWork",
            "name": "Predictions of all networks: predictions.tar, published beside this crate",
            "encodingFormat": "application/x-tar",
            "contentSize": str(measured["size"]),
            "sha256": measured["sha256"],
        }
    ]
