"""Every operator of the table, in every form: the tests enumerate the registry, so a new operator needs only its line
of samples (tests/python/samples). `-k add.Tensor` selects an operator.

Reference values are PyTorch's, in tests/golden/operators.json and dtype_grid.json (from tools/golden_operators.py).
"""

from __future__ import annotations

import doctest
import functools
import json
import math
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from golden_format import GRID_NUMBERS, GRID_TYPES, TYPE_LETTERS, error_letter, plain_result, zero_dim_rows
from samples import dtype_name, map_tensors, samples_of, tables, types_of

import flambeau
from flambeau import _C

GOLDEN = Path(__file__).parent.parent / "golden"
OPERATORS: dict[str, dict[str, Any]] = {op["name"]: op for op in _C.list_operators()}
SAMPLED = sorted(name for name in OPERATORS if name in tables()["SAMPLES"])
Tensor = flambeau.Tensor

each = pytest.mark.parametrize("name", SAMPLED)


@functools.cache
def golden(file: str) -> dict[str, Any]:
    path = GOLDEN / file
    return json.loads(path.read_text()) if path.exists() else {}


def function(name: str, suffix: str = "") -> Callable[..., Any]:
    return getattr(_C.aten, OPERATORS[name]["base"] + suffix)


def tensors_in(value: Any) -> list[Any]:
    found: list[Any] = []
    map_tensors(value, lambda t: found.append(t) or t)
    return found


def copied(value: Any) -> Any:
    """Tensors cloned, generators too, so that a call leaves its arguments as they were."""
    if isinstance(value, flambeau.Generator):
        return value.clone_state()
    if isinstance(value, (list, tuple)):
        return type(value)(copied(v) for v in value) if type(value) in (list, tuple) else value
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    return map_tensors(value, lambda t: t.detach().clone())


def attempt(call: Callable[[], Any]) -> Any:
    """The result of a call, or the exception it raised."""
    try:
        return call()
    except Exception as error:
        return error


def same(expected: Any, got: Any, dtype: str = "float64", rtol: float | None = None) -> str:
    """'' or how two plain results (golden_format) differ."""
    if isinstance(expected, dict) and "l" in expected:
        if not isinstance(got, dict) or len(got.get("l", ())) != len(expected["l"]):
            return f"expected {len(expected['l'])} results, got {got}"
        return "; ".join(filter(None, (same(e, g, dtype, rtol) for e, g in zip(expected["l"], got["l"]))))
    if isinstance(expected, dict):
        if not isinstance(got, dict) or "v" not in got:
            return f"expected a tensor, got {got}"
        if expected["t"] != got["t"]:
            return f"expected {expected['t']}, got {got['t']}"
        if expected["s"] != got["s"]:
            return f"expected shape {expected['s']}, got {got['s']}"
        return same_values(expected["v"], got["v"], expected["t"], rtol)
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        return same_values([expected], [got], dtype, rtol)
    return "" if expected == got else f"expected {expected!r}, got {got!r}"


