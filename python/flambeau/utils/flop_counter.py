"""Counting floating point operations of products, convolutions and attention, by module.

The core notes every call below autograd with its sizes, in backward passes too (see `flambeau.autograd.profiler`); the
formulas here make numbers of them. A multiplication with an addition counts as two.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C

from .module_tracker import ModuleTracker

__all__ = ["FlopCounterMode", "flop_registry", "register_flop_formula"]

suffixes = ["", "K", "M", "B", "T"]

# Formulas by operator, as `torch.ops.aten.mm`; those of programs and libraries come in by `register_flop_formula`.
flop_registry: dict[Any, Callable[..., Any]] = {}


def mm_flop(a_shape: Any, b_shape: Any, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """Of a product (m, k) × (k, n)."""
    return 2 * a_shape[0] * a_shape[1] * b_shape[1]


def addmm_flop(self_shape: Any, a_shape: Any, b_shape: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """Of a product, with something added."""
    return mm_flop(a_shape, b_shape)


def bmm_flop(a_shape: Any, b_shape: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """Of a batch of products (…, m, k) × (…, k, n); leading sizes broadcast."""
    lead = flambeau.broadcast_shapes(a_shape[:-2], b_shape[:-2])
    return 2 * math.prod(lead) * a_shape[-2] * a_shape[-1] * b_shape[-1]


def baddbmm_flop(self_shape: Any, a_shape: Any, b_shape: Any, out_shape: Any = None, **kwargs: Any) -> int:
    """Of a batch of products, with something added."""
    return bmm_flop(a_shape, b_shape)


def conv_flop_count(x_shape: list[int], w_shape: list[int], out_shape: list[int], transposed: bool = False) -> int:
    """Of a convolution: every weight once for each place of the output (of the input, for a transposed one)."""
    places = (x_shape if transposed else out_shape)[2:]
    return 2 * x_shape[0] * math.prod(places) * math.prod(w_shape)


def conv_flop(
    x_shape: Any,
    w_shape: Any,
    _bias: Any,
    _stride: Any,
    _padding: Any,
    _dilation: Any,
    transposed: Any,
    *args: Any,
    out_shape: Any = None,
    **kwargs: Any,
) -> int:
    """Of a convolution, by the operator's arguments."""
    return conv_flop_count(x_shape, w_shape, out_shape, transposed)


def conv_backward_flop(
    grad_out_shape: Any,
    x_shape: Any,
    w_shape: Any,
    _bias: Any,
    _stride: Any,
    _padding: Any,
    _dilation: Any,
    transposed: Any,
    _output_padding: Any,
    _groups: Any,
    output_mask: Any,
    out_shape: Any = None,
    **kwargs: Any,
) -> int:
    """Of the gradients of input and weight, each a convolution of as many operations as the first."""
    return conv_flop_count(x_shape, w_shape, grad_out_shape, transposed) * (bool(output_mask[0]) + bool(output_mask[1]))


def sdpa_flop_count(query_shape: Any, key_shape: Any, value_shape: Any) -> int:
    """Of attention: queries × keys, and weights × values."""
    b, h, s_q, d_q = query_shape
    return 2 * b * h * s_q * key_shape[-2] * (d_q + value_shape[-1])


def sdpa_flop(query_shape: Any, key_shape: Any, value_shape: Any, *args: Any, out_shape: Any = None, **kw: Any) -> int:
    """Of attention, by the operator's arguments."""
    return sdpa_flop_count(query_shape, key_shape, value_shape)


def _linear(x: Any, weight: Any, bias: Any, out_shape: Any = None) -> tuple[str, int]:
    count = 2 * math.prod(x[:-1]) * math.prod(weight)
    return ("addmm" if isinstance(bias, flambeau.Size) else "mm"), count


def _linear_backward(x: Any, grad: Any, weight: Any, mask: Any, out_shape: Any = None) -> tuple[str, int]:
    return "mm", 2 * math.prod(x[:-1]) * math.prod(weight) * (bool(mask[0]) + bool(mask[1]))


# The core's operators: the name under which each is told, and its formula. `linear` and batches have kernels of their
# own here, and are what PyTorch does by mm, addmm and bmm.
_FORMULAS: dict[str, Callable[..., tuple[str, int]]] = {
    "mm": lambda *a, out_shape: ("mm", mm_flop(*a)),
    "addmm": lambda *a, out_shape: ("addmm", addmm_flop(*a[:3])),
    "bmm": lambda *a, out_shape: ("bmm", bmm_flop(*a[:2])),
    "baddbmm": lambda *a, out_shape: ("baddbmm", baddbmm_flop(*a[:3])),
    "_matmul_batched": lambda *a, out_shape: ("bmm", bmm_flop(*a)),
    "linear": _linear,
    "linear_backward": _linear_backward,
    "convolution": lambda *a, out_shape: ("convolution", conv_flop(*a, out_shape=out_shape)),
    "convolution_backward": lambda *a, out_shape: ("convolution_backward", conv_backward_flop(*a)),
}


