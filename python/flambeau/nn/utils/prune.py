"""Pruning: a parameter becomes itself times a mask of 0 and 1, which methods choose and later ones may narrow.

Pruning ``weight`` makes the parameter ``weight_orig`` and the buffer ``weight_mask``; ``weight`` is their product, made
anew before each forward pass. Masks are chosen by random numbers, by magnitude or by norms of channels (Molchanov et
al., arXiv 1611.06440; Li et al., arXiv 1608.08710), or given.
"""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

import flambeau

from ..modules.module import Module
from ..parameter import Parameter

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer",
    "RandomStructured", "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned",
    "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove",
]  # fmt: skip


# --- amounts and dimensions -------------------------------------------------------------------------------------------
def _validate_pruning_amount_init(amount: Any) -> None:
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"prune: amount is {amount!r}, an int or a float is wanted")
    negative = isinstance(amount, numbers.Integral) and float(amount) < 0
    if negative or (not isinstance(amount, numbers.Integral) and not 0.0 <= float(amount) <= 1.0):
        raise ValueError(f"prune: amount is {amount}, a share from 0.0 to 1.0 or a number of at least 0 is wanted")


def _validate_pruning_amount(amount: Any, tensor_size: int) -> None:
    if isinstance(amount, numbers.Integral) and int(amount) > tensor_size:
        raise ValueError(f"prune: amount is {amount}, but there are only {tensor_size} to prune")


def _compute_nparams_toprune(amount: Any, tensor_size: int) -> int:
    return int(amount) if isinstance(amount, numbers.Integral) else round(amount * tensor_size)


def _validate_structured_pruning(t: Any) -> None:
    if t.dim() <= 1:
        raise ValueError(f"prune: channels of a tensor of shape {tuple(t.shape)}: two dimensions at least are wanted")


def _validate_pruning_dim(t: Any, dim: int) -> None:
    if not -t.dim() <= dim < t.dim():
        raise IndexError(f"prune: dim is {dim} for a tensor of shape {tuple(t.shape)}")


def _compute_norm(t: Any, n: Any, dim: int) -> Any:
    """The n-norm of each channel along `dim`."""
    others = [d for d in range(t.dim()) if d != dim % t.dim()]
    return flambeau.norm(t, p=n, dim=others)


def _channel_mask(t: Any, kept: Any, dim: int) -> Any:
    """A mask of the tensor's shape that is 1 at the channels whose numbers are given."""
    mask = flambeau.zeros_like(t)
    place: list[Any] = [slice(None)] * t.dim()
    place[dim] = kept
    mask[tuple(place)] = 1
    return mask