RELATIVE = {"float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-5, "complex64": 2e-5, "complex32": 4e-3}


def same_values(expected: list[Any] | None, got: list[Any] | None, dtype: str, rtol: float | None) -> str:
    if expected is None or got is None:
        return ""
    exact = not dtype.startswith(("float", "bfloat", "complex"))
    relative = max(RELATIVE.get(dtype, 1e-6), rtol or 0)
    # Values that come from cancellation are compared against the size of their neighbours.
    scale = max((abs(e) for e in expected if isinstance(e, (int, float)) and math.isfinite(e)), default=0.0)
    for i, (e, g) in enumerate(zip(expected, got)):
        e, g = float(e) if isinstance(e, str) else e, float(g) if isinstance(g, str) else g
        if e == g or (e != e and g != g):
            continue
        if (
            exact
            or not math.isfinite(e)
            or not math.isfinite(g)
            or abs(e - g) > relative * (abs(e) + 0.1 * scale) + 1e-6
        ):
            return f"element {i}: expected {e}, got {g} ({dtype}; all: {expected[:12]} against {got[:12]})"
    return ""


def plain(result: Any) -> Any:
    return plain_result(map_tensors(result, lambda t: t.to_dense() if t.is_sparse else t), Tensor)


def has(table: str, name: str) -> bool:
    """Whether a table of the samples names the operator, or all its overloads."""
    return name in tables()[table] or OPERATORS[name]["base"] in tables()[table]


def tolerance(name: str) -> float | None:
    found = tables()["TOLERANCE"].get(name, tables()["TOLERANCE"].get(OPERATORS[name]["base"]))
    return None if found is None else float(found)


def unstable(name: str) -> bool:
    return has("UNSTABLE", name) or OPERATORS[name]["random"]


# --- the table itself -------------------------------------------------------------------------------------------------
def test_every_operator_has_samples() -> None:
    missing = sorted(set(OPERATORS) - set(tables()["SAMPLES"]))
    assert not missing, f"{len(missing)} operators have no line in tests/python/samples: {' '.join(missing)}"
    unknown = sorted(set(tables()["SAMPLES"]) - set(OPERATORS))
    assert not unknown, f"samples of operators that do not exist: {' '.join(unknown)}"


def test_every_operator_is_documented() -> None:
    documented = {op["base"] for op in OPERATORS.values() if op["doc"].strip()}
    missing = sorted({op["base"] for op in OPERATORS.values()} - documented)
    assert not missing, f"operators without doc: {' '.join(missing)}"


@pytest.mark.parametrize("name", sorted(name for name, op in OPERATORS.items() if ">>>" in op["doc"]))
def test_doc_examples(name: str) -> None:
    flambeau.manual_seed(0)
    example = doctest.DocTestParser().get_doctest(OPERATORS[name]["doc"], {"flambeau": flambeau}, name, None, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)


# --- values -----------------------------------------------------------------------------------------------------------
def converted(t: Any, dtype: Any) -> Any:
    return t.to(dtype) if t.is_floating_point() else t


@each
def test_forward(name: str) -> None:
    reference = golden("operators.json").get(name)
    if reference is None:
        pytest.skip("no reference values: not an operator of PyTorch, or tools/golden_operators.py is to be run")
    wrong = []
    for dtype in types_of(name):
        if dtype not in reference:
            continue
        for i, (expected, (args, kwargs)) in enumerate(zip(reference[dtype], samples_of(name, dtype))):
            got = attempt(lambda args=args, kwargs=kwargs: function(name)(*args, **kwargs))
            if isinstance(expected, str) and expected.startswith("error:"):
                # Types that PyTorch merely has no kernel for may work here.
                plain_type = reference.get("float32", [])
                lacking = expected.endswith("NotImplementedError") or (
                    dtype != "float32" and i < len(plain_type) and not isinstance(plain_type[i], str)
                )
                if not isinstance(got, Exception) and not lacking:
                    wrong.append(f"{dtype} sample {i}: expected {expected[6:]}, got {plain(got)}")
                continue
            if isinstance(got, Exception):
                wrong.append(f"{dtype} sample {i}: {type(got).__name__}: {got}")
                continue
            if dtype in ("float16", "bfloat16") and has("ROUNDS_ONCE", name):
                to = functools.partial(converted, dtype=flambeau.float32)
                wide = function(name)(*map_tensors(args, to), **map_tensors(kwargs, to))
                expected = plain(map_tensors(wide, functools.partial(converted, dtype=getattr(flambeau, dtype))))
            shown = plain(args[0] if got is None and OPERATORS[name]["base"].endswith("_") else got)
            if unstable(name):
                map_values(expected), map_values(shown)
            if difference := same(own_results(name, expected), own_results(name, shown), dtype, tolerance(name)):
                wrong.append(f"{dtype} sample {i}: {difference}")
    assert not wrong, "\n".join(wrong)


def own_results(name: str, result: Any) -> Any:
    """Without the results that are kept for the backward pass; of a tuple or of a plain result."""
    count = tables()["OWN_RESULTS"].get(name)
    if count is None:
        return result
    return {"l": result["l"][:count]} if isinstance(result, dict) else result[:count]


def map_values(result: Any) -> None:
    """Leaves only the types and shapes of a plain result."""
    for item in result["l"] if isinstance(result, dict) and "l" in result else [result]:
        if isinstance(item, dict) and "v" in item:
            item["v"] = None


def supported(name: str) -> list[str]:
    """The types under test that PyTorch accepts for the first sample (all, where there is no reference)."""
    reference = golden("operators.json").get(name)
    if reference is None:
        return [t for t in types_of(name) if t in ("float32",)]
    return [
        t
        for t, results in reference.items()
        if results and not all(isinstance(r, str) and r.startswith("error") for r in results)
    ]


def some_types(name: str) -> list[str]:
    """A floating, an integer and a complex type, for tests that need not see all."""
    found = supported(name)
    return [t for t in ("float32", "int64", "complex64") if t in found] or found[:1]


def good_samples(name: str, dtype: str) -> list[tuple[list[Any], dict[str, Any], Any]]:
    """The samples that work, with their results."""
    if dtype not in supported(name):
        return []
    made = []
    for args, kwargs in samples_of(name, dtype):
        flambeau.manual_seed(0)
        result = attempt(lambda args=args, kwargs=kwargs: function(name)(*copied(args), **copied(kwargs)))
        if not isinstance(result, Exception):
            made.append((args, kwargs, result))
    return made


def strided(t: Any) -> Any:
    """The same values in memory that is not contiguous; sparse tensors, which have no strides, as they are."""
    if t.is_sparse:
        return t
    if t.dim() == 0:
        wide = flambeau.empty_strided((3,), (1,), dtype=t.dtype)
        wide[1] = t
        return wide[1]
    wide = flambeau.zeros((*tuple(t.shape[:-1]), 2 * t.shape[-1] + 1), dtype=t.dtype)
    part = wide[..., 1::2]
    part.copy_(t)
    return part


@each
def test_strided_inputs(name: str) -> None:
    if OPERATORS[name]["kind"] == "view" or has("MEMORY", name):
        pytest.skip("speaks of the strides themselves")
    wrong = []
    for dtype in some_types(name):
        for i, (args, kwargs, result) in enumerate(good_samples(name, dtype)):
            flambeau.manual_seed(0)
            got = attempt(
                lambda args=args, kwargs=kwargs: function(name)(
                    *map_tensors(args, strided), **map_tensors(kwargs, strided)
                )
            )
            if isinstance(got, Exception):
                wrong.append(f"{dtype} sample {i}: {type(got).__name__}: {got}")
                continue
            expected, shown = plain(result), plain(got)
            if unstable(name):
                map_values(expected), map_values(shown)
            if difference := same(expected, shown, dtype, tolerance(name)):
                wrong.append(f"{dtype} sample {i}: {difference}")
    assert not wrong, "\n".join(wrong)


@each
def test_inputs_unchanged(name: str) -> None:
    if OPERATORS[name]["base"].endswith("_") and not OPERATORS[name]["base"].endswith("__"):
        pytest.skip("the operator writes")
    written = {a.split()[-1] for a in re.findall(r"Tensor\(\w!\)\??(?:\[\])? \w+", OPERATORS[name]["signature"])}
    if written:
        pytest.skip(f"the operator writes {', '.join(written)}")
    for dtype in some_types(name)[:1]:
        for args, kwargs in samples_of(name, dtype):
            before = [plain(t) for t in tensors_in((args, kwargs))]
            attempt(lambda args=args, kwargs=kwargs: function(name)(*args, **kwargs))
            assert [plain(t) for t in tensors_in((args, kwargs))] == before


@each
def test_empty_scalar_broadcast(name: str) -> None:
    """Pointwise operators take tensors without elements, without dimensions, and of sizes that broadcast."""
    if OPERATORS[name]["kind"] != "pointwise":
        pytest.skip("not pointwise")
    for dtype in some_types(name)[:1]:
        for args, kwargs, _ in good_samples(name, dtype)[:1]:
            f = function(name)
            # A tensor without dimensions stays one: the operator may want a single value there.
            empty = f(*map_tensors(args, lambda t: t.new_zeros((0, 2)) if t.dim() else t), **kwargs)
            assert tuple(empty.shape) == (0, 2)
            scalar = f(*map_tensors(args, lambda t: t.reshape(-1)[0]), **kwargs)
            assert tuple(scalar.shape) == ()
            count = sum(t.dim() > 0 for t in tensors_in(args))
            shapes = [(2, 1, 3), (4, 1), (3,), (1,)]
            taken = iter(shapes)
            wide = f(
                *map_tensors(args, lambda t: t.reshape(-1)[0].expand(next(taken)).clone() if t.dim() else t), **kwargs
            )
            assert tuple(wide.shape) == ((2, 1, 3) if count == 1 else (2, 4, 3))
            assert same(plain(scalar.expand(wide.shape).contiguous()), plain(wide)) == ""


# --- forms ------------------------------------------------------------------------------------------------------------
def single(result: Any) -> bool:
    return isinstance(result, Tensor)


@each
def test_out(name: str) -> None:
    if not OPERATORS[name]["out"]:
        pytest.skip("no out= form")
    for dtype in some_types(name):
        for args, kwargs, result in good_samples(name, dtype)[:2]:
            results = [result] if single(result) else list(result or ())
            if not results or not all(isinstance(r, Tensor) for r in results):
                continue
            for make in (lambda r: flambeau.empty(0, dtype=r.dtype), lambda r: strided(flambeau.zeros_like(r))):
                outs = [make(r) for r in results]
                flambeau.manual_seed(0)
                got = function(name)(*copied(args), **copied(kwargs), out=outs[0] if single(result) else tuple(outs))
                given = [got] if single(result) else list(got)
                assert all(a is b for a, b in zip(given, outs)), "the result is not the tensor given as out="
                if not unstable(name) or OPERATORS[name]["random"]:
                    for r, o in zip(results, outs):
                        assert same(plain(r), plain(o), dtype, tolerance(name)) == ""


@each
def test_out_of_another_size_is_warned_of(name: str) -> None:
    """Once, and taken; not where the call itself says the size, nor for a tensor without elements."""
    if not OPERATORS[name]["out"]:
        pytest.skip("no out= form")
    for args, kwargs, result in good_samples(name, some_types(name)[0])[:2]:
        results = [result] if single(result) else list(result or ())
        if not results or not all(isinstance(r, Tensor) and not r.is_sparse for r in results):
            continue
        told = any(isinstance(a, Tensor) for a in tensors_in(args))
        for room in (2, 0):
            outs = [flambeau.ones((room, *r.shape), dtype=r.dtype) for r in results]
            count = sum(o.numel() > 0 for o in outs) if told else 0
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                flambeau.manual_seed(0)
                function(name)(*copied(args), **copied(kwargs), out=outs[0] if single(result) else tuple(outs))
            assert len([w for w in caught if "was resized" in str(w.message)]) == count
            assert [o.shape for o in outs] == [r.shape for r in results]


def test_a_warning_of_out_can_be_an_error() -> None:
    out = flambeau.ones(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match=r"add: out= has shape \[3\], but the result has shape \[2\]"):
            flambeau.add(flambeau.ones(2), 1, out=out)
    assert out.shape == (3,)


def framed(shape: tuple[int, ...], dtype: Any) -> tuple[Any, Callable[[Any], Any]]:
    """A tensor with room around a part of `shape` whose memory is not contiguous, and what takes that part of it."""
    wide = flambeau.ones((*(n + 2 for n in shape), 3), dtype=dtype)
    return wide, lambda t: t[(*(slice(1, -1) for _ in shape), 1)]


@each
def test_out_leaves_its_neighbours(name: str) -> None:
    if not OPERATORS[name]["out"]:
        pytest.skip("no out= form")
    for dtype in some_types(name)[:2]:
        for args, kwargs, result in good_samples(name, dtype)[:3]:
            results = [result] if single(result) else list(result or ())
            if not results or not all(isinstance(r, Tensor) and not r.is_sparse for r in results):
                continue
            frames = [framed(tuple(r.shape), r.dtype) for r in results]
            outs = [part(wide) for wide, part in frames]
            flambeau.manual_seed(0)
            function(name)(*copied(args), **copied(kwargs), out=outs[0] if single(result) else tuple(outs))
            for (wide, part), out in zip(frames, outs):
                expected = flambeau.ones_like(wide)
                part(expected).copy_(out)
                assert same(plain(expected), plain(wide), dtype, 0) == ""
                assert expected.equal(wide) or expected.isnan().any()


@each
def test_in_place(name: str) -> None:
    if not OPERATORS[name]["inplace"]:
        pytest.skip("no in-place form")
    f = (
        function(name, "" if OPERATORS[name]["base"].endswith("__") else "_")
        if not OPERATORS[name]["base"].startswith("__")
        else None
    )
    if f is None:
        pytest.skip("reached as an operator of Python")
    if OPERATORS[name]["kind"] == "view":
        pytest.skip("changes the tensor's sizes, not its values")
    checked = 0
    for dtype in some_types(name):
        for args, kwargs, result in good_samples(name, dtype):
            if not args or not isinstance(args[0], Tensor) or not single(result):
                continue
            self = args[0].detach().clone()
            if has("IN_PLACE_TYPE", name) and result.dtype != self.dtype:
                with pytest.raises(RuntimeError):
                    f(self, *copied(args[1:]), **copied(kwargs))
                assert plain(self) == plain(args[0]), "a failed call changed its target"
                args = [args[0].to(result.dtype), *args[1:]]
                self = args[0].clone()
            if tuple(result.shape) != tuple(self.shape) or not flambeau.can_cast(result.dtype, self.dtype):
                with pytest.raises(RuntimeError):
                    f(self, *copied(args[1:]), **copied(kwargs))
                assert plain(self) == plain(args[0]), "a failed call changed its target"
                continue
            flambeau.manual_seed(0)
            got = f(self, *copied(args[1:]), **copied(kwargs))
            assert got is self
            assert same(plain(result.to(self.dtype)), plain(self), dtype, tolerance(name)) == ""
            part = strided(args[0])
            flambeau.manual_seed(0)
            f(part, *copied(args[1:]), **copied(kwargs))
            assert same(plain(result.to(self.dtype)), plain(part), dtype, tolerance(name)) == ""
            checked += 1
    if not checked:
        pytest.skip("no sample has a result that fits its first argument")


@each
def test_failed_in_place_changes_nothing(name: str) -> None:
    op = OPERATORS[name]
    writes = op["base"].endswith("_") and not op["base"].endswith("__")
    if not (op["inplace"] or writes) or op["base"].startswith("__"):
        pytest.skip("no in-place form")
    f = function(name, "" if writes else "_")
    for args, _kwargs, _ in good_samples(name, (some_types(name) or ["float32"])[0]):
        if not args or not isinstance(args[0], Tensor):
            continue
        for i in range(1, len(args)):
            if not isinstance(args[i], Tensor):
                continue
            self = args[0].detach().clone()
            before = plain(self)
            wrong = flambeau.zeros((7, 5, 11), dtype=args[i].dtype)
            result = attempt(
                lambda self=self, i=i, wrong=wrong, args=args: f(
                    self, *copied(args[1:i]), wrong, *copied(args[i + 1 :])
                )
            )
            if isinstance(result, Exception):
                assert plain(self) == before, f"a failed call changed its target (argument {i})"


# --- shape-only execution ---------------------------------------------------------------------------------------------
@each
def test_meta(name: str) -> None:
    dtypes = some_types(name)[:2]
    for dtype in dtypes:
        for args, kwargs, result in good_samples(name, dtype):
            if not tensors_in((args, kwargs)):
                if "device" not in OPERATORS[name]["signature"]:
                    pytest.skip("no tensor to be meta")
                kwargs = {**kwargs, "device": "meta"}
            if any(t.is_sparse for t in tensors_in((args, kwargs, result))):
                pytest.skip("sparse tensors have no shape-only form")
            to_meta = functools.partial(
                map_tensors,
                function=lambda t: flambeau.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="meta"),
            )
            got = attempt(
                lambda args=args, kwargs=kwargs, to_meta=to_meta: function(name)(*to_meta(args), **to_meta(kwargs))
            )
            if isinstance(got, NotImplementedError) and "meta" in str(got):
                pytest.skip(str(got))
            if has("READS_VALUES", name):
                assert isinstance(got, RuntimeError) and "meta" in str(got)
                continue
            if isinstance(got, Exception) and not single(result) and not tensors_in(result):
                continue  # a number: there is none without data
            if isinstance(got, Exception):
                raise got
            real, meta = (
                tensors_in(
                    [result] if single(result) else list(result) if isinstance(result, (tuple, list)) else result
                ),
                tensors_in([got] if single(got) else list(got) if isinstance(got, (tuple, list)) else got),
            )
            assert len(real) == len(meta)
            for r, m in zip(real, meta):
                if m.device.type != "meta":
                    continue  # asked for another device
                shown = (dtype_name(m.dtype), tuple(m.shape), tuple(m.stride()) if m.numel() else ())
                assert shown == (dtype_name(r.dtype), tuple(r.shape), tuple(r.stride()) if r.numel() else ())


