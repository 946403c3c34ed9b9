"""Trees of containers: flatten, map and put together again lists, tuples, dicts and registered classes.

Everything that is no registered container is a leaf, None too. A `TreeSpec` is the tree without its leaves.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, cast

__all__ = [
    "Context",
    "DumpableContext",
    "FlattenFunc",
    "LeafSpec",
    "PyTree",
    "TreeSpec",
    "UnflattenFunc",
    "key_get",
    "keystr",
    "register_pytree_node",
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_is_leaf",
    "tree_iter",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_map_only_",
    "tree_map_with_path",
    "tree_structure",
    "tree_unflatten",
    "treespec_dumps",
    "treespec_loads",
    "treespec_pprint",
]

PyTree = Any
Context = Any
DumpableContext = Any
FlattenFunc = Callable[[PyTree], tuple[list[Any], Context]]
UnflattenFunc = Callable[[Iterable[Any], Context], PyTree]
Leaf = Callable[[PyTree], bool] | None


@dataclasses.dataclass(frozen=True)
class SequenceKey:
    """The place of a child in a list or tuple."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"

    def get(self, sequence: Any) -> Any:
        return sequence[self.idx]


@dataclasses.dataclass(frozen=True)
class MappingKey:
    """The key of a child in a dict."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"

    def get(self, mapping: Any) -> Any:
        return mapping[self.key]


@dataclasses.dataclass(frozen=True)
class GetAttrKey:
    """The attribute that holds a child."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"

    def get(self, obj: Any) -> Any:
        return getattr(obj, self.name)


KeyEntry = Any
KeyPath = tuple[Any, ...]


class NodeDef(NamedTuple):
    """How containers of one class come apart and together."""

    type: type[Any]
    flatten_fn: FlattenFunc
    unflatten_fn: UnflattenFunc
    flatten_with_keys_fn: Callable[[PyTree], tuple[list[tuple[KeyEntry, Any]], Context]] | None


class _Serialized(NamedTuple):
    name: str
    to_dumpable: Callable[[Context], Any] | None
    from_dumpable: Callable[[Any], Context] | None


SUPPORTED_NODES: dict[Any, NodeDef] = {}
_SERIALIZED: dict[Any, _Serialized] = {}
_BY_SERIALIZED_NAME: dict[str, Any] = {}


def _tuple_flatten(d: tuple[Any, ...]) -> tuple[list[Any], Context]:
    return list(d), None


def _tuple_unflatten(values: Iterable[Any], context: Context) -> tuple[Any, ...]:
    return tuple(values)


def _list_flatten(d: list[Any]) -> tuple[list[Any], Context]:
    return d, None


def _list_unflatten(values: Iterable[Any], context: Context) -> list[Any]:
    return list(values)


def _dict_flatten(d: dict[Any, Any]) -> tuple[list[Any], Context]:
    return list(d.values()), list(d)


def _dict_unflatten(values: Iterable[Any], context: Context) -> dict[Any, Any]:
    return dict(zip(context, values, strict=True))


def _ordereddict_unflatten(values: Iterable[Any], context: Context) -> OrderedDict[Any, Any]:
    return OrderedDict(zip(context, values, strict=True))


def _defaultdict_flatten(d: defaultdict[Any, Any]) -> tuple[list[Any], Context]:
    return list(d.values()), [d.default_factory, list(d)]


def _defaultdict_unflatten(values: Iterable[Any], context: Context) -> defaultdict[Any, Any]:
    return defaultdict(context[0], zip(context[1], values, strict=True))


def _deque_flatten(d: deque[Any]) -> tuple[list[Any], Context]:
    return list(d), d.maxlen


def _deque_unflatten(values: Iterable[Any], context: Context) -> deque[Any]:
    return deque(values, maxlen=context)


def _namedtuple_flatten(d: Any) -> tuple[list[Any], Context]:
    return list(d), type(d)


def _namedtuple_unflatten(values: Iterable[Any], context: Context) -> Any:
    return context(*values)


def _sequence_with_keys(flatten: FlattenFunc) -> Any:
    def with_keys(d: Any) -> tuple[list[tuple[KeyEntry, Any]], Context]:
        values, context = flatten(d)
        return [(SequenceKey(at), value) for at, value in enumerate(values)], context

    return with_keys


