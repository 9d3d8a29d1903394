"""The gallery: every figure of a study with what it shows, where it is from, and the command that makes it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from paper.site.notebooks import figure
from paper.site.study import PublishedFigure, PublishedStudy

TEXT = """# Gallery

All {n} figures of the study [{study}]({config}), by notebook. Under each stands what it shows, the notebook that draws
and explains it, the commit that last changed it, and the command that makes it again, which runs only what it depends
on and is out of date. {pages}Checksums of all that the figures depend on are in [provenance.json]({provenance}).
"""


def gallery(study: PublishedStudy, titles: Mapping[str, str], places: Mapping[str, str]) -> str:
    """The page in MyST Markdown.

    Parameters
    ----------
    study : PublishedStudy
    titles : mapping
        Title of each room's notebook.
    places : mapping
        Links within the site: of the file that describes the study, of its ``provenance.json``, and of what can be
        turned, by their name in the project.
    """
    pages = ", ".join(
        f'<a href="{places[page]}">{Path(page).parent.name} {Path(page).stem}</a>' for page in study.interactive
    )
    text = TEXT.format(
        n=len(study.all_figures),
        study=study.name,
        config=places[study.config],
        provenance=places[f"{study.results}/provenance.json"],
        pages=f"To turn with the mouse: {pages}. " if pages else "",
    )
    parts = [text]
    for room in study.rooms:
        cards = [_card(one, study, titles[room]) for one in study.all_figures if one.room == room]
        if cards:
            parts += [f"## {titles[room]}", "::::::{grid} 1 1 2 2\n:gutter: 3", *cards, "::::::"]
    return "\n\n".join(parts) + "\n"


def _card(one: PublishedFigure, study: PublishedStudy, title: str) -> str:
    """One figure as a cell of the grid."""
    caption = f"**{one.name}.** {one.alt}"
    origin = f"Notebook: [{title}](/notebooks/{one.room}.ipynb). Commit: `{one.commit}`."
    again = f"`{study.again(one.file)}`"
    picture = figure(one.file, one.alt, f"{caption}\n\n{origin}\n\nAgain: {again}")
    return f":::::{{grid-item}}\n:class: gallery-item\n\n{picture}\n:::::"
