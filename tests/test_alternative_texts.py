"""Who does not see a picture is told in a sentence what it shows, in notebooks, on their pages and in the README."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT
from PIL import Image

from paper.figures.style import FEWEST_WORDS
from paper.study.rooms import rooms

README = (ROOT / "README.md").read_text(encoding="utf-8")
IMAGES = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)


def is_sentence(alt: str) -> bool:
    """Whether a text begins and ends as a sentence does, and is no name of a file."""
    return re.fullmatch(r"[A-Z].*\.", alt, re.S) is not None and len(alt.split()) >= FEWEST_WORDS


def images_of(notebook) -> list[str]:
    """Alternative text of each picture among the outputs of a notebook."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if any(kind.startswith("image/") for kind in output.get("data", {}))]
    return [output["metadata"].get("image/png", {}).get("alt", "") for output in pictures]


@pytest.mark.parametrize("name", sorted(rooms()))
def test_every_picture_of_a_notebook_and_of_its_page_has_an_alternative_text(smoke, name):
    notebook = nbformat.read(smoke / f"results/smoke/notebooks/{name}.ipynb", as_version=4)
    page = BeautifulSoup((smoke / f"results/smoke/notebooks/{name}.html").read_text(), "html.parser")
    alts = images_of(notebook)
    assert len(alts) == len(list((smoke / f"figures/smoke/{name}").glob("*.png")))
    assert [image.get("alt", "") for image in page.find_all("img")] == alts
    assert not [alt for alt in alts if not is_sentence(alt)]
    assert len(set(alts)) == len(alts)


def test_every_picture_of_the_readme_has_an_alternative_text():
    assert len(IMAGES) > 8 and "<img" not in README
    assert not [path for alt, path in IMAGES if not is_sentence(alt)]
    assert len({alt for alt, _ in IMAGES}) == len(IMAGES)


@pytest.mark.published
@pytest.mark.parametrize(("alt", "path"), IMAGES, ids=[path for _, path in IMAGES])
def test_the_readme_says_of_a_picture_what_its_notebook_says(alt, path):
    with Image.open(ROOT / path) as image:
        assert image.text["Description"] == alt