def register_flop_formula(targets: Any, get_raw: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator that enters a formula for an operator, or several: of the sizes of its arguments and ``out_shape``.

    Args:
        targets: operators as ``torch.ops.NAMESPACE.NAME``.
        get_raw: the formula would get tensors instead of sizes; not there, as only sizes are noted.
    """
    if get_raw:
        raise NotImplementedError("register_flop_formula: get_raw=True wants tensors; formulas get sizes here")

    def enter(formula: Callable[..., Any]) -> Callable[..., Any]:
        for target in targets if isinstance(targets, (list, tuple)) else [targets]:
            if target in flop_registry:
                raise RuntimeError(f"register_flop_formula: {target} has a formula already")
            flop_registry[target] = formula
        return formula

    return enter


def _key(name: str) -> Any:
    """The operator as programs know it."""
    return getattr(flambeau.ops.aten, name) if hasattr(flambeau, "ops") else f"aten.{name}"


def _operator_name(target: Any) -> str:
    """The plain name of an operator that is a key: ``mm`` of ``aten.mm``."""
    return str(getattr(target, "_qualified_op_name", target)).replace("::", ".").split(".")[1]


def get_suffix_str(number: float) -> str:
    """The unit that suits a number."""
    return suffixes[max(0, min(len(suffixes) - 1, (len(str(int(number))) - 2) // 3))]


def convert_num_with_suffix(number: float, suffix: str) -> str:
    """A number in a unit, as text."""
    return f"{number / 1000 ** suffixes.index(suffix):.3f}{suffix}"


def convert_to_percent_str(num: float, denom: float) -> str:
    """A share in percent, as text."""
    return f"{num / denom:.2%}" if denom else "0%"


class FlopCounterMode:
    """Counts while it is entered: products, convolutions, and what formulas are registered for; forward and backward.

    Args:
        mods: accepted; modules are found as they run.
        depth: levels of modules in the table.
        display: print the table at the end.
        custom_mapping: further formulas by operator.

    >>> with flambeau.utils.flop_counter.FlopCounterMode(display=False) as counter:
    ...     y = flambeau.ones(2, 3) @ flambeau.ones(3, 4)
    >>> counter.get_total_flops()
    48

    Attention is counted where it is made of products; the fused kernel of the CPU counts nothing, as in PyTorch.
    """

    def __init__(
        self,
        mods: Any = None,
        depth: int = 2,
        display: bool = True,
        custom_mapping: dict[Any, Any] | None = None,
    ) -> None:
        self.depth, self.display = depth, display
        self.flop_counts: dict[str, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        custom = {**flop_registry, **(custom_mapping or {})}
        self.flop_registry = custom
        self._custom = {_operator_name(target): (target, formula) for target, formula in custom.items()}

    def __enter__(self) -> FlopCounterMode:
        self.flop_counts.clear()
        self._tracker = ModuleTracker(self._mark)
        self._place = _C._profiler_start(True)
        self._tracker.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._tracker.__exit__(*exception)
        self._count(_C._profiler_stop(self._place))
        if self.display:
            print(self.get_table(self.depth))

    @staticmethod
    def _mark(name: str, begins: bool) -> None:
        _C._profiler_leave(_C._profiler_enter(("\1+" if begins else "\1-") + name))

    def _count(self, records: list[Any]) -> None:
        inside, counted_at = {"Global"}, None
        for name, _, form, _, _, depth, _, arguments, results in records:
            if form == "range":
                if name.startswith("\1+"):
                    inside.add(name[2:])
                elif name.startswith("\1-"):
                    inside.discard(name[2:])
                continue
            if counted_at is not None and depth > counted_at:
                continue  # inside of an operator that counts
            counted_at = None
            key, number = self._flops(name, arguments, results)
            if key is None:
                continue
            counted_at = depth
            for module in inside:
                self.flop_counts[module][key] += number

    def _flops(self, name: str, arguments: Any, results: Any) -> tuple[Any, int]:
        out_shape = results[0] if len(results) == 1 else results
        if name in self._custom:
            target, formula = self._custom[name]
            return target, int(formula(*arguments, out_shape=out_shape))
        if name in _FORMULAS:
            told, number = _FORMULAS[name](*arguments, out_shape=out_shape)
            return _key(told), number
        return None, 0

    def get_total_flops(self) -> int:
        """Operations altogether."""
        return sum(self.flop_counts["Global"].values())

    def get_flop_counts(self) -> dict[str, dict[Any, int]]:
        """Operations by name of module ("Global" for all), then by operator."""
        return {module: dict(counts) for module, counts in self.flop_counts.items()}

    def get_table(self, depth: int | None = None) -> str:
        """The counts as text: modules with their operators, `depth` levels of them."""
        depth = self.depth if depth is None else depth
        total = max(1, self.get_total_flops())
        unit = get_suffix_str(total)
        rows: list[tuple[str, str, str]] = []
        modules = [name for name in sorted(self.flop_counts) if name != "Global"]
        all_of_it = self.flop_counts["Global"]
        top = [name for name in modules if "." not in name]
        covered = len(top) == 1 and sum(self.flop_counts[top[0]].values()) == sum(all_of_it.values())
        shown = ([] if covered else ["Global"]) + [name for name in modules if name.count(".") < depth]
        for module in shown:
            level = 0 if module == "Global" else module.count(".") + (0 if covered else 1)
            counts = self.flop_counts[module]
            number = sum(counts.values())
            lead = " " * level
            rows.append((lead + module, convert_num_with_suffix(number, unit), convert_to_percent_str(number, total)))
            for operator, part in counts.items():
                text = f"{lead} - {str(operator).replace('::', '.')}"
                rows.append((text, convert_num_with_suffix(part, unit), convert_to_percent_str(part, total)))
        head = ("Module", "FLOP", "% Total")
        widths = [max(len(row[place]) for row in (head, *rows)) for place in range(3)]

        def line(cells: tuple[str, ...]) -> str:
            return f"{cells[0]:<{widths[0]}}  {cells[1]:>{widths[1]}}  {cells[2]:>{widths[2]}}"

        rule = "  ".join("-" * width for width in widths)
        return "\n".join([line(head), rule, *map(line, rows)])
