"""A finished notebook as an article: answers beside the question, code folded, parameters last, all in one file."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from pygments.formatters import HtmlFormatter

from paper.pages.formulas import Formulas
from paper.report.verdicts import answers

#: Starts the paragraph that follows the question; the answers come before it.
AFTER_QUESTION = "**What the paper says.**"
#: Cells that set a notebook's parameters, by papermill's tags.
PARAMETERS = {"parameters", "injected-parameters"}
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Place:
    """Where a notebook stands among those of its study.

    Parameters
    ----------
    before, after : str
        Names of the notebooks to read before and after it.
    again : str
        Command that makes files of the study again, when their names are added.
    notice : str
        What all pages of the study say first, if anything.
    """

    before: str
    after: str
    again: str
    notice: str = ""


def with_answers(notebook: NotebookNode, judged: Sequence[dict], place: Place) -> NotebookNode:
    """The notebook with the verdicts on its claims after its question, and links to its neighbours at its end.

    What all pages of the study say first stands below its title.

    Parameters
    ----------
    notebook : NotebookNode
        Executed. The question is what its first cell has before a paragraph that starts with :data:`AFTER_QUESTION`; a
        notebook without one gets the answers at its top.
    judged : sequence of dict
        Its claims, from :func:`paper.report.verdicts.judge_files`.
    place : Place
    """
    notebook = copy.deepcopy(notebook)
    first = notebook.cells[0]
    question, found, rest = first.source.partition(AFTER_QUESTION) if first.cell_type == "markdown" else ("", "", "")
    if found:
        notebook.cells.pop(0)
    before = f"[{place.before}]({place.before}.ipynb)"
    links = f"Before: {before} · Next: [{place.after}]({place.after}.ipynb)"
    title, _, asked = question.strip().partition("\n")
    said = (title, f"> **{place.notice}**", asked.strip()) if place.notice else (question.strip(),)
    opening = "\n\n".join(part for part in (*said, answers(judged), found + rest) if part)
    notebook.cells = [*([new_markdown_cell(opening)] if opening else []), *notebook.cells, new_markdown_cell(links)]
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"
    return notebook


def notebook_page(
    notebook: NotebookNode, parameters: Mapping[str, object], meanings: Mapping[str, str], place: Place
) -> str:
    """The page of a notebook: one HTML file that loads nothing.

    Parameters
    ----------
    notebook : NotebookNode
        From :func:`with_answers`.
    parameters : mapping
        Values by name.
    meanings : mapping
        What each parameter is, from its line in the notebook.
    place : Place
    """
    formulas = Formulas()
    shown = copy.deepcopy(notebook)
    shown.cells = [cell for cell in shown.cells if PARAMETERS.isdisjoint(cell.metadata.get("tags", []))]
    shown.cells.insert(-1, new_markdown_cell(parameter_table(parameters, meanings), id="parameters"))
    for cell in shown.cells:
        if cell.cell_type == "markdown":
            cell.source = formulas.taken_out(cell.source)
        for output in cell.get("outputs", []):
            if text := output.get("data", {}).get("text/markdown"):
                output.data["text/markdown"] = formulas.taken_out(text)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    title = re.sub("[*$`#]", "", texts[0].splitlines()[0]).strip()
    html, _ = _exporter().from_notebook_node(shown, resources={"place": place, "page_title": title, "css": _style()})
    return _accessible(formulas.put_into(html))


def parameter_table(parameters: Mapping[str, object], meanings: Mapping[str, str]) -> str:
    """The parameters of a notebook in Markdown.

    Examples
    --------
    >>> print(parameter_table({"radius": 0.1}, {"radius": "in nats"}))
    ## Parameters
    <BLANKLINE>
    | parameter   | value   | meaning   |
    |:------------|:--------|:----------|
    | `radius`    | `0.1`   | in nats   |
    """
    rows = [
        {"parameter": f"`{name}`", "value": f"`{_one_line(value)}`", "meaning": meanings.get(name, "").strip()}
        for name, value in parameters.items()
    ]
    return "## Parameters\n\n" + pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)


def _one_line(value: object) -> str:
    """A value as text without line ends, bars or backticks, which would end a cell of a table."""
    items = value if isinstance(value, list) else [value]
    return re.sub(r"[\s|`]+", " ", ", ".join(map(str, items)))


@cache
def _exporter() -> HTMLExporter:
    """nbconvert with our template; it adds no script."""
    template = (FOLDER / "page.html.j2").read_text(encoding="utf-8")
    return HTMLExporter(
        template_name="basic", raw_template=template, exclude_input_prompt=True, exclude_output_prompt=True
    )


@cache
def _style() -> str:
    """Style sheet of the page, with that of highlighted code."""
    return (FOLDER / "page.css").read_text(encoding="utf-8") + HtmlFormatter(style="default").get_style_defs(
        ".highlight"
    )


def _accessible(html: str) -> str:
    """The page with links to pages in place of notebooks, and tables that can be scrolled with the keyboard."""
    page = BeautifulSoup(html, "html.parser")
    for link in page.find_all("a", href=re.compile(r"^[\w-]+\.ipynb$")):
        link["href"] = link["href"].removesuffix("ipynb") + "html"
    for table in page.find_all("table"):
        caption = table.find_previous(["h1", "h2", "h3"])
        box = page.new_tag("div", attrs={"class": "table", "tabindex": "0", "role": "region"})
        box["aria-label"] = f"table: {caption.get_text().rstrip('¶') if caption else 'of this page'}"
        table.wrap(box)
    return str(page)
