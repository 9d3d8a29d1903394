"""What the first cell of a notebook says: its title and the question that it asks."""

from __future__ import annotations

#: Starts the paragraph that says what a notebook asks.
QUESTION = "**Question.**"


def opening(source: str) -> tuple[str, str]:
    """Title and question of a notebook, from the text of its first cell; the question is empty if there is none.

    Examples
    --------
    >>> opening("# Sizes\\n\\n**Question.** Which is faster?\\n\\nMore.")
    ('Sizes', 'Which is faster?')
    """
    lines = source.splitlines()
    asked = [line.removeprefix(QUESTION).strip() for line in lines if line.startswith(QUESTION)]
    return lines[0].removeprefix("#").strip(), asked[0] if asked else ""
