"""Examples in the documentation run, and its links lead somewhere."""

import re

import pytest
from conftest import ROOT

PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_example_of_the_dimension_shows_one_direction_against_several():
    (code,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/dimension.md").read_text("utf-8"), re.M | re.S)
    names = {}
    exec(code, names)
    found = names["found"]
    real, null = (found["participation"].sel(kind=kind).item() for kind in ("between", "between null"))
    assert real < 2 and null > 1.8 * real
    assert found["fewer_dimensions"].sel(of="between").item() == pytest.approx(null / real, rel=0.05)
