"""The entities of the crate of a study, and how they refer to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from inpca.files import sha256
from paper.archive.contents import described
from paper.archive.record import origin
from paper.crate import entities as of
from paper.crate.entities import Entity, identifier, reference
from paper.crate.run import FOLDERS, Run

#: Where data sets of images are described.
IMAGES = {
    "fashion_mnist": "https://github.com/zalandoresearch/fashion-mnist",
    "cifar10": "https://www.cs.toronto.edu/~kriz/cifar.html",
    "imagenet": "https://www.image-net.org",
    "digits": "https://scikit-learn.org/stable/modules/generated/sklearn.datasets.load_digits.html",
}
CONFIGURATION = "#configfile"


def entities(run: Run, sizes: Mapping[str, dict]) -> list[Entity]:
    """All entities of a crate whose files have these sizes and checksums."""
    rules, cited = of.licences(run.project), of.citation(run.project)
    authors, software = of.author_entities(cited), of.software_entities()
    agents = [of.agent_entity(run.agent)] if run.agent else []
    inputs, predictions = input_entities(run), predictions_entities(run)

    def file(name: str, **more) -> Entity:
        return of.file_entity(name, sizes[name], of.licence_of(name, rules), **more)

    workflow = file(of.WORKFLOW) | workflow_properties(run, cited, [*authors, *software])
    code = [file(name) | {"@type": ["File", "SoftwareSourceCode"]} for name in run.rule_files]
    configuration = file(run.configuration, exampleOfWork=reference(CONFIGURATION))
    results = [file(name) for name in run.result_files()]
    action = action_entity(run, [configuration, *inputs], [*results, *predictions], agents)
    parts = [workflow, configuration, *code, *results, *folder_entities(run)]
    described_files = [entity for entity in parts if "license" in entity]
    return [
        of.metadata_entity(),
        root_entity(run, cited, parts, action),
        *parts,
        parameter_entity(run),
        action,
        *inputs,
        *predictions,
        *authors,
        *agents,
        of.language_entity(),
        *software,
        of.paper_entity(cited),
        *(of.licence_entity(url) for url in sorted({entity["license"]["@id"] for entity in described_files})),
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
        "license": reference(of.licence_url(of.licence_of(f"{run.results_name}/", of.licences(run.project)))),
        "author": reference(*(author["@id"] for author in of.author_entities(cited))),
        "citation": reference(paper),
        "conformsTo": [{"@id": url} for url in of.PROFILES],
        "hasPart": [{"@id": part["@id"]} for part in parts],
        "mainEntity": reference(of.WORKFLOW),
        "mentions": [{"@id": action["@id"]}],
    }


def workflow_properties(run: Run, cited: dict, others: Iterable[Entity]) -> Entity:
    """What is said of the Snakefile besides its size and checksum."""
    ids = [entity["@id"] for entity in others]
    return {
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
            "@id": f"{run.results_name}/benchmarks/",
            "@type": "Dataset",
            "name": "Time and memory of every job, as Snakemake measured them",
            "about": reference(action_id(run)),
        }


def action_id(run: Run) -> str:
    """Identifier of the run; it is that of its provenance."""
    return f"#run-{sha256(run.results / 'provenance.json')[:16]}"


def action_entity(run: Run, objects: Iterable[Entity], results: Iterable[Entity], agents: Iterable[Entity]) -> Entity:
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
        "result": [{"@id": entity["@id"]} for entity in results],
        **({"startTime": began} if began else {}),
        "endTime": ended,
        "actionStatus": reference("http://schema.org/CompletedActionStatus"),
        **({"agent": reference(*who)} if who else {}),
    }


def input_entities(run: Run) -> list[Entity]:
    """What the run began with besides its configuration: images, or an archive of predictions."""
    if archive := origin(run.results):
        return [{"@id": "#archive", "@type": "CreativeWork", "name": "Archive of the predictions", "sha256": archive}]
    if run.study.dataset is None:
        return []
    prepared = run.results / "dataset.npz"
    measured = described(prepared) if prepared.is_file() else {}
    sizes = {"contentSize": str(measured["size"]), "sha256": measured["sha256"]} if measured else {}
    name = run.study.dataset.name
    return [
        {"@id": IMAGES[name], "@type": "CreativeWork", "name": name},
        {
            "@id": "#prepared-data",
            "@type": "CreativeWork",
            "name": "Images and labels as networks saw them (not in the crate)",
            "isBasedOn": reference(IMAGES[name]),
            **sizes,
        },
    ]


def predictions_entities(run: Run) -> list[Entity]:
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