# --- gradients --------------------------------------------------------------------------------------------------------
def gradient_cases(name: str) -> list[tuple[Callable[..., Any], list[Any]]]:
    """For double and complex double: the operator as a function of its differentiable tensors, and those tensors."""
    cases = []
    for dtype in ("float64", "complex128"):
        if {"float64": "float32", "complex128": "complex64"}[dtype] not in supported(name):
            continue
        for args, kwargs in samples_of(name, dtype)[:2]:
            constant = {id(args[i]) for i in tables()["CONSTANT"].get(name, ()) if i < len(args)}
            leaves = [
                t
                for t in tensors_in((args, kwargs))
                if dtype_name(t.dtype) in ("float64", "complex128") and id(t) not in constant
            ]
            result = attempt(lambda args=args, kwargs=kwargs: function(name)(*copied(args), **copied(kwargs)))
            results = tensors_in(list(result) if isinstance(result, tuple) else [result])
            if (
                not leaves
                or isinstance(result, Exception)
                or not any(r.is_floating_point() or r.is_complex() for r in results)
            ):
                continue
            ids = {id(t): i for i, t in enumerate(leaves)}

            def call(*given: Any, args: Any = args, kwargs: Any = kwargs, ids: Any = ids) -> Any:
                def place(t: Any) -> Any:
                    return given[ids[id(t)]] if id(t) in ids else t.clone()

                flambeau.manual_seed(0)
                placed = map_tensors(args, place)
                if name in tables()["DOMAIN"]:
                    placed[0] = tables()["DOMAIN"][name](placed[0])
                if OPERATORS[name]["base"].endswith("_"):
                    placed[0] = placed[0] * 1
                out = function(name)(*placed, **map_tensors(kwargs, place))
                return own_results(name, tuple(out)) if isinstance(out, (tuple, list)) else out

            cases.append((call, [t.detach().clone().requires_grad_() for t in leaves]))
    return cases


