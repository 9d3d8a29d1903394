"""InPCA: see how networks learn, as the geometry of what they predict.

Names are loaded when they are first used, from the modules that ``__init__.pyi`` names, so that geometry waits neither
for scikit-learn nor for PyTorch.
"""

import lazy_loader as lazy

#: The one place that says the version; pyproject.toml reads it.
__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
