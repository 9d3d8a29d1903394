"""Executed notebooks as sources of pages: code folded, figures from their files, parameters last."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import papermill
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from paper.pages.notebook_page import PARAMETERS, parameter_table
from paper.site.study import PublishedStudy

#: Starts the cell of links to the notebooks before and after, in place of which the site has its own.
NEIGHBOURS = "Before: ["
#: Tag of cells whose code myst-nb folds.
FOLDED = "hide-input"


def page_source(study: PublishedStudy, file: str) -> NotebookNode:
    """An executed notebook as myst-nb shows it well.

    Parameters
    ----------
    study : PublishedStudy
        Says what makes a figure again.
    file : str
        The notebook, from the root of the project.

    Raises
    ------
    SiteError
        If the file is no notebook.
    """
    shown = study.notebook(file)
    values, meanings = parameters_of(shown, study.root / file)
    shown.cells = [
        cell
        for cell in shown.cells
        if PARAMETERS.isdisjoint(cell.metadata.get("tags", [])) and not cell.source.startswith(NEIGHBOURS)
    ]
    for cell in shown.cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), FOLDED]
            cell.outputs = [_as_figure(output, study) for output in cell.outputs]
    if values:
        shown.cells.append(new_markdown_cell(parameter_table(values, meanings), id="parameters"))
    return shown


def _as_figure(output: NotebookNode, study: PublishedStudy) -> NotebookNode:
    """A picture that was written to a file as a figure of this file; anything else as it is."""
    picture = output.get("metadata", {}).get("image/png", {})
    file = picture.get("file", "")
    if not file or not (study.root / file).is_file():
        return output
    return new_output(
        "display_data", data={"text/markdown": figure(file, picture["alt"], f"again: `{study.again(file)}`")}
    )


def figure(file: str, alt: str, caption: str) -> str:
    """A picture of the project as a figure in MyST Markdown, loaded when it is seen."""
    return f":::{{figure}} /{file}\n:alt: {json.dumps(alt, ensure_ascii=False)}\n:loading: lazy\n\n{caption}\n:::"


def parameters_of(notebook: NotebookNode, path: Path) -> tuple[dict[str, object], dict[str, str]]:
    """Values that an executed notebook was given for its parameters, and what each is, by name, read from its file."""
    given = "\n".join(cell.source for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", []))
    assigned = [node for node in ast.parse(given).body if isinstance(node, ast.Assign)]
    values = {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in assigned}
    return values, {name: line["help"] for name, line in papermill.inspect_notebook(path).items()}
