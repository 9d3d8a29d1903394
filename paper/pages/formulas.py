"""Formulas of Markdown texts as MathML, which browsers draw without scripts and without the network."""

from __future__ import annotations

import re

from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml

#: Code, in which a dollar is a dollar, or a formula: of its own paragraph, or within a line.
PARTS = re.compile(r"(?P<code>```.*?```|`[^`\n]*`)|\$\$(?P<block>.+?)\$\$|(?<!\\)\$(?P<inline>[^$\n]+?)\$", re.DOTALL)
#: A fraction of two digits without braces, as TeX allows.
FRACTION = re.compile(r"(\\[td]?frac)(\d)(\d)")
#: Stands for a formula while Markdown becomes HTML: private characters, which no text has.
MARK = "\ue000{}\ue001"


class FormulaError(ValueError):
    """A formula that cannot be drawn; its message says which, and why."""


class Formulas:
    """Formulas taken out of Markdown texts, to be put into the page that is made of them.

    Examples
    --------
    >>> formulas = Formulas()
    >>> text = formulas.taken_out("A distance $d_B$, at `$HOME`.")
    >>> text.endswith("`$HOME`."), "$d_B$" in text
    (True, False)
    >>> formulas.put_into(text).startswith("A distance <math")
    True
    """

    def __init__(self) -> None:
        self._mathml: list[str] = []

    def taken_out(self, text: str) -> str:
        """The text with a mark in place of each formula.

        Raises
        ------
        FormulaError
            If a formula is none that can be drawn.
        """
        return PARTS.sub(self._mark, text)

    def put_into(self, html: str) -> str:
        """The page with each formula in place of its mark."""
        for index, formula in enumerate(self._mathml):
            html = html.replace(MARK.format(index), formula)
        return html

    def _mark(self, found: re.Match) -> str:
        """What stands for one part of a text."""
        if found["code"]:
            return found["code"]
        tex, block = found["block"] or found["inline"], bool(found["block"])
        try:
            mathml = tex2mathml(FRACTION.sub(r"\1{\2}{\3}", tex.strip()), as_block=block)
        except MathError as error:
            raise FormulaError(f"the formula ${tex}$ cannot be drawn: {error}") from None
        self._mathml.append(re.sub(r"\n\s*", "", mathml))
        return MARK.format(len(self._mathml) - 1)
