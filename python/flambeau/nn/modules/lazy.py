"""LazyModuleMixin: modules whose parameter shapes follow from their first input."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

from ..parameter import is_lazy


class LazyModuleMixin:
    """Put before a Module class: keeps uninitialized parameters until the first call.

    A subclass assigns UninitializedParameter attributes, defines ``initialize_parameters(*inputs)`` that materializes
    them, and names in ``cls_to_become`` the class that the module turns into once it is complete.
    """

    cls_to_become: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this: Any = self
        self._load_hook = this._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = this.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)
        warnings.warn(
            "Lazy modules are a new feature under heavy development so changes to the API or functionality can happen "
            "at any moment.",
            stacklevel=2,
        )

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        # Uninitialized tensors have no data to detach: they are stored as they are.
        this: Any = self
        for name, param in this._parameters.items():
            if param is not None:
                destination[prefix + name] = param if is_lazy(param) or keep_vars else param.detach()
        for name, buffer in this._buffers.items():
            if buffer is not None and name not in this._non_persistent_buffers_set:
                destination[prefix + name] = buffer if is_lazy(buffer) or keep_vars else buffer.detach()

    def _lazy_load_hook(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Before loading: gives uninitialized tensors the shapes of the ones that will be copied in."""
        this: Any = self
        for name, param in itertools.chain(this._parameters.items(), this._buffers.items()):
            key = prefix + name
            if key in state_dict and param is not None and is_lazy(param):
                source = state_dict[key]
                if not is_lazy(source):
                    param.materialize(source.shape)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Materializes the parameters for these inputs; to be defined by the subclass."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer of the module itself has no shape yet."""
        this: Any = self
        return any(is_lazy(t) for t in itertools.chain(this._parameters.values(), this._buffers.values()))

    def _infer_parameters(self, module: Any, args: Any, kwargs: Any = None) -> None:
        """Forward pre-hook of the first call: completes the module and removes itself."""
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {type(self).__name__} has not been fully initialized")
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become

    def _replicate_for_data_parallel(self) -> Any:
        raise RuntimeError("a lazy module cannot be replicated before its first forward call")
