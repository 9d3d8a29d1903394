"""How Sphinx builds the site; its sources are written by ``python -m paper.site``."""

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
templates_path = ["_templates"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_code_prompt_show = nb_code_prompt_hide = "code"

# Types stand in docstrings, in words; napoleon leaves them as they are.
autodoc_typehints = "none"
napoleon_use_param = napoleon_use_rtype = False

# Nothing is loaded from elsewhere, and formulas need no script.
html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "Networks on one manifold"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "a11y-high-contrast-light",
    "show_toc_level": 2,
}