def _mapping_with_keys(flatten: FlattenFunc) -> Any:
    def with_keys(d: Any) -> tuple[list[tuple[KeyEntry, Any]], Context]:
        values, context = flatten(d)
        return [(MappingKey(key), value) for key, value in zip(d, values, strict=True)], context

    return with_keys


def _namedtuple_flatten_with_keys(d: Any) -> tuple[list[tuple[KeyEntry, Any]], Context]:
    return [(GetAttrKey(name), getattr(d, name)) for name in d._fields], type(d)


_odict_flatten = _ordereddict_flatten = _dict_flatten
_odict_unflatten = _ordereddict_unflatten
_list_flatten_with_keys = _sequence_with_keys(_list_flatten)
_tuple_flatten_with_keys = _sequence_with_keys(_tuple_flatten)
_deque_flatten_with_keys = _sequence_with_keys(_deque_flatten)
_dict_flatten_with_keys = _mapping_with_keys(_dict_flatten)
_ordereddict_flatten_with_keys = _dict_flatten_with_keys
_defaultdict_flatten_with_keys = _mapping_with_keys(_defaultdict_flatten)


def register_pytree_node(
    cls: type[Any],
    flatten_fn: FlattenFunc,
    unflatten_fn: UnflattenFunc,
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: Callable[[Context], Any] | None = None,
    from_dumpable_context: Callable[[Any], Context] | None = None,
    flatten_with_keys_fn: Any = None,
) -> None:
    """Make a class a container.

    Args:
        cls: the class; its subclasses are not meant.
        flatten_fn: from an object to (children, context).
        unflatten_fn: from (children, context) back to an object.
        serialized_type_name: its name in `treespec_dumps`.
        to_dumpable_context: from a context to something that JSON can hold, and `from_dumpable_context` back.
        flatten_with_keys_fn: like `flatten_fn`, with (key, child) pairs.
    """
    if cls in SUPPORTED_NODES:
        raise ValueError(f"register_pytree_node: {cls} is registered already")
    if (to_dumpable_context is None) != (from_dumpable_context is None):
        raise ValueError(
            f"register_pytree_node: {cls} has one of to_dumpable_context and from_dumpable_context; "
            "both or none are wanted"
        )
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)
    name = serialized_type_name
    if name is None:
        name = f"{cls.__module__}.{cls.__qualname__}"
    _SERIALIZED[cls] = _Serialized(name, to_dumpable_context, from_dumpable_context)
    _BY_SERIALIZED_NAME[name] = cls


_register_pytree_node = _private_register_pytree_node = register_pytree_node


def _deregister_pytree_node(cls: type[Any]) -> None:
    SUPPORTED_NODES.pop(cls, None)
    serialized = _SERIALIZED.pop(cls, None)
    if serialized is not None:
        _BY_SERIALIZED_NAME.pop(serialized.name, None)


def _dotted(cls: Any) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _from_dotted(name: str) -> Any:
    import importlib

    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


register_pytree_node(tuple, _tuple_flatten, _tuple_unflatten, flatten_with_keys_fn=_tuple_flatten_with_keys)
register_pytree_node(list, _list_flatten, _list_unflatten, flatten_with_keys_fn=_list_flatten_with_keys)
register_pytree_node(dict, _dict_flatten, _dict_unflatten, flatten_with_keys_fn=_dict_flatten_with_keys)
register_pytree_node(
    cast("type[Any]", namedtuple),  # the function stands for all the classes that it makes
    _namedtuple_flatten,
    _namedtuple_unflatten,
    serialized_type_name="collections.namedtuple",
    to_dumpable_context=_dotted,
    from_dumpable_context=_from_dotted,
    flatten_with_keys_fn=_namedtuple_flatten_with_keys,
)
register_pytree_node(
    OrderedDict, _ordereddict_flatten, _ordereddict_unflatten, flatten_with_keys_fn=_ordereddict_flatten_with_keys
)
register_pytree_node(
    defaultdict,
    _defaultdict_flatten,
    _defaultdict_unflatten,
    to_dumpable_context=lambda context: [context[0] and _dotted(context[0]), context[1]],
    from_dumpable_context=lambda dumped: [dumped[0] and _from_dotted(dumped[0]), dumped[1]],
    flatten_with_keys_fn=_defaultdict_flatten_with_keys,
)
register_pytree_node(deque, _deque_flatten, _deque_unflatten, flatten_with_keys_fn=_deque_flatten_with_keys)
STANDARD_DICT_TYPES = frozenset({dict, OrderedDict, defaultdict})
BUILTIN_TYPES = frozenset({tuple, list, dict, namedtuple, OrderedDict, defaultdict, deque})