# --- methods ----------------------------------------------------------------------------------------------------------
class BasePruningMethod(ABC):
    """A way to choose a mask: `compute_mask`, and PRUNING_TYPE, one of "unstructured", "structured", "global".

    The type says what a second pruning looks at: entries that are left, channels that are not wholly gone, or all.
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask for a tensor, 0 where `default_mask` is.

        Args:
            t: importances; entries near 0 go first.
            default_mask: what earlier prunings have left.
        """

    def apply_mask(self, module: Module) -> Any:
        """The parameter times its mask."""
        name = self._tensor_name
        mask = getattr(module, name + "_mask")
        original = getattr(module, name + "_orig")
        return mask.to(dtype=original.dtype) * original

    @classmethod
    def apply(cls, module: Module, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prune a parameter; the remaining arguments make the method.

        Args:
            importance_scores: of the parameter's shape, looked at in its place.
        """
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        earlier = [
            (key, hook)
            for key, hook in module._forward_pre_hooks.items()
            if isinstance(hook, BasePruningMethod) and hook._tensor_name == name
        ]
        if len(earlier) > 1:
            raise AssertionError(f"prune: {name!r} of {module} has {len(earlier)} pruning hooks, at most one is wanted")
        if earlier:
            key, before = earlier[0]
            if not isinstance(before, PruningContainer):
                before = PruningContainer(before)
            before.add_pruning_method(method)
            del module._forward_pre_hooks[key]
            method = before
        original = getattr(module, name)
        if importance_scores is not None and importance_scores.shape != original.shape:
            raise AssertionError(
                f"prune: importance_scores has shape {tuple(importance_scores.shape)}, {name!r} of {module} has "
                f"{tuple(original.shape)}"
            )
        scores = original if importance_scores is None else importance_scores
        if not earlier:
            module.register_parameter(name + "_orig", original)
            del module._parameters[name]
            default_mask = flambeau.ones_like(original)
        else:
            default_mask = getattr(module, name + "_mask").detach().clone(memory_format=flambeau.contiguous_format)
        try:
            with flambeau.no_grad():
                mask = method.compute_mask(scores, default_mask=default_mask)
            module.register_buffer(name + "_mask", mask)
            setattr(module, name, method.apply_mask(module))
            module.register_forward_pre_hook(method)
        except Exception:
            if not earlier:
                parameter = getattr(module, name + "_orig")
                module.register_parameter(name, parameter)
                del module._parameters[name + "_orig"]
            raise
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """A tensor times the mask that the method chooses for it."""
        if importance_scores is not None and importance_scores.shape != t.shape:
            raise AssertionError(
                f"prune: importance_scores has shape {tuple(importance_scores.shape)}, the tensor {tuple(t.shape)}"
            )
        scores = t if importance_scores is None else importance_scores
        mask = flambeau.ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(scores, default_mask=mask)

    def remove(self, module: Module) -> None:
        """Make the pruned values the parameter itself and forget the mask."""
        name = self._tensor_name
        if name is None:
            raise AssertionError(f"prune: {module} has no pruned parameter of this method")
        pruned = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters.pop(name + "_orig")
        assert isinstance(original, Parameter)
        original.data = pruned.data
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


class PruningContainer(BasePruningMethod):
    """Several prunings of one parameter, one after the other."""

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        for number, method in enumerate(args):
            if number == 0:
                self._tensor_name = method._tensor_name
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Append a method for the same parameter."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"PruningContainer: {type(method)} is no BasePruningMethod")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                f"PruningContainer: it prunes {self._tensor_name!r}, the method is one for {method._tensor_name!r}"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask of the last method, which looks only at what the earlier ones left."""
        method = self._pruning_methods[-1]
        mask = default_mask.to(dtype=t.dtype)
        place: Any
        if method.PRUNING_TYPE == "unstructured":
            place = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.dim()  # type: ignore[attr-defined]
            left = mask.sum([d for d in range(t.dim()) if d != dim]) != 0
            place = (slice(None),) * dim + (left,)
        elif method.PRUNING_TYPE == "global":
            place = (slice(None),) * t.dim()
        else:
            raise ValueError(f"PruningContainer: PRUNING_TYPE {method.PRUNING_TYPE!r} is not known")
        new_mask = mask.clone()
        new_mask[place] = method.compute_mask(t[place], default_mask=mask[place]).to(dtype=new_mask.dtype)
        return new_mask


class Identity(BasePruningMethod):
    """Prunes nothing, but sets up parameter and mask."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask

    @classmethod
    def apply(cls, module: Module, name: str) -> Any:  # type: ignore[override]
        return super().apply(module, name)


class RandomUnstructured(BasePruningMethod):
    """Prunes entries by chance: a share (float) or a number (int) of them."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: Any) -> None:
        _validate_pruning_amount_init(amount)
        self.amount = amount

    def _importance(self, t: Any) -> Any:
        return -flambeau.rand_like(t)  # the largest numbers are pruned, as PyTorch's choice has it

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        _validate_pruning_amount(self.amount, t.nelement())
        count = _compute_nparams_toprune(self.amount, t.nelement())
        mask = default_mask.clone(memory_format=flambeau.contiguous_format)
        if count:
            least = flambeau.topk(self._importance(t).reshape(-1), k=count, largest=False)
            mask.view(-1)[least.indices] = 0
        return mask

    @classmethod
    def apply(cls, module: Module, name: str, amount: Any) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount)


class L1Unstructured(RandomUnstructured):
    """Prunes the entries nearest to 0."""

    def _importance(self, t: Any) -> Any:
        return t.abs()

    @classmethod
    def apply(cls, module: Module, name: str, amount: Any, importance_scores: Any = None) -> Any:  # type: ignore[override]
        return BasePruningMethod.apply.__func__(  # type: ignore[attr-defined]
            cls, module, name, amount=amount, importance_scores=importance_scores
        )


class _Structured(BasePruningMethod):
    """Prunes whole channels along a dimension."""

    PRUNING_TYPE = "structured"
    amount: Any
    dim: int

    def _count(self, t: Any) -> tuple[int, int]:
        """How many channels there are and how many go, after a look at the arguments."""
        _validate_structured_pruning(t)
        _validate_pruning_dim(t, self.dim)
        channels = t.shape[self.dim]
        _validate_pruning_amount(self.amount, channels)
        return channels, _compute_nparams_toprune(self.amount, channels)