def skip_gradient(name: str) -> None:
    op = OPERATORS[name]
    reason = tables()["NO_GRADIENT"].get(name) or tables()["NO_GRADIENT"].get(op["base"])
    if reason:
        pytest.skip(str(reason))
    if not op["differentiable"]:
        pytest.skip("not differentiable")
    if unstable(name) and not op["random"]:
        pytest.skip("the values are not determined")


@each
def test_gradient(name: str) -> None:
    skip_gradient(name)
    cases = gradient_cases(name)
    if not cases:
        pytest.skip("no sample with a gradient")
    for call, leaves in cases:
        if any(r.requires_grad for r in tensors_in([call(*leaves)])):
            assert flambeau.autograd.gradcheck(call, leaves)


@each
def test_second_gradient(name: str) -> None:
    skip_gradient(name)
    cases = gradient_cases(name)
    if not cases:
        pytest.skip("no sample with a gradient")
    for call, leaves in cases:
        results = call(*leaves)
        if not any(
            isinstance(r, Tensor) and r.requires_grad for r in (results if isinstance(results, tuple) else (results,))
        ):
            continue
        if has("NO_SECOND_GRADIENT", name):
            with pytest.raises(RuntimeError, match="not implemented"):
                flambeau.autograd.gradgradcheck(call, leaves)
            continue
        assert flambeau.autograd.gradgradcheck(call, leaves)


