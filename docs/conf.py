"""How Sphinx builds the site; its sources are written by ``python -m paper.site``."""

from pathlib import Path

import inpca

project = "inpca"
author = copyright = "the inpca developers"
release = version = inpca.__version__
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_design",
    "paper.site.mathml",
    "paper.site.reference",
]
exclude_patterns = ["figures", "results"]
smartquotes = False
templates_path = [str(Path(__file__).parent / "_templates")]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_code_prompt_show = nb_code_prompt_hide = "code"

# Types stand in docstrings, in words; napoleon leaves them as they are.
autodoc_typehints = "none"
napoleon_use_param = napoleon_use_rtype = False
# What docstrings name and the reference leaves out: words of types, constants, and what is inside the library.
nitpick_ignore_regex = [
    ("py:class", r"\w[\w ]*"),
    ("py:data", ".*"),
    ("py:exc", "ConvergenceError"),
    ("py:meth", "close"),
    ("py:func", r"landmarks\..*"),
    ("py:.*", r"inpca\.(probabilities|trajectories)\..*"),
    ("py:.*", r"(torch|numpy|sklearn)\..*"),
]

# Nothing is loaded from elsewhere, and formulas need no script.
html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "InPCA"
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["site.css"]
# The search shows titles alone: browsers do not read pages of a folder for excerpts.
html_show_search_summary = html_copy_source = html_show_sourcelink = False
# Pages without pages below them, and those of single files, have no navigation beside them.
html_sidebars = {page: [] for page in ["index", "gallery", "readme", "contributing", "changelog", "search", "files/**"]}
html_theme_options = {
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "a11y-high-contrast-light",
    "show_toc_level": 2,
}
