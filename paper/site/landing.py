"""The first page: its picture is the manifold that turns under the mouse, where the study has made one."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from paper.site.study import DEFAULT_STUDY, PublishedFigure, PublishedStudy

#: A picture of Markdown on a line of its own.
PICTURE = re.compile(r"^!\[[^\]]*\]\([^)]+\)$", re.MULTILINE)
#: Stands for it: a private character, which no text has.
PLACE = "\ue000"
#: The figure that stands for the study, if it has it.
FIRST_CHOICE = ("main_manifold", "manifold_3d")
#: Folder of the site for pages to turn the manifold on.
INTERACTIVE = "interactive"


def of_study(text: str, study: PublishedStudy) -> str:
    """A text about the default study whose links lead to files of another; pictures are left out, which it may lack.

    Parameters
    ----------
    text : str
        ``docs/index.md``.
    study : PublishedStudy
    """
    return PICTURE.sub(PLACE, text.replace(f"/{DEFAULT_STUDY}/", f"/{study.name}/"), count=1)


def landing(text: str, study: PublishedStudy) -> str:
    """The first page of a study, with its manifold in the place that :func:`of_study` left."""
    return text.replace(PLACE, manifold(study))


def manifold(study: PublishedStudy) -> str:
    """The manifold of a study in MyST Markdown: to turn, where the page for it was made and the screen is wide."""
    picture = _picture(study)
    if not study.interactive:
        how = f"`{study.again(study.figures + '/explorer.html')}` makes the page on which it turns."
        return f"![{picture.alt}](/{picture.file})\n\n{how}"
    page = interactive_places(study)[study.interactive[0]]
    link = f'<a href="{escape(page)}">Open it on a page of its own</a>'
    frame = (
        f'<iframe class="manifold" src="{escape(page)}" loading="lazy" title="{escape(picture.alt)}"></iframe>\n'
        f'<p class="manifold-link">Turn it with the mouse. {link}.</p>'
    )
    return f"```{{raw}} html\n{frame}\n```\n\n:::{{div}} manifold-picture\n![{picture.alt}](/{picture.file})\n:::"


def _picture(study: PublishedStudy) -> PublishedFigure:
    """The figure that stands for a study."""
    chosen = [one for one in study.all_figures if (one.room, one.name) == FIRST_CHOICE]
    return (chosen or study.all_figures)[0]


def interactive_places(study: PublishedStudy) -> dict[str, str]:
    """Where pages to turn the manifold on are in the site, by file of the project; they share one folder."""
    return {page: f"{INTERACTIVE}/{'-'.join(Path(page).parts[2:])}" for page in study.interactive}
