"""Fake tensors: a size, a type and a device, and no elements.

Each stands for a tensor on ``meta`` with the same layout. An operator on fake tensors runs on those, by the shape rule
that every operator has, and its results are fake tensors on the device that the operator would have put them on.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator
from typing import Any

import flambeau
from flambeau import _C
from flambeau._absent import absent_class
from flambeau._dispatch_keys import Tag, _TorchDispatchModeKey
from flambeau.utils import _pytree as pytree
from flambeau.utils._python_dispatch import (
    LibraryMode,
    _disable_infra_mode,
    is_traceable_wrapper_subclass,
)

__all__ = [
    "DataDependentOutputException",
    "DynamicOutputShapeException",
    "FakeTensor",
    "FakeTensorConverter",
    "FakeTensorMode",
    "UnsupportedFakeTensorException",
    "UnsupportedOperatorException",
    "get_plain_tensors",
    "is_fake",
    "maybe_get_fake_mode",
    "unset_fake_temporarily",
]

Tensor = _C.Tensor
CrossRefFakeMode = absent_class(
    "_subclasses", "CrossRefFakeMode", "a mode that runs everything twice", NotImplementedError
)
_LARGEST_CONSTANT = 1  # elements of a value that is known though the tensor is fake


class UnsupportedFakeTensorException(RuntimeError):
    """A tensor has no fake form: a sparse one, say."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class DynamicOutputShapeException(RuntimeError):
    """The size of a result depends on the elements, which are not there."""

    def __init__(self, func: Any = None) -> None:
        super().__init__(func)
        self.func = func


class DataDependentOutputException(RuntimeError):
    """A result in Python depends on the elements, which are not there."""

    def __init__(self, func: Any = None) -> None:
        super().__init__(func)
        self.func = func


class UnsupportedOperatorException(RuntimeError):
    """An operator has no form on shapes alone."""

    def __init__(self, func: Any = None) -> None:
        super().__init__(func)
        self.func = func


class FakeTensor(Tensor):
    """A tensor without elements that behaves as one on its device does.

    Made by `FakeTensorMode.from_tensor`, or by any operator inside of the mode.

    >>> with FakeTensorMode():
    ...     x = flambeau.empty(2, 3, device="cuda")
    ...     y = x @ x.T
    >>> y.shape, y.device
    (torch.Size([2, 2]), device(type='cuda', index=0))
    """

    fake_mode: Any
    constant: Any
    real_tensor: Any
    _meta: Any

    @staticmethod
    def __new__(
        cls: Any, fake_mode: Any, elem: Any, device: Any, constant: Any = None, real_tensor: Any = None, **_: Any
    ) -> Any:
        if elem.device.type != "meta":
            raise AssertionError(f"FakeTensor: elem has to be a tensor on meta, not on {elem.device}")
        device = flambeau.device(device)
        if device.type == "meta" and not fake_mode.allow_meta:
            raise AssertionError("FakeTensor: device 'meta', which the mode does not allow (allow_meta=True)")
        if device.type in ("cuda", "xpu", "hpu") and device.index is None:
            device = flambeau.device(device.type, 0)
        self = _C._make_wrapper(
            cls, tuple(elem.shape), tuple(elem.stride()), elem.storage_offset(), elem.dtype, device, False, None
        )
        self._meta = elem.detach() if elem.requires_grad else elem
        self.fake_mode = fake_mode
        self.constant = constant
        self.real_tensor = real_tensor
        if elem.requires_grad:
            self.requires_grad_()
        return self

    __torch_function__ = _C._disabled_torch_function_impl

    @property
    def fake_device(self) -> Any:
        """The device that it is seen on."""
        return self.device

    @staticmethod
    def from_tensor(t: Any, fake_mode: Any) -> Any:
        """The fake form of a tensor."""
        return fake_mode.from_tensor(t)

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        modes = {id(t.fake_mode): t.fake_mode for t in _fakes_in(args, kwargs)}
        if len(modes) > 1:
            raise AssertionError(f"{func}: Mixing fake modes NYI: the tensors are of {len(modes)} modes")
        (mode,) = modes.values()
        if any(
            not issubclass(t, (FakeTensor, Tensor)) or (_C._runs_own_calls(t) and not issubclass(t, FakeTensor))
            for t in types
        ):
            return NotImplemented
        return mode.dispatch(func, types, args, kwargs or {})

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        parts = ["..."]
        if self.device.type != "cpu":
            parts.append(f"device='{self.device}'")
        parts.append(f"size={tuple(self.shape)}")
        if self.dtype != flambeau.get_default_dtype():
            parts.append(f"dtype={self.dtype}")
        if self.grad_fn is not None:
            parts.append(f"grad_fn=<{self.grad_fn.name()}>")
        elif self.requires_grad:
            parts.append("requires_grad=True")
        text = f"FakeTensor({', '.join(parts)})"
        return "Parameter containing:\n" + text if getattr(self, "_is_param", False) else text

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def tolist(self) -> Any:
        """The elements where they are known; DataDependentOutputException otherwise."""
        if self.constant is not None:
            return self.constant.tolist()
        if self.dim() == 0:
            return self.item()
        return [row.tolist() for row in self]

    def numpy(self, *, force: bool = False) -> Any:
        """Not possible: there are no elements. RuntimeError."""
        raise RuntimeError(".numpy() is not supported for tensor subclasses: a fake tensor has no elements")

    def __deepcopy__(self, memo: Any) -> Any:
        if id(self) in memo:
            return memo[id(self)]
        made: Any = FakeTensor(self.fake_mode, self._meta.clone(), self.device, self.constant)
        made.requires_grad_(self.requires_grad)
        if getattr(self, "_is_param", False):
            made._is_param = True
        memo[id(self)] = made
        return made