def register_dataclass(
    cls: type[Any],
    *,
    field_names: list[str] | None = None,
    drop_field_names: list[str] | None = None,
    serialized_type_name: str | None = None,
) -> None:
    """Make a dataclass a container of its fields; dropped fields take their defaults."""
    names = [field.name for field in dataclasses.fields(cls) if field.init] if field_names is None else field_names
    kept = [name for name in names if name not in (drop_field_names or ())]

    def flatten(obj: Any) -> tuple[list[Any], Context]:
        present = [name for name in kept if getattr(obj, name) is not None]
        return [getattr(obj, name) for name in present], [present, [name for name in kept if name not in present]]

    def with_keys(obj: Any) -> tuple[list[tuple[KeyEntry, Any]], Context]:
        values, context = flatten(obj)
        return [(GetAttrKey(name), value) for name, value in zip(context[0], values, strict=True)], context

    def unflatten(values: Iterable[Any], context: Context) -> Any:
        return cls(**dict(zip(context[0], values, strict=True)), **dict.fromkeys(context[1]))

    register_pytree_node(
        cls,
        flatten,
        unflatten,
        serialized_type_name=serialized_type_name,
        to_dumpable_context=lambda context: context,
        from_dumpable_context=lambda dumped: dumped,
        flatten_with_keys_fn=with_keys,
    )


def register_constant(cls: type[Any]) -> None:
    """Make objects of a class part of the tree's structure instead of leaves."""
    register_pytree_node(
        cls, lambda obj: ([], obj), lambda values, context: context, flatten_with_keys_fn=lambda obj: ([], obj)
    )


def is_namedtuple_class(cls: type) -> bool:
    """Whether a class was made by `collections.namedtuple` or `typing.NamedTuple`."""
    return isinstance(cls, type) and issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


def is_namedtuple_instance(obj: object) -> bool:
    """Whether an object is a named tuple."""
    return is_namedtuple_class(type(obj))


def is_namedtuple(obj: object | type) -> bool:
    """Whether an object or a class is a named tuple."""
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


_is_namedtuple_instance = is_namedtuple_instance


def is_structseq_class(cls: type) -> bool:
    """Whether a class is a structure sequence of C, such as the types of an operator's named results."""
    return (
        isinstance(cls, type)
        and issubclass(cls, tuple)
        and not hasattr(cls, "_fields")
        and all(isinstance(getattr(cls, name, None), int) for name in ("n_fields", "n_sequence_fields"))
    )


def is_structseq_instance(obj: object) -> bool:
    """Whether an object is a structure sequence."""
    return is_structseq_class(type(obj))


def is_structseq(obj: object | type) -> bool:
    """Whether an object or a class is a structure sequence."""
    return is_structseq_class(obj if isinstance(obj, type) else type(obj))


def _get_node_type(tree: Any) -> Any:
    kind = type(tree)
    if kind not in SUPPORTED_NODES:
        if is_namedtuple_class(kind):
            return namedtuple
        if kind.__module__ == "torch.return_types":
            _register_result(kind)
    return kind


def _register_result(kind: type) -> None:
    """Makes the type of an operator's named results a container; they appear with the first such result."""
    register_pytree_node(
        kind,
        lambda parts: (list(parts), None),
        lambda values, context: kind(list(values)),
        flatten_with_keys_fn=lambda parts: ([(SequenceKey(at), part) for at, part in enumerate(parts)], None),
    )


def tree_is_leaf(tree: PyTree, is_leaf: Leaf = None) -> bool:
    """Whether a value is no container."""
    if is_leaf is not None and is_leaf(tree):
        return True
    return _get_node_type(tree) not in SUPPORTED_NODES


_is_leaf = tree_is_leaf


