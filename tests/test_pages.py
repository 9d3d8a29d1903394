"""Pages of notebooks: answers first, code folded, parameters last, formulas without scripts, all in one file."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from paper.pages.formulas import FormulaError, Formulas
from paper.pages.notebook_page import Place, notebook_page, with_answers
from paper.study.rooms import rooms

PLACE = Place("earlier", "later", "snakemake --cores all --configfile 'my study.yaml'")
CLAIM = {
    "text": "It grows.",
    "value": 0.25,
    "ends": [0.125, 0.5],
    "control": {"what": "shuffled"},
    "control_value": 0.0,
    "verdict": "held",
}
UNTESTED = CLAIM | {"text": "Nobody knows.", "verdict": "not tested"}


def notebook(first="# Growth of $x_i$\n\n**Question.** Why?\n\n**What the paper says.** Because.\n\n**Method.** $x$."):
    """An executed notebook with a parameter, a figure, a table and a text."""
    parameters = new_code_cell("radius: float = 1  # in nats", metadata={"tags": ["parameters"]}, execution_count=1)
    metadata = {"image/png": {"alt": 'A "line".', "file": "figures/mine/growth/line.png"}}
    figure = new_output("display_data", data={"image/png": "AAAA", "text/plain": "<Image>"}, metadata=metadata)
    table = new_output("display_data", data={"text/markdown": "| $a|b$ | c |\n|--|--|\n| $\\tfrac12$ | `$5` |"})
    cells = [new_markdown_cell(first), parameters, new_code_cell("draw()", outputs=[figure, table], execution_count=2)]
    return new_notebook(cells=cells)


def page_of(executed, **parameters):
    meanings = {"radius": "in nats"}
    return BeautifulSoup(notebook_page(executed, parameters, meanings, PLACE), "html.parser")


def test_answers_stand_between_the_question_and_the_rest_and_links_at_the_end():
    executed = with_answers(notebook(), [CLAIM, UNTESTED], PLACE)
    first, last = executed.cells[0].source, executed.cells[-1].source
    order = ["Why?", "It grows.", "held", "0.25 [0.125, 0.5]", "Because.", "**Method.**"]
    assert [first.index(part) for part in order] == sorted(first.index(part) for part in order)
    assert "Nobody knows." not in first
    assert last == "Before: [earlier](earlier.ipynb) · Next: [later](later.ipynb)"
    assert [cell["id"] for cell in executed.cells] == [f"cell-{index}" for index in range(4)]
    nbformat.validate(executed)


def test_without_claims_the_opening_is_as_it_was():
    assert with_answers(notebook(), [UNTESTED], PLACE).cells[0].source == notebook().cells[0].source


@pytest.mark.parametrize("first", ["Any text.", "# Growth"])
def test_a_notebook_without_a_question_has_its_answers_at_the_top(first):
    cells = with_answers(notebook(first), [CLAIM], PLACE).cells
    assert "It grows." in cells[0].source and cells[1].source == first


def test_a_page_folds_code_and_lists_parameters_at_its_end():
    page = page_of(with_answers(notebook(), [CLAIM], PLACE), radius=0.5, names=["a|b", "c`d"])
    assert page.title.string == "Growth of x_i"
    assert [detail.summary.string for detail in page.find_all("details")] == ["code"]
    assert "draw()" in page.find("details").get_text() and "radius: float" not in page.get_text()
    parameters = page.find_all("table")[-1].get_text("|", strip=True)
    assert parameters == "parameter|value|meaning|radius|0.5|in nats|names|a b, c d"


def test_a_figure_says_what_it_shows_and_how_it_is_made_again():
    figure = page_of(with_answers(notebook(), [], PLACE)).find("figure")
    assert figure.img["alt"] == 'A "line".'
    command = "snakemake --cores all --configfile 'my study.yaml' figures/mine/growth/line.png"
    assert figure.figcaption.get_text() == f"again: {command}"


def test_formulas_are_drawn_and_code_is_not():
    page = page_of(with_answers(notebook(), [], PLACE))
    table = page.find("table")
    assert len(table.find_all("math")) == 2 and len(table.find_all("td")) == 2
    assert table.find("code").get_text() == "$5"
    assert not re.search("[\ue000-\ue0ff]", page.get_text())


@pytest.mark.parametrize("tex", [r"\unknown x", r"\frac{1}"])
def test_a_formula_that_cannot_be_drawn_is_named(tex):
    with pytest.raises(FormulaError, match=re.escape(f"the formula ${tex}$ cannot be drawn")):
        Formulas().taken_out(f"See ${tex}$.")


def test_a_page_is_the_same_whenever_it_is_made():
    pages = [notebook_page(with_answers(notebook(), [CLAIM], PLACE), {}, {}, PLACE) for _ in range(2)]
    assert pages[0] == pages[1]


def test_text_of_a_study_is_no_markup():
    place = Place("a", "b", "snakemake --configfile '<script>x</script>'")
    executed = with_answers(notebook(), [], place)
    html = notebook_page(executed, {"radius": "<script>y</script>"}, {}, place)
    assert "<script" not in html


@pytest.mark.parametrize("name", sorted(rooms()))
def test_every_formula_of_a_notebook_can_be_drawn(name):
    cells = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4).cells
    texts = [Formulas().taken_out(cell.source) for cell in cells if cell.cell_type == "markdown"]
    assert not [text for text in texts if "$" in re.sub("`[^`]*`", "", text)]


@pytest.mark.parametrize("name", sorted(rooms()))
def test_a_page_of_a_study_loads_nothing_and_opens_with_its_question_and_answers(smoke, name):
    html = (smoke / f"results/smoke/notebooks/{name}.html").read_text()
    page = BeautifulSoup(html, "html.parser")
    assert not page.find_all(["script", "link", "iframe"]) and "@import" not in html and "url(" not in html
    assert all(image["src"].startswith("data:image/png;base64,") for image in page.find_all("img"))
    for code in page.find_all(["code", "pre"]):
        code.decompose()
    assert "$" not in page.get_text()
    tables = page.find_all("table")
    question = page.find(string=re.compile("Question"))
    assert question.find_next("table") is tables[0]
    assert all(figure.figcaption.get_text() for figure in page.find_all("figure"))
    links = {link["href"] for link in page.find_all("a") if link["href"].endswith(".html")}
    assert len(links) >= 2 and links <= {f"{other}.html" for other in rooms()}
