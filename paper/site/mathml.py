"""Formulas of Sphinx pages as MathML, drawn as those of the notebooks' own pages are; an extension of Sphinx."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from paper.pages.formulas import FormulaError, Formulas

log = logging.getLogger(__name__)


def mathml(tex: str, *, block: bool = False) -> str:
    r"""A formula as an element of HTML.

    Raises
    ------
    FormulaError
        If it cannot be drawn.

    Examples
    --------
    >>> mathml(r"d_B").startswith("<math")
    True
    """
    formulas, mark = Formulas(), "$$" if block else "$"
    known = re.sub(r"\\dots\b", r"\\ldots", " ".join(tex.split()))  # docutils knows only the latter
    return formulas.put_into(formulas.taken_out(f"{mark}{known}{mark}"))


def _drawn(node: nodes.Element, *, block: bool) -> str:
    try:
        return mathml(node.astext(), block=block)
    except FormulaError as error:
        log.warning(str(error), location=node)
        return f"<code>{node.astext()}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    self.body.append(_drawn(node, block=False))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own paragraph, which can be scrolled."""
    self.body.append(
        f'<div class="formula" tabindex="0" role="group" aria-label="formula">{_drawn(node, block=True)}</div>'
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer; a site uses it with ``html_math_renderer = "mathml"``."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
