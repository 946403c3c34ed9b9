"""Taking structures apart along a given structure, as generated code does with its arguments."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from flambeau.utils._pytree import TreeSpec, tree_flatten

FlattenFuncSpec = Callable[[Any, TreeSpec], list[Any]]
FlattenFuncExactMatchSpec = Callable[[Any, TreeSpec], bool]

SUPPORTED_NODES: dict[type[Any], FlattenFuncSpec] = {}
SUPPORTED_NODES_EXACT_MATCH: dict[type[Any], FlattenFuncExactMatchSpec | None] = {}


def register_pytree_flatten_spec(
    cls: Any,
    flatten_fn_spec: FlattenFuncSpec,
    flatten_fn_exact_match_spec: FlattenFuncExactMatchSpec | None = None,
) -> None:
    """Say how objects of a class come apart when the structure is known.

    Args:
        cls: the class.
        flatten_fn_spec: from an object and its structure to the list of its children.
        flatten_fn_exact_match_spec: whether an object has exactly this structure.
    """
    SUPPORTED_NODES[cls] = flatten_fn_spec
    SUPPORTED_NODES_EXACT_MATCH[cls] = flatten_fn_exact_match_spec


def tree_flatten_spec(pytree: Any, spec: TreeSpec) -> list[Any]:
    """The leaves of a structure that has (at least) the parts of `spec`.

    Dicts may have more keys, and sequences more items, than the structure says; those are left out.

    Raises:
        RuntimeError: a class that is not registered.
    """
    if spec.is_leaf():
        return [pytree]
    kind: Any = spec.type
    apart = SUPPORTED_NODES.get(kind)
    if apart is None:
        flattened, found = tree_flatten(pytree)
        if found != spec:
            raise RuntimeError(
                f"fx.tree_flatten_spec: {kind} is not registered with register_pytree_flatten_spec, and the value has "
                f"another structure than was traced: {found} against {spec}"
            )
        return flattened
    leaves: list[Any] = []
    for child, child_spec in zip(apart(pytree, spec), spec.children_specs, strict=True):
        leaves += tree_flatten_spec(child, child_spec)
    return leaves


def _sequence_children(values: Any, spec: TreeSpec) -> list[Any]:
    return [values[at] for at in range(spec.num_children)]


def _dict_children(values: dict[Any, Any], spec: TreeSpec) -> list[Any]:
    return [values[key] for key in spec.context]


def _same_length(values: Any, spec: TreeSpec) -> bool:
    return len(values) == spec.num_children


for _kind in (list, tuple, namedtuple):
    register_pytree_flatten_spec(_kind, _sequence_children, _same_length)
register_pytree_flatten_spec(dict, _dict_children, _same_length)
del _kind
