"""Writing a module's state into a dictionary and reading it back: the work behind Module.state_dict and
Module.load_state_dict, and the report of keys that do not fit."""

from __future__ import annotations

import itertools
import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from typing import Any

import flambeau
from flambeau._C import Tensor

from .parameter import Parameter, is_lazy

_EXTRA_STATE_KEY_SUFFIX = "_extra_state"


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` returns: the keys that were not found and those that had no place."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


def collect_state(module: Any, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """Fills ``destination`` with the state of ``module`` and, depth first, of its submodules."""
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    local_metadata = {"version": module._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = local_metadata
    for hook in module._state_dict_pre_hooks.values():
        hook(module, prefix, keep_vars)
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in module._state_dict_hooks.values():
        result = hook(module, destination, prefix, local_metadata)
        if getattr(hook, "_from_public_api", False):
            if result is not None:
                raise RuntimeError("state_dict post-hook must return None; it changes the dictionary in place")
        elif result is not None:
            destination = result
    return destination


def save_own_state(module: Any, destination: Any, prefix: str, keep_vars: bool) -> None:
    """The parameters, persistent buffers and extra state of ``module`` itself."""
    for name, param in module._parameters.items():
        if param is not None:
            destination[prefix + name] = param if keep_vars else param.detach()
    for name, buffer in module._buffers.items():
        if buffer is not None and name not in module._non_persistent_buffers_set:
            destination[prefix + name] = buffer if keep_vars else buffer.detach()
    if _has_extra_state(module, "get_extra_state"):
        destination[prefix + _EXTRA_STATE_KEY_SUFFIX] = module.get_extra_state()


def _has_extra_state(module: Any, method: str) -> bool:
    from .modules.module import Module

    return getattr(type(module), method, None) is not getattr(Module, method)


def load_own_state(
    module: Any,
    state_dict: Any,
    prefix: str,
    local_metadata: Any,
    strict: bool,
    missing_keys: list[str],
    unexpected_keys: list[str],
    error_msgs: list[str],
) -> None:
    """Copies (or assigns) the entries of ``state_dict`` under ``prefix`` to ``module``; problems go to the lists."""
    for hook in module._load_state_dict_pre_hooks.values():
        hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
    assign = local_metadata.get("assign_to_params_buffers", False)
    persistent = (item for item in module._buffers.items() if item[0] not in module._non_persistent_buffers_set)
    local = {name: t for name, t in itertools.chain(module._parameters.items(), persistent) if t is not None}
    for name, target in local.items():
        key = prefix + name
        if key in state_dict:
            problem = _load_tensor(module, name, key, target, state_dict[key], assign)
            if problem:
                error_msgs.append(problem)
        elif strict:
            missing_keys.append(key)

    extra_key = prefix + _EXTRA_STATE_KEY_SUFFIX
    if _has_extra_state(module, "set_extra_state"):
        if extra_key in state_dict:
            module.set_extra_state(state_dict[extra_key])
        elif strict:
            missing_keys.append(extra_key)
    elif strict and extra_key in state_dict:
        unexpected_keys.append(extra_key)

    if strict:
        for key in state_dict:
            if key.startswith(prefix) and key != extra_key:
                first, dot, _ = key[len(prefix) :].partition(".")
                if first not in (module._modules if dot else local):
                    unexpected_keys.append(key)


def _load_tensor(module: Any, name: str, key: str, target: Any, source: Any, assign: bool) -> str:
    """Puts ``source`` in the place of, or copies it into, ``target``; returns what was wrong, or ''."""
    if not isinstance(source, Tensor) and not hasattr(type(source), "__torch_function__"):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(source)}"
        )
    lazy = is_lazy(target)
    if not lazy:
        if target.dim() == 0 and source.dim() == 1:  # checkpoints once stored scalars as one-element vectors
            source = source[0]
        if source.shape != target.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {source.shape} from checkpoint, "
                f"the shape in current model is {target.shape}."
            )
    if target.is_meta and not source.is_meta and not assign:
        warnings.warn(
            f"for {key}: copying a real tensor into a parameter on device meta does nothing; did you mean "
            "load_state_dict(..., assign=True), or to_empty(device=...) before loading?",
            stacklevel=4,
        )
    try:
        with flambeau.no_grad():
            if assign:
                if isinstance(target, Parameter):
                    if isinstance(source, Parameter):
                        source.requires_grad_(target.requires_grad)
                    else:
                        source = Parameter(source, requires_grad=target.requires_grad)
                setattr(module, name, source)
            else:
                target.copy_(source)
    except Exception as error:
        action = "assigning" if assign else "copying"
        return (
            f'While {action} the parameter named "{key}", whose dimensions in the model are {target.size()} and '
            f"whose dimensions in the checkpoint are {source.size()}, an exception occurred : {error.args}."
        )
    return ""


def load_state(root: Any, state_dict: Any, strict: bool, assign: bool) -> _IncompatibleKeys:
    """Loads ``state_dict`` into ``root`` and all its submodules. Raises RuntimeError listing whatever did not fit."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"load_state_dict: Expected state_dict to be dict-like, got {type(state_dict)}.")
    everything: Any = OrderedDict(state_dict)
    metadata = getattr(state_dict, "_metadata", None)
    if metadata is not None:
        everything._metadata = metadata
    errors: list[str] = []
    missing: list[str] = []
    unexpected: list[str] = []

    def load(module: Any, local_state: Any, prefix: str) -> None:
        local_metadata = (metadata or {}).get(prefix[:-1], {})
        if assign:
            local_metadata["assign_to_params_buffers"] = True
        module._load_from_state_dict(local_state, prefix, local_metadata, True, missing, unexpected, errors)
        for name, child in module._modules.items():
            if child is not None:
                child_prefix = f"{prefix}{name}."
                child_state = {k: v for k, v in local_state.items() if k.startswith(child_prefix)}
                load(child, child_state, child_prefix)
        incompatible = _IncompatibleKeys(missing, unexpected)
        for hook in module._load_state_dict_post_hooks.values():
            if hook(module, incompatible) is not None:
                raise AssertionError("load_state_dict post-hook must return None; it changes the key lists in place")

    load(root, everything, "")
    if strict:
        for title, keys in (("Missing", missing), ("Unexpected", unexpected)):
            if keys:
                listed = ", ".join(f'"{key}"' for key in keys)
                # Unexpected keys stand first, as the place where a wrong checkpoint shows.
                errors.insert(0, f"{title} key(s) in state_dict: {listed}. ")
    if errors:
        raise RuntimeError(
            "Error(s) in loading state_dict for {}:\n\t{}".format(type(root).__name__, "\n\t".join(errors))
        )
    return _IncompatibleKeys(missing, unexpected)
