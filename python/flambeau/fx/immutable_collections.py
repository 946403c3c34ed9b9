"""Lists and dicts that refuse to be changed: what `Node.args` and `Node.kwargs` hold.

A change in place would go past the bookkeeping of who uses whom; assigning new arguments goes through it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from flambeau.utils import _pytree

__all__ = ["immutable_dict", "immutable_list"]


def _refusing(kind: str, method: str) -> Any:
    def refused(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(
            f"{kind}.{method}: arguments of a node cannot be changed in place; "
            "assign a new tuple to node.args or a new dict to node.kwargs"
        )

    refused.__name__ = method
    return refused


class immutable_list(list[Any]):
    """A list whose changing methods raise TypeError; hashable when its elements are."""

    append = _refusing("immutable_list", "append")
    clear = _refusing("immutable_list", "clear")
    extend = _refusing("immutable_list", "extend")
    insert = _refusing("immutable_list", "insert")
    pop = _refusing("immutable_list", "pop")
    remove = _refusing("immutable_list", "remove")
    reverse = _refusing("immutable_list", "reverse")
    sort = _refusing("immutable_list", "sort")
    __delitem__ = _refusing("immutable_list", "__delitem__")
    __iadd__ = _refusing("immutable_list", "__iadd__")
    __imul__ = _refusing("immutable_list", "__imul__")
    __setitem__ = _refusing("immutable_list", "__setitem__")

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def __reduce__(self) -> Any:
        return immutable_list, (tuple(self),)


class immutable_dict(dict[Any, Any]):
    """A dict whose changing methods raise TypeError; hashable when its values are."""

    clear = _refusing("immutable_dict", "clear")
    pop = _refusing("immutable_dict", "pop")
    popitem = _refusing("immutable_dict", "popitem")
    setdefault = _refusing("immutable_dict", "setdefault")
    update = _refusing("immutable_dict", "update")
    __delitem__ = _refusing("immutable_dict", "__delitem__")
    __ior__ = _refusing("immutable_dict", "__ior__")
    __setitem__ = _refusing("immutable_dict", "__setitem__")

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> Any:
        return immutable_dict, (tuple(self.items()),)


def _list_apart(values: immutable_list) -> tuple[list[Any], None]:
    return list(values), None


def _list_together(values: Iterable[Any], context: None) -> immutable_list:
    return immutable_list(values)


def _dict_apart(values: immutable_dict) -> tuple[list[Any], list[Any]]:
    return list(values.values()), list(values)


def _dict_together(values: Iterable[Any], context: list[Any]) -> immutable_dict:
    return immutable_dict(zip(context, values, strict=True))


_pytree.register_pytree_node(
    immutable_list, _list_apart, _list_together, serialized_type_name="torch.fx.immutable_collections.immutable_list"
)
_pytree.register_pytree_node(
    immutable_dict, _dict_apart, _dict_together, serialized_type_name="torch.fx.immutable_collections.immutable_dict"
)
