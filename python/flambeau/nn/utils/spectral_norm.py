"""Spectral normalization by a forward pre-hook (Miyato et al. 2018).

The newer form is utils.parametrizations.spectral_norm.
"""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau._C import Tensor

from ..functional import normalize
from ..parameter import Parameter


class SpectralNorm:
    """The hook: divides ``name_orig`` by its largest singular value, estimated by power iteration, before forward."""

    _version = 1

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.n_power_iterations = n_power_iterations
        self.name = name
        self.dim = dim
        self.eps = eps

    def reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        """(size of ``dim``, all the rest)."""
        matrix: Any = weight
        if self.dim != 0:
            matrix = matrix.permute(self.dim, *(d for d in range(matrix.dim()) if d != self.dim))
        return matrix.reshape(matrix.size(0), -1)

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Any:
        """The normalized weight; improves the singular vectors in place when asked to."""
        weight = getattr(module, self.name + "_orig")
        u, v = getattr(module, self.name + "_u"), getattr(module, self.name + "_v")
        matrix = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with flambeau.no_grad():
                for _ in range(self.n_power_iterations):
                    v = normalize(flambeau.mv(matrix.t(), u), dim=0, eps=self.eps, out=v)
                    u = normalize(flambeau.mv(matrix, v), dim=0, eps=self.eps, out=u)
                # the buffers change at the next call: the graph keeps copies
                u = u.clone(memory_format=flambeau.contiguous_format)
                v = v.clone(memory_format=flambeau.contiguous_format)
        return weight / flambeau.dot(u, flambeau.mv(matrix, v))

    def remove(self, module: Any) -> None:
        """Makes the weight a single parameter again."""
        with flambeau.no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        delattr(module, self.name)
        for suffix in ("_u", "_v", "_orig"):
            delattr(module, self.name + suffix)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))

    @staticmethod
    def apply(module: Any, name: str, n_power_iterations: int, dim: int, eps: float) -> SpectralNorm:
        """Registers the hook and its buffers. RuntimeError when it is there already, ValueError for a lazy weight."""
        if any(isinstance(h, SpectralNorm) and h.name == name for h in module._forward_pre_hooks.values()):
            raise RuntimeError(f"spectral_norm: cannot register two spectral_norm hooks on the same parameter {name}")
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"spectral_norm: parameter {name} is None")
        self = SpectralNorm(name, n_power_iterations, dim, eps)
        with flambeau.no_grad():
            matrix = self.reshape_weight_to_matrix(weight)
            rows, columns = matrix.size()
            u = normalize(weight.new_empty(rows).normal_(0, 1), dim=0, eps=eps)
            v = normalize(weight.new_empty(columns).normal_(0, 1), dim=0, eps=eps)
        delattr(module, name)
        module.register_parameter(name + "_orig", weight)
        # A plain attribute stands under the name, so that modules find it before the first forward.
        setattr(module, name, weight.data)
        module.register_buffer(name + "_u", u)
        module.register_buffer(name + "_v", v)
        module.register_forward_pre_hook(self)
        return self


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Any:
    """Keeps the largest singular value of a weight at one. ``dim`` is the output's (1 in transposed convolutions)."""
    if dim is None:
        nn = flambeau.nn
        dim = 1 if isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)) else 0
    SpectralNorm.apply(module, name, n_power_iterations, dim, eps)
    return module


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Undoes :func:`spectral_norm`. ValueError when there is none."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"spectral_norm of '{name}' not found in {module}")