def _fakes_in(*trees: Any) -> list[Any]:
    return [leaf for leaf in pytree.tree_leaves(trees) if isinstance(leaf, FakeTensor)]


class FakeTensorConverter:
    """The fake forms of tensors: one for each, as long as both live."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Any, Any]] = {}

    def from_real_tensor(self, fake_mode: Any, t: Any, **_: Any) -> Any:
        """The fake form of a tensor."""
        key = id(t)
        entry = self._made.get(key)
        if entry is not None and entry[0]() is t and (fake := entry[1]()) is not None:
            return fake
        fake = self._make(fake_mode, t)
        self._made[key] = (weakref.ref(t, lambda _: self._made.pop(key, None)), weakref.ref(fake))
        return fake

    def _make(self, mode: Any, t: Any) -> Any:
        if t.layout != flambeau.strided:
            raise UnsupportedFakeTensorException(f"fake tensors are strided; this one has layout {t.layout}")
        base = t._base
        if base is not None and base.dtype == t.dtype and t.is_conj() == base.is_conj() and not t.is_neg():
            whole = self.from_real_tensor(mode, base)
            with mode, flambeau.set_grad_enabled(flambeau.is_grad_enabled() or t.requires_grad):
                view = whole.as_strided(t.size(), t.stride(), t.storage_offset())
            return view if view.requires_grad == t.requires_grad else view.detach().requires_grad_(t.requires_grad)
        with _without_modes():
            meta = flambeau.empty_strided(t.size(), t.stride(), dtype=t.dtype, device="meta")
            if t.dtype.is_complex and t.is_conj():
                meta = meta.conj()
        fake: Any = FakeTensor(mode, meta, t.device)
        fake.requires_grad_(t.requires_grad)
        if isinstance(t, flambeau.nn.Parameter):
            fake._is_param = True
        elif t.requires_grad and not t.is_leaf:
            with mode, flambeau.enable_grad():
                fake = fake.clone()
        if t.is_leaf and t.grad is not None:
            fake.grad = self.from_real_tensor(mode, t.grad)
        return fake


@contextlib.contextmanager
def _without_modes() -> Iterator[None]:
    guard = _C._DisableTorchDispatch()
    try:
        yield
    finally:
        del guard


class FakeTensorMode(LibraryMode):
    """A context in which operators make and take fake tensors.

    Args:
        allow_fallback_kernels: taken for PyTorch's sake; an operator without a shape rule is never run.
        allow_non_fake_inputs: real tensors among arguments become fake; otherwise they are an error.
        shape_env: sizes are numbers here; only None.
        static_shapes: sizes are numbers here; only None or True.

    Raises:
        NotImplementedError: symbolic sizes.
    """

    is_fake_mode = True

    def __init__(
        self,
        *,
        allow_fallback_kernels: bool = True,
        allow_non_fake_inputs: bool = False,
        shape_env: Any = None,
        static_shapes: bool | None = None,
        export: bool = False,
        allow_meta: bool = True,
    ) -> None:
        super().__init__()
        if shape_env is not None or static_shapes is False:
            raise NotImplementedError("FakeTensorMode: symbolic sizes (shape_env); sizes are numbers here")
        self._mode_key = _TorchDispatchModeKey.FAKE
        self.allow_fallback_kernels = allow_fallback_kernels
        self.allow_non_fake_inputs = allow_non_fake_inputs
        self.allow_meta = allow_meta
        self.shape_env = None
        self.static_shapes = True
        self.export = export
        self.fake_tensor_converter = FakeTensorConverter()
        self.in_kernel_invocation = False

    def is_our_fake(self, t: Any) -> bool:
        """Whether a tensor is a fake one of this mode."""
        return isinstance(t, FakeTensor) and t.fake_mode is self

    def from_tensor(self, tensor: Any, *, static_shapes: bool | None = None, **options: Any) -> Any:
        """The fake form of a tensor: its size, strides, type, device, whether it wants a gradient.

        The same tensor gives the same one again. Of a subclass that holds others, those become fake.
        """
        if isinstance(tensor, FakeTensor):
            if tensor.fake_mode is not self:
                raise AssertionError("from_tensor: Mixing fake modes NYI: this is a fake tensor of another mode")
            return tensor
        if is_traceable_wrapper_subclass(tensor):
            from flambeau.utils._python_dispatch import transform_subclass

            return transform_subclass(tensor, lambda _, inner: self.from_tensor(inner))
        with _disable_infra_mode(self._mode_key):
            return self.fake_tensor_converter.from_real_tensor(self, tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.dispatch(func, types, args, kwargs or {})

    # --- a call -------------------------------------------------------------------------------------------------------
    def dispatch(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run an operator on fake tensors."""
        if any(_C._runs_own_calls(t) and not issubclass(t, FakeTensor) for t in types):
            return NotImplemented  # a class that holds others takes itself apart first
        if func.name() == "aten::lift_fresh":
            return self._lifted(args[0])
        flat, spec = pytree.tree_flatten((args, kwargs))
        known = self._known_result(func, flat, spec)
        if known is not None:
            return known
        flat = [self._taken(func, leaf) for leaf in flat]
        fakes = [leaf for leaf in flat if isinstance(leaf, FakeTensor)]
        self._forget_constants(func, args, kwargs)
        if Tag.data_dependent_output in func.tags:
            raise DataDependentOutputException(func)
        if Tag.dynamic_output_shape in func.tags:
            raise DynamicOutputShapeException(func)
        args, kwargs = pytree.tree_unflatten(flat, spec)
        device = self._device_of_result(func, fakes, kwargs, args)
        return self._run(func, fakes, flat, spec, device)

    def _run(self, func: Any, fakes: list[Any], flat: list[Any], spec: Any, device: Any) -> Any:
        of_meta = {id(fake._meta): fake for fake in fakes}
        metas = [leaf._meta if isinstance(leaf, FakeTensor) else leaf for leaf in flat]
        args, kwargs = pytree.tree_unflatten(metas, spec)
        makes = any(a.name == "device" for a in func._schema.arguments)
        if kwargs.get("device") is not None or (not fakes and makes):
            kwargs = {**kwargs, "device": flambeau.device("meta")}
        with _without_modes():
            try:
                result = func(*args, **kwargs)
            except NotImplementedError as error:
                if "meta" in str(error):
                    raise UnsupportedOperatorException(func) from error
                raise
        for fake in fakes:  # what was changed in place may have another layout now
            if fake._meta.shape != fake.shape or fake._meta.stride() != fake.stride():
                _C._take_layout(fake, fake._meta)

        def shown(leaf: Any) -> Any:
            if not isinstance(leaf, Tensor):
                return leaf
            return of_meta.get(id(leaf)) if id(leaf) in of_meta else FakeTensor(self, leaf, device)

        return pytree.tree_map(shown, result)

    def _taken(self, func: Any, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        if isinstance(leaf, FakeTensor):
            if leaf.fake_mode is not self:
                raise AssertionError(f"{func}: Mixing fake modes NYI: an argument is a fake tensor of another mode")
            return leaf
        if not self.allow_non_fake_inputs:
            raise AssertionError(
                "Please convert all Tensors to FakeTensors first or instantiate FakeTensorMode with "
                f"'allow_non_fake_inputs'. Found a real one among the arguments of {func}"
            )
        return self.from_tensor(leaf)

    def _device_of_result(self, func: Any, fakes: list[Any], kwargs: Any, args: Any) -> Any:
        given = kwargs.get("device")
        if given is None and not fakes:
            given = flambeau.device("cpu")
        if given is not None:
            return flambeau.device(given)
        device, only_numbers = None, False
        for fake in fakes:
            number = fake.device.type == "cpu" and fake.dim() == 0
            if device is None or (only_numbers and not number):
                device, only_numbers = fake.device, number
            elif fake.device != device and not number and Tag.pointwise not in func.tags and func.name() in _ACROSS:
                continue
            elif fake.device != device and not number:
                raise RuntimeError(
                    f"Unhandled FakeTensor Device Propagation for {func}, found two different devices {device}, "
                    f"{fake.device}"
                )
        return args[0].device if func.name() in _ACROSS and isinstance(args[0], FakeTensor) else device

    # --- values that are known ----------------------------------------------------------------------------------------
    def _lifted(self, tensor: Any) -> Any:
        if isinstance(tensor, FakeTensor):
            return tensor
        with _without_modes():
            constant = tensor.clone() if tensor.numel() <= _LARGEST_CONSTANT else None
        fake = self.from_tensor(tensor)
        fake.constant = constant
        return fake

    def _known_result(self, func: Any, flat: list[Any], spec: Any) -> Any:
        """What an operator gives on values that are all known, where it is small and not drawn; else None."""
        tensors = [leaf for leaf in flat if isinstance(leaf, Tensor)]
        if not tensors or Tag.nondeterministic_seeded in func.tags or func._schema.is_mutable:
            return None
        if not all(isinstance(t, FakeTensor) and t.constant is not None for t in tensors):
            return None
        real = [leaf.constant if isinstance(leaf, FakeTensor) else leaf for leaf in flat]
        args, kwargs = pytree.tree_unflatten(real, spec)
        with _without_modes():
            result = func(*args, **kwargs)
        results = [leaf for leaf in pytree.tree_leaves(result) if isinstance(leaf, Tensor)]
        if any(t.numel() > _LARGEST_CONSTANT for t in results):
            return None

        def known(leaf: Any) -> Any:
            if not isinstance(leaf, Tensor):
                return leaf
            with _without_modes():
                meta = flambeau.empty_strided(leaf.size(), leaf.stride(), dtype=leaf.dtype, device="meta")
            return FakeTensor(self, meta, leaf.device, leaf)

        return pytree.tree_map(known, result)

    @staticmethod
    def _forget_constants(func: Any, args: Any, kwargs: Any) -> None:
        if func._schema.is_mutable:
            for argument, value in zip(func._schema.arguments, args, strict=False):
                if argument.is_write and isinstance(value, FakeTensor):
                    value.constant = None


# Operators whose arguments may be on different devices; the first says where the result is.
_ACROSS = frozenset(
    ("aten::copy_", "aten::index.Tensor", "aten::index_put_", "aten::index_put", "aten::set_.source_Tensor")
)


def is_fake(x: Any) -> bool:
    """Whether a tensor is fake, or holds one that is."""
    if isinstance(x, FakeTensor):
        return True
    if is_traceable_wrapper_subclass(x):
        return any(is_fake(getattr(x, name)) for name in x.__tensor_flatten__()[0])
    return False


def maybe_get_fake_mode(t: Any) -> Any:
    """The mode of a fake tensor, or of those that a tensor holds; None for a real one."""
    if isinstance(t, FakeTensor):
        return t.fake_mode
    if is_traceable_wrapper_subclass(t):
        for name in t.__tensor_flatten__()[0]:
            mode = maybe_get_fake_mode(getattr(t, name))
            if mode is not None:
                return mode
    return None


@contextlib.contextmanager
def unset_fake_temporarily() -> Iterator[Any]:
    """A context without the mode of fake tensors; gives the mode, or None."""
    with _disable_infra_mode(_TorchDispatchModeKey.FAKE) as mode:
        yield mode


def get_plain_tensors(subclass: Any, *, out: Any = None) -> list[Any]:
    """The plain tensors that a tensor is made of in the end."""
    found = [] if out is None else out
    if not is_traceable_wrapper_subclass(subclass):
        found.append(subclass)
        return found
    for name in subclass.__tensor_flatten__()[0]:
        get_plain_tensors(getattr(subclass, name), out=found)
    return found