@each
def test_results_are_no_views(name: str) -> None:
    """Where they are none in PyTorch: a hidden base would take over hooks and history at an in-place change."""
    if OPERATORS[name]["base"].endswith("_") or name not in golden("operators.json"):
        pytest.skip("its own argument, or no operator of PyTorch")
    views = golden("views.json").get(name, [])
    for i, (args, kwargs) in enumerate(samples_of(name)):
        result = attempt(lambda args=args, kwargs=kwargs: function(name)(*args, **kwargs))
        for t in tensors_in(result)[:1]:
            assert t._base is None or i in views or any(t is leaf for leaf in tensors_in(args)), f"sample {i}"


# --- types ------------------------------------------------------------------------------------------------------------
def grid_result(call: Callable[[], Any]) -> str:
    result = attempt(call)
    if isinstance(result, Exception):
        return error_letter(result)
    first = result if single(result) else result[0] if isinstance(result, (tuple, list)) and result else result
    return TYPE_LETTERS.get(dtype_name(first.dtype), "*") if single(first) else "="


@each
def test_dtype_grid(name: str) -> None:
    """The result's type, or the kind of error, for every type (and pair of types) of the arguments."""
    expected = golden("dtype_grid.json").get(name)
    if expected is None:
        pytest.skip("not in the grid")
    args, kwargs = samples_of(name)[0]
    places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
    wrong = []
    for row, first in zip(expected.split(" "), GRID_TYPES):
        seconds: list[Any] = [*GRID_TYPES, *GRID_NUMBERS] if len(places) > 1 else [None]
        for letter, second in zip(row, seconds):
            given = list(args)
            given[places[0]] = flambeau.ones(2, dtype=getattr(flambeau, first))
            if isinstance(second, str):
                given[places[1]] = flambeau.ones(2, dtype=getattr(flambeau, second))
            elif second is not None:
                given[places[1]] = second
            for p in places[2:]:
                given[p] = flambeau.ones(2, dtype=getattr(flambeau, first))
            got = grid_result(lambda given=given: function(name)(*given, **kwargs))
            # An unsupported type (N), or a number for a tensor, may be supported here; other errors must be errors.
            extension = letter == "N" or (letter in "RT" and (got == "N" or not isinstance(second, (str, type(None)))))
            if got != letter and not extension:
                wrong.append(f"{first}, {second}: {letter} expected, got {got}")
    assert not wrong, f"{len(wrong)} pairs differ: " + "; ".join(wrong[:20])