class RandomStructured(_Structured):
    """Prunes channels along `dim` by chance."""

    def __init__(self, amount: Any, dim: int = -1) -> None:
        _validate_pruning_amount_init(amount)
        self.amount, self.dim = amount, dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        channels, count = self._count(t)
        if count == 0:
            return default_mask
        chance = flambeau.rand(channels)
        kept = chance > flambeau.kthvalue(chance, k=count).values
        return default_mask * _channel_mask(t, kept, self.dim).to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Module, name: str, amount: Any, dim: int = -1) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_Structured):
    """Prunes the channels along `dim` of smallest n-norm; `n` as for `flambeau.norm`."""

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        _validate_pruning_amount_init(amount)
        self.amount, self.n, self.dim = amount, n, dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        channels, count = self._count(t)
        if count == 0:
            return default_mask
        kept = flambeau.topk(_compute_norm(t, self.n, self.dim), k=channels - count, largest=True).indices
        return default_mask * _channel_mask(t, kept, self.dim).to(dtype=default_mask.dtype)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None
    ) -> Any:
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prunes by a mask that is given."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"CustomFromMask: the mask has shape {tuple(self.mask.shape)}, {tuple(t.shape)} wanted"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Module, name: str, mask: Any) -> Any:  # type: ignore[override]
        return super().apply(module, name, mask=mask)


def _pruned(method: type[BasePruningMethod], module: Module, name: str, *args: Any, **kwargs: Any) -> Module:
    """The module, after a method was applied to one of its parameters."""
    method.apply(module, name, *args, **kwargs)
    return module


# --- functions --------------------------------------------------------------------------------------------------------
def identity(module: Module, name: str) -> Module:
    """Set up parameter and mask without pruning; gives the module."""
    return _pruned(Identity, module, name)


def random_unstructured(module: Module, name: str, amount: Any) -> Module:
    """Prune entries by chance; `amount` is a share (float) or a number (int). Gives the module."""
    return _pruned(RandomUnstructured, module, name, amount)


def l1_unstructured(module: Module, name: str, amount: Any, importance_scores: Any = None) -> Module:
    """Prune the entries nearest to 0, or of least importance where that is given. Gives the module."""
    return _pruned(L1Unstructured, module, name, amount=amount, importance_scores=importance_scores)


def random_structured(module: Module, name: str, amount: Any, dim: int) -> Module:
    """Prune channels along `dim` by chance. Gives the module."""
    return _pruned(RandomStructured, module, name, amount, dim)


def ln_structured(module: Module, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None) -> Module:
    """Prune the channels along `dim` of smallest n-norm. Gives the module."""
    return _pruned(LnStructured, module, name, amount, n, dim, importance_scores=importance_scores)


def custom_from_mask(module: Module, name: str, mask: Any) -> Module:
    """Prune by a mask. Gives the module."""
    return _pruned(CustomFromMask, module, name, mask)


def global_unstructured(
    parameters: Any, pruning_method: type[BasePruningMethod], importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prune several parameters at once, by one comparison over all their entries.

    Args:
        parameters: pairs of module and name.
        pruning_method: a class of PRUNING_TYPE "unstructured".
        importance_scores: a dict from the pairs to tensors of the parameters' shapes.
        kwargs: arguments of the class; ``amount`` counts entries of all together.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError(f"global_unstructured: parameters is {parameters!r}, pairs of module and name are wanted")
    pairs = list(parameters)
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError(f"global_unstructured: importance_scores is a {type(scores).__name__}, a dict is wanted")
    looked_at = [scores.get(pair, getattr(*pair)) for pair in pairs]
    values = flambeau.cat([value.reshape(-1) for value in looked_at])
    masks = [getattr(module, name + "_mask", flambeau.ones_like(getattr(module, name))) for module, name in pairs]
    default = flambeau.cat([mask.reshape(-1) for mask in masks])
    container = PruningContainer()
    container._tensor_name = "temp"
    method: Any = pruning_method(**kwargs)
    method._tensor_name = "temp"
    container.add_pruning_method(method)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f"global_unstructured: {pruning_method.__name__} has PRUNING_TYPE {method.PRUNING_TYPE!r}, "
            "'unstructured' is wanted"
        )
    with flambeau.no_grad():
        final = container.compute_mask(values, default)
    start = 0
    for module, name in pairs:
        parameter = getattr(module, name)
        count = math.prod(parameter.shape)
        custom_from_mask(module, name, mask=final[start : start + count].view_as(parameter))
        start += count


def remove(module: Module, name: str) -> Module:
    """Make the pruned values of a parameter permanent. Gives the module.

    Raises:
        ValueError: the parameter is not pruned.
    """
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"prune.remove: parameter {name!r} of {module} is not pruned")


def is_pruned(module: Module) -> bool:
    """Whether any parameter of the module or of those inside it is pruned."""
    return any(
        isinstance(hook, BasePruningMethod) for part in module.modules() for hook in part._forward_pre_hooks.values()
    )
