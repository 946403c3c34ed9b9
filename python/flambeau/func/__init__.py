"""Functions of functions: gradients, Jacobians and batches of whole functions, nested at will.

Each transform is a level of the core's (`_levels`): `grad` and `vjp` have a tape of their own there, `jvp` tangents;
within `vmap` a tensor stands for one entry of a batch, which operators take as a whole.
"""

from __future__ import annotations

from flambeau._subclasses.functional_tensor import functionalize as functionalize

from ._tools import debug_unwrap as debug_unwrap
from ._tools import rearrange as rearrange
from ._tools import replace_all_batch_norm_modules_ as replace_all_batch_norm_modules_
from .stateless import functional_call as functional_call
from .stateless import stack_module_state as stack_module_state
from .transforms import grad as grad
from .transforms import grad_and_value as grad_and_value
from .transforms import hessian as hessian
from .transforms import jacfwd as jacfwd
from .transforms import jacrev as jacrev
from .transforms import jvp as jvp
from .transforms import linearize as linearize
from .transforms import vjp as vjp
from .vmap import vmap as vmap

__all__ = [
    "debug_unwrap", "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp",
    "linearize", "rearrange", "replace_all_batch_norm_modules_", "stack_module_state", "vjp", "vmap",
]  # fmt: skip
