"""The site of the default study: all its notebooks and figures, links that lead somewhere, nothing from elsewhere."""

import copy
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import DESKTOP, PHONE, opened, serious_violations
from bs4 import BeautifulSoup
from conftest import ROOT

import inpca
from paper.site.study import PublishedStudy

STUDY = PublishedStudy.find(ROOT, "fashion")
#: Elements that load a file, and the attribute that names it.
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
#: A page of each kind.
KINDS = [
    "index",
    "claims",
    "gallery",
    "notebooks/index",
    "notebooks/main_manifold",
    "method",
    "api/index",
    "api/generated/inpca.InPCA",
    "api/commands",
    "files/inpca/recording/batch_norm.py",
]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built from what is in git."""
    folder = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, "-m", "paper.site", "fashion", "--output", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    assert done.stdout.endswith(f"open {folder}/index.html\n")
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """Every page, read, by its file."""
    files = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in files}


def within(address: str) -> bool:
    """Whether an address is one of a file beside the page."""
    return not urlsplit(address).scheme and not address.startswith("//")


def test_pages_load_nothing_from_elsewhere(site, pages):
    loaded = {
        (path, element[name])
        for path, page in pages.items()
        for tag, name in LOADING.items()
        for element in page.find_all(tag)
        if element.get(name)
    }
    assert len(loaded) > 500
    assert not [(path, address) for path, address in loaded if not within(address) and address[:5] != "data:"]
    missing = [(path, address) for path, address in loaded if within(address) and not target(path, address).is_file()]
    assert not missing
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert styles and not [url for text in styles for url in re.findall(r"(?:@import|url\()[^;)]*//[^;)]*", text)]


def target(path: Path, address: str) -> Path:
    """The file that an address on a page names."""
    name = unquote(urlsplit(address).path)
    return (path.parent / name).resolve() if name else path


def test_links_lead_to_pages_and_to_places_on_them(pages):
    ids = {path.resolve(): {element["id"] for element in page.find_all(id=True)} for path, page in pages.items()}
    links = [
        (path, link["href"])
        for path, page in pages.items()
        for link in page.find_all("a", href=True)
        if within(link["href"])
    ]
    assert len(links) > 1000
    assert not [(path, href) for path, href in links if not target(path, href).is_file()]
    astray = [
        (path, href)
        for path, href in links
        if (fragment := urlsplit(href).fragment) and fragment not in ids.get(target(path, href), {fragment})
    ]
    assert not astray


def test_formulas_are_drawn_without_scripts(pages):
    for path, whole in pages.items():
        page = copy.copy(whole)
        assert not [script for script in page.find_all("script") if "mathjax" in str(script).lower()]
        if "method" in path.stem or (path.parent.name == "notebooks" and path.stem != "index"):
            assert page.article.find("math"), path
        for code in page.find_all(["code", "pre", "script"]):
            code.decompose()
        if path.parent.name == "notebooks":
            assert "$" not in page.article.get_text()


def test_every_figure_is_in_the_gallery_with_its_text_command_and_commit(site, pages):
    figures = pages[site / "gallery.html"].article.find_all("figure")
    files = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("figures/fashion/*/*.png")}
    shown = {}
    for figure in figures:
        text = " ".join(figure.figcaption.get_text(" ").split())
        command = re.search(r"snakemake --cores all (figures/fashion/\S+\.png)", text)
        shown[command[1]] = (figure.img["alt"], text)
        picture = target(site / "gallery.html", figure.img["src"])
        assert picture.read_bytes() == (ROOT / command[1]).read_bytes()
        assert figure.img["alt"] in text and figure.find("a", href=re.compile(r"^notebooks/\w+\.html"))
    assert shown.keys() == files == {one.file for one in STUDY.all_figures} and len(figures) == len(files)
    commits = {one.commit for one in STUDY.all_figures}
    assert all(f"Commit: {one.commit} ." in shown[one.file][1] for one in STUDY.all_figures)
    known = [commit for commit in commits if re.fullmatch("[0-9a-f]{7,}", commit)]
    assert known or not (ROOT / ".git").exists()


@pytest.mark.parametrize("room", STUDY.rooms)
def test_every_notebook_has_a_page_with_folded_code_answers_and_parameters(site, pages, room):
    page = pages[site / f"notebooks/{room}.html"].article
    notebook = STUDY.notebook(STUDY.notebook_file(room))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(page.find_all("details")) == len(code) - 2  # without the cells of parameters
    assert not [block for block in page.find_all(class_="cell_input") if not block.find_parent("details")]
    captions = [caption.get_text().strip("\n#") for caption in page.find_all("figcaption")]
    assert captions == [f"again: {STUDY.again(one)}" for one in drawn(notebook)]
    assert page.find_all("h2")[-1].get_text().startswith("Parameters")
    assert [cell.get_text() for cell in page.find_all("table")[-1].find_all("th")] == ["parameter", "value", "meaning"]


def drawn(notebook) -> list[str]:
    """Files of the pictures that a notebook shows, in their order."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.metadata["image/png"]["file"] for output in outputs if "image/png" in output.get("data", {})]


def test_every_public_name_and_command_is_in_the_reference(site, pages):
    for name in inpca.__all__:
        page = pages[site / f"api/generated/inpca.{name}.html"]
        assert page.article.find(id=f"inpca.{name}") and len(page.article.get_text()) > 200
    commands = pages[site / "api/commands.html"].get_text()
    assert all(
        f"usage: inpca {name}" in commands for name in ("embed", "compare", "place", "verify", "plan", "new-study")
    )


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("page", KINDS)
def test_pages_open_without_errors_and_can_be_read(site, browser, page, size):
    with opened(browser, site / f"{page}.html", size=size) as shown:
        shown.wait_for_load_state("networkidle")
        assert shown.evaluate("document.scrollingElement.scrollWidth") <= size[0]
        assert serious_violations(shown) == []


def test_the_search_finds_a_word_without_a_network(site, browser):
    with opened(browser, site / "search.html", "?q=geodesic") as shown:
        shown.wait_for_selector("#search-results li a")
        assert shown.locator("#search-results li").count() > 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there is no config/nowhere.yaml; studies with results here: "),
        (
            ["fashion_large"],
            "the study fashion_large has no results here: run it first with snakemake --cores all --conf",
        ),
        (["fashion", "--output", "docs"], "docs is there and is no site"),
    ],
)
def test_a_mistake_is_said_on_one_line_and_nothing_is_lost(arguments, said):
    before = sorted(os.listdir(ROOT / "docs"))
    command = [sys.executable, "-m", "paper.site", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith(f"error: {said}") and done.stderr.count("\n") == 1
    assert sorted(os.listdir(ROOT / "docs")) == before