class TreeSpec:
    """A tree without its leaves: class, context and the specs of its children."""

    __slots__ = ("_children", "_context", "num_leaves", "num_nodes", "type")
    num_leaves: int
    num_nodes: int

    def __init__(self, type: Any, context: Context, children_specs: list[TreeSpec]) -> None:
        self.type = type
        self._context = context
        self._children = children_specs
        self.num_leaves = sum(child.num_leaves for child in children_specs)
        self.num_nodes = 1 + sum(child.num_nodes for child in children_specs)

    @property
    def context(self) -> Context:
        return self._context

    @property
    def children_specs(self) -> list[TreeSpec]:
        return self._children

    @property
    def num_children(self) -> int:
        return len(self._children)

    def children(self) -> list[TreeSpec]:
        return list(self._children)

    def child(self, index: int) -> TreeSpec:
        return self._children[index]

    def is_leaf(self) -> bool:
        return self.type is None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return self is other or (
            self.type == other.type and self._context == other._context and self._children == other._children
        )

    def __hash__(self) -> int:
        node = self.type
        context = tuple(self._context) if node in (dict, OrderedDict) else None
        return hash((node, context, tuple(self._children)))

    def __repr__(self) -> str:
        return self._text(0)

    def _text(self, indent: int) -> str:
        if self.type is None:
            return "*"
        head = f"TreeSpec({self.type.__name__}, {self._context!r}, ["
        texts = [child._text(indent + 2) for child in self._children]
        return head + (",\n" + " " * (indent + 2)).join(texts) + "])"

    def unflatten(self, leaves: Iterable[Any]) -> PyTree:
        """The tree of this structure with these leaves."""
        values = list(leaves)
        if len(values) != self.num_leaves:
            raise ValueError(f"unflatten: {len(values)} leaves for a tree of {self.num_leaves}: {self}")
        return self._build(iter(values))

    def _build(self, leaves: Iterator[Any]) -> PyTree:
        if self.type is None:
            return next(leaves)
        children = [child._build(leaves) for child in self._children]
        return SUPPORTED_NODES[self.type].unflatten_fn(children, self._context)

    def flatten_up_to(self, tree: PyTree) -> list[PyTree]:
        """The parts of a tree that stand where this structure has leaves."""
        parts: list[PyTree] = []
        self._collect(tree, parts)
        return parts

    def _collect(self, tree: PyTree, parts: list[PyTree]) -> None:
        if self.type is None:
            parts.append(tree)
            return
        kind = _get_node_type(tree)
        both_dicts = kind in STANDARD_DICT_TYPES and self.type in STANDARD_DICT_TYPES
        if kind is not self.type and not both_dicts:
            raise ValueError(
                f"tree_map: a {getattr(kind, '__name__', kind)} stands where the first tree has a {self.type.__name__}"
            )
        children, context = SUPPORTED_NODES[kind].flatten_fn(tree)
        if len(children) != len(self._children):
            raise ValueError(
                f"tree_map: a {self.type.__name__} of {len(children)} children stands where the first "
                f"tree has {len(self._children)}"
            )
        if both_dicts:
            keys = self._context[1] if self.type is defaultdict else self._context
            if set(tree) != set(keys):
                raise ValueError(f"tree_map: keys {list(tree)} stand where the first tree has {list(keys)}")
            children = [tree[key] for key in keys]
        elif context != self._context and self.type is not deque:
            raise ValueError(f"tree_map: context {context!r} stands where the first tree has {self._context!r}")
        for spec, child in zip(self._children, children, strict=True):
            spec._collect(child, parts)


PyTreeSpec = TreeSpec


class LeafSpec(TreeSpec):
    """The structure of a leaf."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(None, None, [])
        self.num_leaves = self.num_nodes = 1


_LEAF_SPEC = LeafSpec()


def treespec_leaf() -> TreeSpec:
    """The structure of a leaf."""
    return _LEAF_SPEC


def treespec_tuple(iterable: Iterable[TreeSpec] = (), /) -> TreeSpec:
    """The structure of a tuple."""
    return TreeSpec(tuple, None, list(iterable))


def treespec_dict(mapping: Any = (), /, **kwargs: TreeSpec) -> TreeSpec:
    """The structure of a dict."""
    content = dict(mapping, **kwargs)
    return TreeSpec(dict, list(content), list(content.values()))


def _flatten_into(tree: PyTree, leaves: list[Any], is_leaf: Leaf) -> TreeSpec:
    if tree_is_leaf(tree, is_leaf):
        leaves.append(tree)
        return _LEAF_SPEC
    kind = _get_node_type(tree)
    children, context = SUPPORTED_NODES[kind].flatten_fn(tree)
    return TreeSpec(kind, context, [_flatten_into(child, leaves, is_leaf) for child in children])


def tree_flatten(tree: PyTree, is_leaf: Leaf = None) -> tuple[list[Any], TreeSpec]:
    """Leaves and structure of a tree.

    >>> tree_flatten({"a": [1, 2], "b": 3})[0]
    [1, 2, 3]
    """
    leaves: list[Any] = []
    spec = _flatten_into(tree, leaves, is_leaf)
    return leaves, spec


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """The tree of a structure and leaves."""
    if not isinstance(treespec, TreeSpec):
        raise TypeError(f"tree_unflatten: treespec is a {type(treespec).__name__}, not a TreeSpec")
    return treespec.unflatten(leaves)


def tree_iter(tree: PyTree, is_leaf: Leaf = None) -> Iterator[Any]:
    """The leaves, one by one."""
    if tree_is_leaf(tree, is_leaf):
        yield tree
        return
    for child in SUPPORTED_NODES[_get_node_type(tree)].flatten_fn(tree)[0]:
        yield from tree_iter(child, is_leaf)


def tree_leaves(tree: PyTree, is_leaf: Leaf = None) -> list[Any]:
    """The leaves."""
    return list(tree_iter(tree, is_leaf))


def arg_tree_leaves(*args: Any, **kwargs: Any) -> list[Any]:
    """The leaves of a call's arguments."""
    return [*tree_iter(args), *tree_iter(kwargs)]