@each
def test_dtype_grid_of_zero_dimensions(name: str) -> None:
    """A 0-dimensional tensor or a number decides on a type only where it is of a higher kind than the vectors."""
    expected = golden("dtype_grid_zero_dim.json").get(name)
    if expected is None:
        pytest.skip("not in the grid")
    args, kwargs = samples_of(name)[0]

    def ones(shape: tuple[int, ...], dtype: str) -> Any:
        return flambeau.ones(shape, dtype=getattr(flambeau, dtype))

    wrong = []
    for letters, (first, row) in zip(expected.split(" "), zero_dim_rows(args, ones, Tensor)):
        for i, (letter, given) in enumerate(zip(letters, row, strict=True)):
            got = grid_result(lambda given=given: function(name)(*given, **kwargs))
            number = i >= 2 * len(GRID_TYPES)
            # What PyTorch refuses may work here, or be refused otherwise; a number may have to be a tensor.
            if got != letter and letter not in "NRTVX" and not (number and got in "NT"):
                kind = ("vector beside 0-d", "0-d beside vector", "0-d beside number")[i // len(GRID_TYPES)]
                second = [*GRID_TYPES, *GRID_TYPES, *GRID_NUMBERS][i]
                wrong.append(f"{kind}, {first}, {second}: {letter} expected, got {got}")
    assert not wrong, f"{len(wrong)} pairs differ: " + "; ".join(wrong[:20])
