"""Write a study, its workflow and its results into one zip file with the metadata of a Workflow Run RO-Crate."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from inpca.files import atomic
from paper.archive.contents import described
from paper.crate.entities import CONTEXT, METADATA, Entity
from paper.crate.graph import entities
from paper.crate.run import Run

#: The only time of files in the crate, so that the same content gives the same bytes.
NO_TIME = (1980, 1, 1, 0, 0, 0)


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
    text = json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"
    contents[METADATA] = text.encode()
    with atomic(output) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as crate:
        for name in sorted(contents, key=lambda name: (name != METADATA, name)):
            content = contents[name]
            data = content.read_bytes() if isinstance(content, Path) else content
            crate.writestr(zipfile.ZipInfo(name, NO_TIME), data, zipfile.ZIP_DEFLATED)
    return graph
