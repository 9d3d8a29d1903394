"""Figures of an embedding: of anyone's networks, as :meth:`inpca.InPCA.to_xarray` returns it.

Each figure takes the dataset, and says by plain arguments what its models are: ``groups`` gives each model the name of
its group, which is its colour; ``runs`` the name of its run, whose models are joined by a line in the order in which
they come; ``color`` numbers to colour models by, or the colour of each group; ``geodesic`` the positions of the models
that are the points of a geodesic. Needs matplotlib, the interactive figure plotly: ``pip install inpca[plot]``.
"""

import lazy_loader as lazy

_loaded, __dir__, __all__ = lazy.attach_stub(__name__, __file__)


def __getattr__(name: str):
    try:
        return _loaded(name)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("matplotlib", "mpl_toolkits", "plotly"):
            raise
        message = f"figures of an embedding need {package}, which is not installed: pip install 'inpca[plot]'"
        raise ModuleNotFoundError(message, name=package) from None
