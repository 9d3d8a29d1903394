"""Crates of studies: what the profile of Workflow Run RO-Crates asks for, and files that are what is said of them."""

import hashlib
import json
import zipfile
from datetime import datetime
from urllib.parse import unquote

import pytest
from conftest import ROOT

from paper.crate.entities import METADATA, PROFILES, agent_entity, software_entities
from paper.crate.run import Run
from paper.crate.writing import write_crate
from paper.study.study import read_study

SMOKE = ROOT / "config/smoke.yaml"
RULES = ["workflow/rules/common.smk", "workflow/rules/train.smk"]


@pytest.fixture
def run(tmp_path):
    """A run of the smoke study that gave a number, a figure and a table; a job was measured."""
    results, figures = tmp_path / "results/smoke", tmp_path / "figures/smoke"
    for folder in (results / "numbers", results / "notebooks", results / "benchmarks", figures / "schematic"):
        folder.mkdir(parents=True)
    (results / "numbers/schematic.json").write_text("{}")
    (results / "notebooks/schematic.ipynb").write_text("{}")
    (results / "provenance.json").write_text("{}")
    (results / "claims.md").write_text("claims")
    (results / "dataset.npz").write_bytes(b"images")
    (results / "benchmarks/dataset.tsv").write_text("s\th:m:s\n90.5\t0:01:30\n")
    (figures / "schematic/a picture.png").write_bytes(b"png")
    return Run(read_study(SMOKE), SMOKE.read_text(), ROOT, RULES, results, figures, "Ada Lovelace")


def references(value):
    """All identifiers that an entity refers to."""
    if isinstance(value, dict):
        return (
            [value["@id"]] if value.keys() == {"@id"} else [one for item in value.values() for one in references(item)]
        )
    return [one for item in value for one in references(item)] if isinstance(value, list) else []


def check_crate(crate: zipfile.ZipFile) -> dict[str, dict]:
    """Whether a crate is what profile 0.5 asks for; its entities by identifier."""
    assert crate.namelist()[0] == METADATA and crate.testzip() is None
    data = json.loads(crate.read(METADATA))
    assert data["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    graph = {entity["@id"]: entity for entity in data["@graph"]}
    assert len(graph) == len(data["@graph"])
    descriptor, root = graph[METADATA], graph["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert {"@id": "https://w3id.org/ro/crate/1.1"} in descriptor["conformsTo"]
    assert {one["@id"] for one in root["conformsTo"]} == set(PROFILES)
    assert all(graph[url]["@type"] == "CreativeWork" and graph[url]["version"] for url in PROFILES)
    assert root["name"] and root["description"] and datetime.fromisoformat(root["datePublished"])
    assert graph[root["license"]["@id"]]["@type"] == "CreativeWork"
    workflow = graph[root["mainEntity"]["@id"]]
    assert {"File", "SoftwareSourceCode", "ComputationalWorkflow"} == set(workflow["@type"])
    assert graph[workflow["programmingLanguage"]["@id"]]["@type"] == "ComputerLanguage"
    (action,) = [entity for entity in graph.values() if entity["@type"] == "CreateAction"]
    assert action["instrument"] == root["mainEntity"] and {"@id": action["@id"]} in root["mentions"]
    assert action["object"] and action["result"] and datetime.fromisoformat(action["endTime"]).tzinfo
    outside = {one for entity in graph.values() for one in references(entity)} - graph.keys()
    assert outside == {"http://schema.org/CompletedActionStatus", "https://w3id.org/ro/crate/1.1"}
    check_data(crate, graph)
    return graph


def check_data(crate: zipfile.ZipFile, graph: dict[str, dict]) -> None:
    """Whether files and folders that a crate describes are in it, of the size and checksum that it says."""
    parts = {part["@id"] for part in graph["./"]["hasPart"]}
    files = [entity for entity in graph.values() if "File" in entity["@type"]]
    assert {entity["@id"] for entity in files} <= parts and len(files) > 5
    for entity in files:
        content = crate.read(unquote(entity["@id"]))
        assert len(content) == int(entity["contentSize"]) and hashlib.sha256(content).hexdigest() == entity["sha256"]
        assert entity["license"]["@id"].startswith("https://spdx.org/licenses/")
    for name in parts - {entity["@id"] for entity in files}:
        assert any(found.startswith(unquote(name)) for found in crate.namelist())


def test_a_crate_is_what_the_profile_asks_for(run, tmp_path):
    write_crate(tmp_path / "crate.zip", run)
    with zipfile.ZipFile(tmp_path / "crate.zip") as crate:
        graph = check_crate(crate)
        names = crate.namelist()
    assert {"Snakefile", "config/smoke.yaml", "inpca/__init__.py", "notebooks/schematic.ipynb", *RULES} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.startswith("/") or ".." in name]
    assert "figures/smoke/schematic/a%20picture.png" in graph
    (action,) = [entity for entity in graph.values() if entity["@type"] == "CreateAction"]
    assert graph[action["agent"]["@id"]]["name"] == "Ada Lovelace"
    assert "#prepared-data" in graph and graph["#prepared-data"]["contentSize"] == "6"
    assert "#predictions" not in graph


def test_times_are_those_of_jobs_and_results(run):
    began, ended = run.times()
    measured = (run.results / "benchmarks/dataset.tsv").stat().st_mtime
    assert 0 <= measured - 90.5 - datetime.fromisoformat(began).timestamp() < 1
    assert datetime.fromisoformat(began) < datetime.fromisoformat(ended)
    (run.results / "benchmarks/dataset.tsv").unlink()
    assert run.times() == (None, ended)


def test_the_same_run_gives_the_same_bytes(run, tmp_path):
    for name in ("a.zip", "b.zip"):
        write_crate(tmp_path / name, run)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_predictions_of_an_archive_are_what_the_run_began_with(run, tmp_path):
    (run.results / "archive.json").write_text(json.dumps({"sha256": "0" * 64, "files": {}}))
    (run.results / "predictions.tar").write_bytes(b"tar")
    graph = {entity["@id"]: entity for entity in write_crate(tmp_path / "crate.zip", run)}
    assert graph["#archive"]["sha256"] == "0" * 64 and "#predictions" not in graph
    (action,) = [entity for entity in graph.values() if entity["@type"] == "CreateAction"]
    assert {"@id": "#archive"} in action["object"]


def test_versions_are_those_that_are_installed():
    import numpy
    import snakemake

    found = {entity["name"]: entity["softwareVersion"] for entity in software_entities()}
    assert found["numpy"] == numpy.__version__ and found["snakemake"] == snakemake.__version__
    assert {"python", "torch", "zarr", "inpca"} <= found.keys() and "pytest" not in found


@pytest.mark.parametrize(
    ("agent", "identifier"),
    [
        ("Ada Lovelace", "#agent"),
        ("Ada Lovelace <https://orcid.org/0000-0002-1825-0097>", "https://orcid.org/0000-0002-1825-0097"),
    ],
)
def test_an_agent_has_a_name_and_perhaps_an_orcid(agent, identifier):
    assert agent_entity(agent) == {"@id": identifier, "@type": "Person", "name": "Ada Lovelace"}