def tree_structure(tree: PyTree, is_leaf: Leaf = None) -> TreeSpec:
    """The structure."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: Leaf = None) -> PyTree:
    """A tree of the same structure whose leaves are `func` of the leaves of all trees at that place."""
    leaves, spec = tree_flatten(tree, is_leaf)
    columns = [leaves, *(spec.flatten_up_to(rest) for rest in rests)]
    return spec.unflatten(map(func, *columns))


def tree_map_(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: Leaf = None) -> PyTree:
    """Call `func` for each leaf, for what it does; the tree itself is answered."""
    leaves, spec = tree_flatten(tree, is_leaf)
    columns = [leaves, *(spec.flatten_up_to(rest) for rest in rests)]
    for values in zip(*columns, strict=True):
        func(*values)
    return tree


def _chooser(choice: Any) -> Callable[[Any], bool]:
    import types

    if isinstance(choice, (type, tuple, types.UnionType)):
        return lambda value: isinstance(value, choice)
    if callable(choice):
        return choice
    raise TypeError(f"map_only: {choice!r} is neither a type nor a tuple of types nor a predicate")


def map_only(type_or_types_or_pred: Any, /) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Decorator: the function acts on the chosen values and answers others unchanged."""
    chosen = _chooser(type_or_types_or_pred)

    def decorate(func: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @functools.wraps(func)
        def acting(value: Any) -> Any:
            return func(value) if chosen(value) else value

        return acting

    return decorate


def tree_map_only(
    type_or_types_or_pred: Any, /, func: Callable[[Any], Any], tree: PyTree, is_leaf: Leaf = None
) -> PyTree:
    """`tree_map` on leaves of the given types, or for which the predicate holds."""
    return tree_map(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_map_only_(
    type_or_types_or_pred: Any, /, func: Callable[[Any], Any], tree: PyTree, is_leaf: Leaf = None
) -> PyTree:
    """`tree_map_` on leaves of the given types, or for which the predicate holds."""
    return tree_map_(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: PyTree, is_leaf: Leaf = None) -> bool:
    """Whether the predicate holds for all leaves."""
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: PyTree, is_leaf: Leaf = None) -> bool:
    """Whether the predicate holds for some leaf."""
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(type_or_types: Any, /, pred: Callable[[Any], bool], tree: PyTree, is_leaf: Leaf = None) -> bool:
    """Whether the predicate holds for all leaves of the given types."""
    return all(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


def tree_any_only(type_or_types: Any, /, pred: Callable[[Any], bool], tree: PyTree, is_leaf: Leaf = None) -> bool:
    """Whether the predicate holds for some leaf of the given types."""
    return any(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


def _broadcast_to_and_flatten(tree: PyTree, treespec: TreeSpec, is_leaf: Leaf = None) -> list[Any] | None:
    """The leaves of a tree spread over a larger structure, or None when they do not fit."""
    if tree_is_leaf(tree, is_leaf):
        return [tree] * treespec.num_leaves
    kind = _get_node_type(tree)
    if treespec.is_leaf() or kind is not treespec.type:
        return None
    children, context = SUPPORTED_NODES[kind].flatten_fn(tree)
    if len(children) != treespec.num_children or context != treespec.context:
        return None
    result: list[Any] = []
    for child, spec in zip(children, treespec.children_specs, strict=True):
        part = _broadcast_to_and_flatten(child, spec, is_leaf)
        if part is None:
            return None
        result += part
    return result


def _paths(path: KeyPath, tree: PyTree, is_leaf: Leaf) -> Iterator[tuple[KeyPath, Any]]:
    if tree_is_leaf(tree, is_leaf):
        yield path, tree
        return
    node = SUPPORTED_NODES[_get_node_type(tree)]
    if node.flatten_with_keys_fn is None:
        raise ValueError(f"tree_flatten_with_path: {node.type} was registered without flatten_with_keys_fn")
    for key, child in node.flatten_with_keys_fn(tree)[0]:
        yield from _paths((*path, key), child, is_leaf)


def tree_flatten_with_path(tree: PyTree, is_leaf: Leaf = None) -> tuple[list[tuple[KeyPath, Any]], TreeSpec]:
    """(path, leaf) pairs and structure."""
    return list(_paths((), tree, is_leaf)), tree_structure(tree, is_leaf)


def tree_leaves_with_path(tree: PyTree, is_leaf: Leaf = None) -> list[tuple[KeyPath, Any]]:
    """(path, leaf) pairs."""
    return list(_paths((), tree, is_leaf))


def tree_map_with_path(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: Leaf = None) -> PyTree:
    """`tree_map` whose function gets the path first."""
    pairs, spec = tree_flatten_with_path(tree, is_leaf)
    columns = [[path for path, _ in pairs], [leaf for _, leaf in pairs]]
    columns += [spec.flatten_up_to(rest) for rest in rests]
    return spec.unflatten(map(func, *columns))


def keystr(kp: KeyPath) -> str:
    """A path as Python would write it: ['a'][0].x"""
    return "".join(map(str, kp))


def key_get(obj: Any, kp: KeyPath) -> Any:
    """What stands at a path."""
    for key in kp:
        obj = key.get(obj)
    return obj


_PROTOCOL = 1


def _to_json(spec: TreeSpec) -> dict[str, Any]:
    if spec.is_leaf():
        return {"type": None, "context": None, "children_spec": []}
    serialized = _SERIALIZED.get(spec.type)
    if serialized is None:
        raise NotImplementedError(f"treespec_dumps: {spec.type} is not registered")
    context = spec.context if serialized.to_dumpable is None else serialized.to_dumpable(spec.context)
    try:
        dumped = json.dumps(context)
    except TypeError as error:
        raise TypeError(
            f"treespec_dumps: the context of {spec.type} is not JSON ({error}); register it with to_dumpable_context"
        ) from None
    return {
        "type": serialized.name,
        "context": dumped,
        "children_spec": [_to_json(child) for child in spec.children_specs],
    }


def _from_json(content: dict[str, Any]) -> TreeSpec:
    if content["type"] is None:
        return _LEAF_SPEC
    kind = _BY_SERIALIZED_NAME.get(content["type"])
    if kind is None:
        raise NotImplementedError(f"treespec_loads: {content['type']} is not registered here")
    context = json.loads(content["context"])
    restore = _SERIALIZED[kind].from_dumpable
    return TreeSpec(
        kind,
        context if restore is None else restore(context),
        [_from_json(child) for child in content["children_spec"]],
    )


def treespec_dumps(treespec: TreeSpec, protocol: int | None = None) -> str:
    """A structure as JSON text."""
    if protocol not in (None, _PROTOCOL):
        raise ValueError(f"treespec_dumps: protocol {protocol}; {_PROTOCOL} is the known one")
    return json.dumps((_PROTOCOL, _to_json(treespec)))


def treespec_loads(serialized: str) -> TreeSpec:
    """A structure from JSON text."""
    protocol, content = json.loads(serialized)
    if protocol != _PROTOCOL:
        raise ValueError(f"treespec_loads: protocol {protocol}; {_PROTOCOL} is the known one")
    return _from_json(content)


def treespec_pprint(treespec: TreeSpec) -> str:
    """A structure as Python text, with * for leaves."""

    class Star:
        def __repr__(self) -> str:
            return "*"

    return repr(tree_unflatten([Star()] * treespec.num_leaves, treespec))


pytree_to_str = treespec_dumps
str_to_pytree = treespec_loads
