"""The base class of every optimizer: parameter groups, state, hooks, saving and loading.

The update rules stand one in a file beside this one; `_lists.py` holds what they share, learning-rate schedules are in
`lr_scheduler.py`.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from copy import deepcopy
from functools import wraps
from itertools import chain
from typing import Any

import flambeau
from flambeau import _C

ParamsT = Iterable[Any] | Iterable[dict[str, Any]] | Iterable[tuple[str, Any]]
StateDict = dict[str, Any]

_global_optimizer_pre_hooks: dict[int, Callable[..., Any]] = OrderedDict()
_global_optimizer_post_hooks: dict[int, Callable[..., Any]] = OrderedDict()


class _RequiredParameter:
    """Marks an option that has no default and that each parameter group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()


def _register(hooks: dict[int, Callable[..., Any]], hook: Callable[..., Any], prepend: bool = False) -> Any:
    from flambeau.utils.hooks import RemovableHandle

    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)  # type: ignore[attr-defined]
    return handle


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> Any:
    """Call ``hook(optimizer, args, kwargs)`` before every step of every optimizer; returns a handle that removes it."""
    return _register(_global_optimizer_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable[..., None]) -> Any:
    """Call ``hook(optimizer, args, kwargs)`` after every step of every optimizer; returns a handle that removes it."""
    return _register(_global_optimizer_post_hooks, hook)


def _use_grad_for_differentiable(step: Callable[..., Any]) -> Callable[..., Any]:
    """Run a step with gradients recorded only if the optimizer was made with ``differentiable=True``."""

    @wraps(step)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = flambeau.is_grad_enabled()
        wanted = bool(self.defaults.get("differentiable", False))
        if before is wanted:
            return step(self, *args, **kwargs)
        _C._set_grad_enabled(wanted)
        try:
            return step(self, *args, **kwargs)
        finally:
            _C._set_grad_enabled(before)

    return guarded


