"""One page of HTML to look around in embeddings of many models: turned, coloured, filtered, asked for single runs.

The page holds everything that it needs, opens from a file, and asks nothing of a network. Drawn on the graphics card,
it stays quick where pages of general libraries do not: with hundreds of thousands of models.
"""

from inpca.explorer.page import write_explorer

__all__ = ["write_explorer"]
