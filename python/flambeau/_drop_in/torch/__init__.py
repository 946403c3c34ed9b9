"""What `import torch` finds in processes that programs under `python -m flambeau` start: puts Flambeau in its place.

The folder above stands in PYTHONPATH there, before any PyTorch that is installed. The distribution beside this one
answers for `importlib.metadata.version("torch")`.
"""

import importlib.util
import pathlib
import sys

if importlib.util.find_spec("flambeau") is None:  # another interpreter of the same version
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[3]))

from flambeau._as_torch import install_as_torch

del sys.modules["torch"]  # this module; the import system hands out what stands there in the end
install_as_torch()
