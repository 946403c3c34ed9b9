"""Checkpoints that keep some results: which ones, a policy says operator by operator."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau.utils import _pytree as pytree
from flambeau.utils._python_dispatch import TorchDispatchMode

__all__ = ["CheckpointPolicy", "SelectiveCheckpointContext", "create_selective_checkpoint_contexts"]


class CheckpointPolicy(enum.Enum):
    """What becomes of an operator's result: kept, or computed again. Between MUST and PREFER nothing differs here."""

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3


class SelectiveCheckpointContext:
    """What a policy is told beside the call: which of the two computations it is."""

    def __init__(self, *, is_recompute: bool, op_output: Any = None) -> None:
        self.is_recompute = is_recompute
        self.op_output = op_output


def _policy_of(answer: Any) -> CheckpointPolicy:
    if isinstance(answer, bool):
        return CheckpointPolicy.MUST_SAVE if answer else CheckpointPolicy.PREFER_RECOMPUTE
    if not isinstance(answer, CheckpointPolicy):
        raise TypeError(f"selective checkpoint: the policy gave {answer!r}, a CheckpointPolicy or a bool is wanted")
    return answer


def _kept(policy: CheckpointPolicy) -> bool:
    return policy in (CheckpointPolicy.MUST_SAVE, CheckpointPolicy.PREFER_SAVE)


def _ignored(func: Any) -> bool:
    return bool(func.name() == "aten::detach")


class _Result:
    """A kept result, and the versions it has to have still."""

    def __init__(self, value: Any) -> None:
        self.value = pytree.tree_map(lambda leaf: leaf.detach() if isinstance(leaf, flambeau.Tensor) else leaf, value)
        self.versions = [leaf._version for leaf in self._tensors()]

    def _tensors(self) -> list[Any]:
        return [leaf for leaf in pytree.tree_leaves(self.value) if isinstance(leaf, flambeau.Tensor)]

    def get(self, func: Any, changes_allowed: bool) -> Any:
        """The result. RuntimeError where it was changed in place since."""
        if not changes_allowed and self.versions != [leaf._version for leaf in self._tensors()]:
            raise RuntimeError(
                f"selective checkpoint: the kept result of {func} has been mutated; "
                "allow_cache_entry_mutation=True takes it as it is"
            )
        return self.value


class _Keeping(TorchDispatchMode):
    """The first computation: keeps what the policy wants kept."""

    def __init__(self, policy: Callable[..., Any], storage: dict[Any, list[Any]]) -> None:
        super().__init__()
        self.policy, self.storage = policy, storage

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if _ignored(func):
            return func(*args, **kwargs)
        result = func(*args, **kwargs)
        context = SelectiveCheckpointContext(is_recompute=False, op_output=result)
        if _kept(_policy_of(self.policy(context, func, *args, **kwargs))):
            self.storage[func].append(_Result(result))
        return result


class _Replaying(TorchDispatchMode):
    """The second computation: takes what was kept, in the order in which it came."""

    def __init__(self, policy: Callable[..., Any], storage: dict[Any, list[Any]], changes_allowed: bool) -> None:
        super().__init__()
        self.policy, self.storage, self.changes_allowed = policy, storage, changes_allowed

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if _ignored(func):
            return func(*args, **kwargs)
        context = SelectiveCheckpointContext(is_recompute=True)
        if not _kept(_policy_of(self.policy(context, func, *args, **kwargs))):
            return func(*args, **kwargs)
        if not self.storage.get(func):
            raise RuntimeError(
                f"selective checkpoint: trying to backward an extra time, or {func} ran more often in the second "
                "computation than in the first"
            )
        return self.storage[func].pop(0).get(func, self.changes_allowed)


def create_selective_checkpoint_contexts(
    policy_fn_or_list: Any, allow_cache_entry_mutation: bool = False
) -> tuple[TorchDispatchMode, TorchDispatchMode]:
    """The two contexts of a checkpoint that keeps some results; for `checkpoint(..., context_fn=...)`.

    Args:
        policy_fn_or_list: called as ``policy(context, op, *args, **kwargs)`` for every operator below autograd, gives a
            `CheckpointPolicy`; or a list of operators whose results are kept.
        allow_cache_entry_mutation: take kept results even if they were changed in place.

    Raises:
        ValueError: an item of the list is no overload of `flambeau.ops`.

    >>> from flambeau.utils.checkpoint import checkpoint
    >>> contexts = lambda: create_selective_checkpoint_contexts([flambeau.ops.aten.mm.default])
    >>> x = flambeau.ones(2, 2, requires_grad=True)
    >>> checkpoint(lambda x: (x @ x).tanh(), x, use_reentrant=False, context_fn=contexts).sum().backward()
    """
    policy = policy_fn_or_list
    if isinstance(policy_fn_or_list, (list, tuple)):
        from flambeau._ops import OpOverload

        for item in policy_fn_or_list:
            if not isinstance(item, OpOverload):
                raise ValueError(
                    "create_selective_checkpoint_contexts: expected overloads such as ops.aten.mm.default, "
                    f"got {item!r}"
                )

        def policy(context: Any, op: Any, *args: Any, **kwargs: Any) -> CheckpointPolicy:
            kept = op in policy_fn_or_list
            return CheckpointPolicy.MUST_SAVE if kept else CheckpointPolicy.PREFER_RECOMPUTE

    elif not callable(policy_fn_or_list):
        raise TypeError("create_selective_checkpoint_contexts: a policy is a function or a list of operators")
    storage: dict[Any, list[Any]] = defaultdict(list)
    return _Keeping(policy, storage), _Replaying(policy, storage, allow_cache_entry_mutation)