class Optimizer:
    """Holds parameters in groups, their options and their running state.

    Args:
        params: tensors, ``(name, tensor)`` pairs, or dicts with a ``"params"`` entry and options of that group.
        defaults: options used by each group that does not give its own.

    Raises:
        TypeError: ``params`` is a single tensor or holds something that is no tensor.
        ValueError: there is no parameter at all, or one stands in two groups.
    """

    _optimizer_step_pre_hooks: OrderedDict[int, Callable[..., Any]]
    _optimizer_step_post_hooks: OrderedDict[int, Callable[..., Any]]
    _optimizer_state_dict_pre_hooks: OrderedDict[int, Callable[..., Any]]
    _optimizer_state_dict_post_hooks: OrderedDict[int, Callable[..., Any]]
    _optimizer_load_state_dict_pre_hooks: OrderedDict[int, Callable[..., Any]]
    _optimizer_load_state_dict_post_hooks: OrderedDict[int, Callable[..., Any]]

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._make_hooks()
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._warned_capturable_if_run_uncaptured = True
        self._patch_step_function()
        if isinstance(params, flambeau.Tensor):
            raise TypeError(
                f"{type(self).__name__}: params is one tensor of shape {tuple(params.shape)}; give an iterable of "
                "tensors or of dicts, for example [tensor]"
            )
        groups = list(params)
        if not groups:
            raise ValueError(
                f"{type(self).__name__}: params holds no parameter; was the model's parameters() used up before?"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _make_hooks(self) -> None:
        for name in (
            "step_pre",
            "step_post",
            "state_dict_pre",
            "state_dict_post",
            "load_state_dict_pre",
            "load_state_dict_post",
        ):
            self.__dict__.setdefault(f"_optimizer_{name}_hooks", OrderedDict())

    # -- hooks --------------------------------------------------------------------------------------------------------
    def _patch_step_function(self) -> None:
        """Let `step` of this class run hooks; done once for a class, so that subclasses elsewhere have them too."""
        self._zero_grad_profile_name = f"Optimizer.zero_grad#{type(self).__name__}.zero_grad"
        if not getattr(type(self).step, "hooked", False):
            type(self).step = self.profile_hook_step(type(self).step)  # type: ignore[method-assign]
            type(self).step.hooked = True  # type: ignore[attr-defined]

    @staticmethod
    def profile_hook_step(func: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a step function so that the hooks of its optimizer run around it."""

        @wraps(func)
        def step(self: Any, *args: Any, **kwargs: Any) -> Any:
            before, after = self._optimizer_step_pre_hooks, self._optimizer_step_post_hooks
            if not (before or after or _global_optimizer_pre_hooks or _global_optimizer_post_hooks):
                return func(self, *args, **kwargs)
            for hook in chain(list(_global_optimizer_pre_hooks.values()), list(before.values())):
                changed = hook(self, args, kwargs)
                if changed is not None:
                    if not (isinstance(changed, tuple) and len(changed) == 2):
                        raise RuntimeError(
                            f"{type(self).__name__}.step: a pre-hook returned {changed!r}; it may return None or "
                            "new (args, kwargs)"
                        )
                    args, kwargs = changed
            result = func(self, *args, **kwargs)
            for hook in chain(list(after.values()), list(_global_optimizer_post_hooks.values())):
                hook(self, args, kwargs)
            return result

        return step

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Any:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return new ``(args, kwargs)``."""
        return _register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., None]) -> Any:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return _register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[[Optimizer], None], prepend: bool = False) -> Any:
        """Call ``hook(optimizer)`` at the start of `state_dict`."""
        return _register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., StateDict | None], prepend: bool = False) -> Any:
        """Call ``hook(optimizer, state_dict)`` at the end of `state_dict`; what it returns, if not None, is the
        result.
        """
        return _register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., StateDict | None], prepend: bool = False) -> Any:
        """Call ``hook(optimizer, state_dict)`` before `load_state_dict` looks at its argument; it may return
        another.
        """
        return _register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[[Optimizer], None], prepend: bool = False) -> Any:
        """Call ``hook(optimizer)`` when `load_state_dict` is done."""
        return _register(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    # -- pickling and printing ----------------------------------------------------------------------------------------
    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._make_hooks()
        self._warned_capturable_if_run_uncaptured = True
        self._patch_step_function()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    # -- saving and loading -------------------------------------------------------------------------------------------
    def state_dict(self) -> StateDict:
        """The options of each group and the state of each parameter, with parameters named by their number.

        Tensors are shared with the optimizer, not copied.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for param in group["params"]:
                numbers.setdefault(id(param), len(numbers))
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(param)] for param in group["params"]]
            groups.append(packed)
        is_tensor = flambeau.Tensor
        state = {numbers[id(key)] if isinstance(key, is_tensor) else key: value for key, value in self.state.items()}
        result: StateDict = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            changed = hook(self, result)
            if changed is not None:
                result = changed
        return result

    @staticmethod
    def _process_value_according_to_param_policy(
        param: Any, value: Any, param_id: int, param_groups: list[dict[Any, Any]], key: Hashable = None
    ) -> Any:
        """Give a loaded value the dtype and device of its parameter; step counters keep their own."""
        if key == "step":
            # A rounded counter would stop counting (bfloat16 cannot hold 257).
            for group in param_groups:
                if param_id in group["params"]:
                    if group.get("capturable") or group.get("fused"):
                        return value.to(dtype=flambeau.float32, device=param.device)
                    break
            return value
        if param.is_floating_point():
            return value.to(dtype=param.dtype, device=param.device)
        return value.to(device=param.device)

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Take options and state from what `state_dict` returned; parameters are matched by order.

        Raises:
            ValueError: the number of groups, or of parameters in a group, differs.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            changed = hook(self, state_dict)
            if changed is not None:
                state_dict = changed
        saved = deepcopy(state_dict["param_groups"])
        name = f"{type(self).__name__}.load_state_dict"
        if len(saved) != len(self.param_groups):
            raise ValueError(
                f"{name}: the state has {len(saved)} parameter groups, the optimizer {len(self.param_groups)}"
            )
        for number, (new, own) in enumerate(zip(saved, self.param_groups, strict=False)):
            if len(new["params"]) != len(own["params"]):
                raise ValueError(
                    f"{name}: group {number} holds {len(new['params'])} parameters in the state, "
                    f"{len(own['params'])} in the optimizer"
                )
        saved_ids = chain.from_iterable(group["params"] for group in saved)
        params = dict(zip(saved_ids, chain.from_iterable(group["params"] for group in self.param_groups), strict=False))

        def cast(param: Any, value: Any, number: Any, key: Hashable = None) -> Any:
            if isinstance(value, flambeau.Tensor):
                return self._process_value_according_to_param_policy(param, value, number, saved, key)
            if isinstance(value, dict):
                return {k: cast(param, v, number, k) for k, v in value.items()}
            if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
                items = [cast(param, v, number) for v in value]
                return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)  # type: ignore[call-arg]
            return value

        state: defaultdict[Any, Any] = defaultdict(dict)
        for number, value in state_dict["state"].items():
            if number in params:
                state[params[number]] = cast(params[number], value, number)
            else:
                state[number] = value
        for new, own in zip(saved, self.param_groups, strict=False):
            new["params"] = own["params"]
            if "param_names" in own and "param_names" not in new:
                new["param_names"] = own["param_names"]
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    # -- gradients and steps ------------------------------------------------------------------------------------------
    @staticmethod
    def _group_tensors_by_device_and_dtype(tensorlistlist: list[list[Any]], with_indices: bool = False) -> Any:
        """Lists of tensors cut by device and dtype; see `utils._foreach_utils`."""
        from flambeau.utils._foreach_utils import _group_tensors_by_device_and_dtype

        return _group_tensors_by_device_and_dtype(tensorlistlist, with_indices)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros.

        Args:
            set_to_none: drop them (less memory, and a parameter without a gradient is skipped by the step) instead of
                zeroing them in place.
        """
        from ._lists import clear_grads

        for group in self.param_groups:
            if set_to_none:
                clear_grads(group["params"])
                continue
            for param in group["params"]:
                grad = param.grad
                if grad is not None:
                    if grad.grad_fn is not None:
                        grad.detach_()
                    else:
                        grad.requires_grad_(False)
                    grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once.

        Args:
            closure: computes the loss and its gradients again and returns the loss; most optimizers don't need it.
        """
        raise NotImplementedError(
            f"{type(self).__name__}.step: not defined; a subclass of Optimizer gives its update here"
        )

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, for example layers that are unfrozen during training.

        Args:
            param_group: ``{"params": tensor or tensors, option: value, …}``.
        """
        name = f"{type(self).__name__}.add_param_group"
        if not isinstance(param_group, dict):
            raise TypeError(f"{name}: a group is a dict, not a {type(param_group).__name__}")
        given = param_group["params"]
        if isinstance(given, flambeau.Tensor):
            param_group["params"] = [given]
        elif isinstance(given, (set, frozenset)):
            raise TypeError(f"{name}: parameters stand in a set, whose order differs from run to run; use a list")
        else:
            param_group["params"] = list(given)
        _split_names(name, param_group)
        for param in param_group["params"]:
            if not isinstance(param, flambeau.Tensor):
                raise TypeError(f"{name}: a parameter is a {type(param).__name__}, tensors are wanted")
            if not self.defaults.get("differentiable") and not (param.is_leaf or param.retains_grad):
                raise ValueError(
                    f"{name}: a tensor of shape {tuple(param.shape)} is the result of an operation, not a leaf; "
                    "give the tensors it was computed from"
                )
        for key, default in self.defaults.items():
            if default is required and key not in param_group:
                raise ValueError(f"{name}: option {key!r} has no default, so the group must give it")
            param_group.setdefault(key, default)
        params = param_group["params"]
        ids = {id(param) for param in params}
        if len(ids) != len(params):
            warnings.warn(f"{name}: a parameter stands twice in its group and is updated twice", stacklevel=3)
        for other in self.param_groups:
            if not ids.isdisjoint(map(id, other["params"])):
                raise ValueError(f"{name}: a parameter stands in two groups")
            if ("param_names" in other) != ("param_names" in param_group):
                raise ValueError(f"{name}: either all groups name their parameters or none")
        self.param_groups.append(param_group)

    def _parameters(self) -> Iterator[Any]:
        return chain.from_iterable(group["params"] for group in self.param_groups)

    def _cuda_graph_capture_health_check(self) -> None:
        """Kept for programs that call it; nothing is captured on the CPU."""


def _split_names(name: str, group: dict[str, Any]) -> None:
    """Turn (name, tensor) pairs into a list of tensors and one of names."""
    pairs = [isinstance(param, tuple) for param in group["params"]]
    if not any(pairs):
        return
    if not all(pairs):
        raise ValueError(f"{name}: some parameters come with a name and some without")
    group["param_names"] = [pair[0] for pair in group["params"]]
    group["params"] = [pair[1] for pair in group["params"]]


# --- what optimizers of other libraries take from here ----------------------------------------------------------------
def _get_value(x: Any) -> Any:
    return x.item() if isinstance(x, flambeau.Tensor) else x


def _stack_if_compiling(x: Any) -> Any:
    return x


def _to_scalar(x: Any) -> Any:
    return x.squeeze() if isinstance(x, flambeau.Tensor) and x.dim() != 0 else x


def _get_scalar_dtype(is_fused: bool | None = None) -> Any:
    """The type of steps: float64 where that is the default type and nothing is fused."""
    double = not is_fused and flambeau.get_default_dtype() == flambeau.float64
    return flambeau.float64 if double else flambeau.float32


def _get_capturable_supported_devices(supports_xla: bool = True) -> list[str]:
    """Devices whose steps can be recorded: none."""
    return []


def _default_to_fused_or_foreach(params: list[Any], differentiable: bool, use_fused: bool = False) -> tuple[bool, bool]:
    """What an optimizer of another library is to choose where nothing is said: neither, as for the CPU in PyTorch."""
    return False, False


def _disable_dynamo_if_unsupported(single_tensor_fn: Any = None) -> Any:
    """A decorator that changes nothing: nothing is compiled."""
    return lambda function: function


def _view_as_real(params: list[Any], *state_and_grads: list[Any]) -> None:
    """Put views as pairs of real numbers in the place of complex tensors, in all lists at the same places."""
    for place, parameter in enumerate(params):
        if parameter.is_complex():
            for tensors in (params, *state_and_grads):
                tensors[place] = flambeau.view_as_real(tensors[place])
