"""Entities of a Workflow Run RO-Crate, profile 0.5 (https://w3id.org/ro/wfrun/workflow/0.5), as JSON-LD.

Everything in them is measured or read: sizes and checksums of files, versions of installed packages, names and licences
from the project's own metadata. The package ``rocrate`` would do the same; but results depend on the lock file, and
adding it there would make all of them again.
"""

from __future__ import annotations

import fnmatch
import mimetypes
import platform
import re
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

Entity = dict[str, Any]
METADATA, ROOT, WORKFLOW = "ro-crate-metadata.json", "./", "Snakefile"
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
RO_CRATE = "https://w3id.org/ro/crate/1.1"
#: What a crate conforms to; the last also what its metadata file does.
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
#: Extras of the package that the workflow needs.
EXTRAS = ("torch", "plot", "paper")
KINDS = {
    ".ipynb": "application/x-ipynb+json",
    ".yaml": "application/yaml",
    ".md": "text/markdown",
    ".tar": "application/x-tar",
}


def reference(*names: str) -> Any:
    """Reference to one entity, or a list of references to several."""
    found = [{"@id": name} for name in names]
    return found[0] if len(found) == 1 else found


def identifier(name: str) -> str:
    """Name of a file of the crate as a relative URI."""
    return quote(name)


def file_entity(name: str, described: dict, licence: str, **more: Any) -> Entity:
    """A file of the crate with its size and checksum."""
    kind = KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {
        "@id": identifier(name),
        "@type": "File",
        "name": name,
        "encodingFormat": kind,
        "contentSize": str(described["size"]),
        "sha256": described["sha256"],
        "license": reference(licence_url(licence)),
        **more,
    }


def licence_url(name: str) -> str:
    """Identifier of a licence of the list of SPDX."""
    return f"https://spdx.org/licenses/{name}"


def licences(project: Path) -> list[tuple[str, str]]:
    """Patterns of names of files, each with its licence; of several that match, the last counts."""
    rules = tomllib.loads((project / "REUSE.toml").read_text(encoding="utf-8"))["annotations"]
    patterns = [(rule["path"], rule["SPDX-License-Identifier"]) for rule in rules]
    return [(one, licence) for path, licence in patterns for one in ([path] if isinstance(path, str) else path)]


def licence_of(name: str, rules: Iterable[tuple[str, str]]) -> str:
    """Licence of a file.

    Examples
    --------
    >>> licence_of("figures/a.png", [("**", "BSD-3-Clause"), ("figures/**", "CC-BY-4.0")])
    'CC-BY-4.0'
    """
    return [licence for pattern, licence in rules if fnmatch.fnmatch(name, pattern)][-1]


def licence_entity(url: str) -> Entity:
    """A licence, by its identifier."""
    name = url.rpartition("/")[2]
    return {"@id": url, "@type": "CreativeWork", "name": name, "identifier": name}


def profile_entities() -> list[Entity]:
    """The profiles that the crate conforms to."""
    return [
        {"@id": url, "@type": "CreativeWork", "name": name, "version": url.rpartition("/")[2]}
        for url, name in PROFILES.items()
    ]


def metadata_entity() -> Entity:
    """The metadata file itself."""
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": reference(ROOT),
        "conformsTo": reference(RO_CRATE, list(PROFILES)[-1]),
    }


def citation(project: Path) -> dict:
    """What CITATION.cff says of the project and of the paper."""
    return yaml.safe_load((project / "CITATION.cff").read_text(encoding="utf-8"))


def author_entities(cited: dict) -> list[Entity]:
    """The authors of the project."""
    return [
        {"@id": f"#author-{i}", "@type": "Organization", "name": author["name"]}
        if "name" in author
        else {"@id": f"#author-{i}", "@type": "Person", "name": f"{author['given-names']} {author['family-names']}"}
        for i, author in enumerate(cited["authors"], start=1)
    ]


def paper_entity(cited: dict) -> Entity:
    """The paper whose experiments the workflow repeats."""
    paper = cited["preferred-citation"]
    names = [f"{one['given-names']} {one['family-names']}" for one in paper["authors"]]
    return {
        "@id": f"https://doi.org/{paper['doi']}",
        "@type": "ScholarlyArticle",
        "name": paper["title"],
        "author": ", ".join(names),
        "isPartOf": paper["journal"],
        "datePublished": str(paper["year"]),
    }


def language_entity() -> Entity:
    """Snakemake."""
    return {
        "@id": SNAKEMAKE,
        "@type": "ComputerLanguage",
        "name": "Snakemake",
        "identifier": "https://doi.org/10.1093/bioinformatics/bts480",
        "url": "https://snakemake.readthedocs.io",
        "version": metadata.version("snakemake"),
    }


def software_entities() -> list[Entity]:
    """Python and the packages that the workflow needs, in the versions that are installed."""
    found = {"python": platform.python_version(), "inpca": metadata.version("inpca")}
    for requirement in metadata.requires("inpca") or []:
        name = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"extra == ['\"](\w+)['\"]", requirement)
        if name and (extra is None or extra.group(1) in EXTRAS):
            found.setdefault(name.group(), metadata.version(name.group()))
    return [
        {"@id": f"#software-{name}", "@type": "SoftwareApplication", "name": name, "softwareVersion": version}
        for name, version in found.items()
    ]


def agent_entity(agent: str) -> Entity:
    """Who ran the workflow: a name, with an ORCID in angle brackets where there is one.

    Examples
    --------
    >>> agent_entity("Ada Lovelace <https://orcid.org/0000-0000-0000-0000>")["@id"]
    'https://orcid.org/0000-0000-0000-0000'
    """
    found = re.fullmatch(r"\s*(.*?)\s*(?:<(https://orcid\.org/[\dX-]+)>)?\s*", agent)
    name, orcid = found.groups() if found else (agent, None)
    return {"@id": orcid or "#agent", "@type": "Person", "name": name}
