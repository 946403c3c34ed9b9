"""Short random programs of views, in-place changes, hooks, weak references, threads, exceptions and custom Functions.

Program number n of a seed is made line by line while it runs. Beside the real tensors stands a model without views and
without in-place changes: a storage is a flat tensor that is replaced by another one at each change, a view is a table of
places in it. After the last line values, versions and gradients (of second order too) have to be those of the model.
PyTorch's refusals are part of the programs: what must raise has to raise, and to leave everything as it was.
"""

# ruff: noqa: E501 (tables, an expression a line)
from __future__ import annotations

import gc
import random
import threading
import traceback
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import flambeau as f

LINES = 14  # at most, in a program
ROOM = 1e-9

# Expressions of one or two tensors; the model evaluates the same on copies.
UNARY = (
    "x.sin()", "x.tanh()", "x.sigmoid()", "x.relu()", "x * 0.5", "-x", "x * x", "x.clamp(-0.7, 0.9)", "x.clone()", "x + 1",
    "x.contiguous()", "x.exp().log1p()", "1 / (1 + x * x)", "x.flip(0)", "x.roll(1, 0)", "x.cumsum(0)", "x.softmax(-1)",
    "x.sum(0, keepdim=True)", "x.mean()", "x.logsumexp(0)", "x.abs()", "(x * x + 1).sqrt()", "x.reshape(-1) * 1", "x.var(0) + 1",
    "f.stack((x, x * 2))", "f.cat((x, x))", "x[f.arange(x.shape[0]).flip(0)]", "x.sort(-1).values", "x.prod(0)", "x.amax(0)",
    "Double.apply(x)", "Saving.apply(x)", "f.nn.functional.softplus(x)", "x.repeat(2, *[1] * (x.dim() - 1))", "checkpointed(x)",
)  # fmt: skip
NEEDS_A_DIMENSION = ("(0", "(-1", "cat(", "arange", "repeat", "softmax", "roll")
BINARY = (
    "x + y", "x * y", "x - y", "x / (1 + y * y)", "f.where(x > y, x, y * 2)", "f.maximum(x, y)", "f.lerp(x, y, 0.3)",
    "f.addcmul(x, x, y)", "f.hypot(x, y + 2)", "x @ y", "f.atan2(x, y + 3)", "Pair.apply(x, y)[0] * Pair.apply(x, y)[1]",
)  # fmt: skip
# In-place forms and what they put in the place of x.
CHANGES = (
    ("x.sin_()", "x.sin()"), ("x.tanh_()", "x.tanh()"), ("x.sigmoid_()", "x.sigmoid()"), ("x.relu_()", "x.relu()"),
    ("x.mul_(0.7)", "x * 0.7"), ("x.add_(0.3)", "x + 0.3"), ("x.neg_()", "-x"), ("x.clamp_(-0.8, 0.8)", "x.clamp(-0.8, 0.8)"),
    ("x.zero_()", "x * 0"), ("x.fill_(0.25)", "x.detach() * 0 + 0.25"), ("x.square_()", "x * x"), ("x.abs_()", "x.abs()"),
    ("x.pow_(2)", "x * x"), ("x.div_(2)", "x / 2"), ("x.exp_()", "x.exp()"), ("x.log1p_()", "x"),
)[:-1]  # fmt: skip
CHANGES_BY = (
    ("x.add_(y)", "x + y"), ("x.mul_(y)", "x * y"), ("x.sub_(y, alpha=0.5)", "x - 0.5 * y"), ("x.copy_(y)", "y + x.detach() * 0"),
    ("x.lerp_(y, 0.3)", "x + 0.3 * (y - x)"), ("x.addcmul_(y, y, value=0.5)", "x + 0.5 * y * y"), ("x.div_(1 + y * y)", "x / (1 + y * y)"),
    ("x.masked_fill_(y > 0, 0.5)", "f.where(y.detach() > 0, x.detach() * 0 + 0.5, x)"), ("x[...] = y", "y + x.detach() * 0"),
)  # fmt: skip
# Views, with what they do to a table of places; the first number is the dimensions they need.
VIEWS: tuple[tuple[int, str, Callable[[Any], Any]], ...] = (
    (2, "x.t()", lambda i: i.T if i.ndim == 2 else None), (1, "x.transpose(0, -1)", lambda i: np.swapaxes(i, 0, -1)),
    (1, "x[0]", lambda i: i[0]), (1, "x[1:]", lambda i: i[1:] if len(i) > 1 else None), (1, "x[..., ::2]", lambda i: i[..., ::2]),
    (0, "x.unsqueeze(0)", lambda i: i[None]), (1, "x.select(-1, -1)", lambda i: i[..., -1]), (0, "x.view_as(x)", lambda i: i),
    (1, "x.narrow(0, 0, 1)", lambda i: i[:1]), (2, "x.diagonal()", lambda i: i.diagonal() if i.ndim == 2 else None),
    (0, "x.squeeze()", lambda i: i.squeeze()), (2, "x.movedim(0, -1)", lambda i: np.moveaxis(i, 0, -1)), (1, "x[:, None]", lambda i: i[:, None]),
    (0, "x.expand(2, *x.shape)", lambda i: np.broadcast_to(i, (2, *i.shape))), (0, "x.view(-1)", lambda i: i.reshape(-1) if steady(i) else None),
    (2, "x.flatten(0, 1)", lambda i: i.reshape(-1, *i.shape[2:]) if steady(i) else None), (1, "x.unfold(0, 1, 1)", lambda i: np.moveaxis(i[None], 0, -1)),
    (2, "x.permute(1, 0)", lambda i: i.T if i.ndim == 2 else None),
)  # fmt: skip
# Views of which several are made at once: they may be read, and refuse to be changed when they have a gradient.
TOGETHER = ((1, "x.unbind(0)[0]", lambda i: i[0]), (1, "x.chunk(2)[0]", lambda i: i[: -(-len(i) // 2)]))


def steady(i: Any) -> bool:
    """Whether elements lie one after the other."""
    flat = i.reshape(-1)
    return bool((np.diff(flat) == 1).all())


class Double(f.autograd.Function):
    """Twice its argument."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2


class Saving(f.autograd.Function):
    """The third power, with argument and result saved."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x * x * x
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, _ = ctx.saved_tensors
        return 3 * x * x * g


class Pair(f.autograd.Function):
    """Sum and difference; a gradient that is not there counts as zero."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any) -> Any:
        ctx.sizes = x.shape, y.shape
        return x + y, x - y

    @staticmethod
    def backward(ctx: Any, a: Any, b: Any) -> Any:
        return (a + b).sum_to_size(ctx.sizes[0]), (a - b).sum_to_size(ctx.sizes[1])


class Dirty(f.autograd.Function):
    """Its argument times 0.6, in place."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        x.mul_(0.6)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 0.6


class Raising(f.autograd.Function):
    """Raises on its way."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        raise KeyError("on purpose")

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        raise KeyError("on purpose")


class RaisingBackward(f.autograd.Function):
    """Raises on the way back."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        raise KeyError("on purpose")


def checkpointed(x: Any) -> Any:
    from flambeau.utils.checkpoint import checkpoint

    return checkpoint(lambda v: v.tanh() * v, x, use_reentrant=False)


NAMES = {
    "f": f, "Double": Double, "Saving": Saving, "Pair": Pair, "Dirty": Dirty, "Raising": Raising, "weakref": weakref, "gc": gc,
    "RaisingBackward": RaisingBackward, "checkpointed": checkpointed, "T": lambda v, g: f.tensor(v, dtype=f.float64, requires_grad=g),
}  # fmt: skip


@dataclass
class Storage:
    """A storage of the model: its elements now, how often it was changed, whether it is a leaf's that has a gradient."""

    value: Any
    version: int = 0
    leaf: bool = False


@dataclass(eq=False)
class Variable:
    name: str
    storage: Storage
    places: Any
    detached: bool = False
    together: bool = False
    alone: bool = field(default=True)  # no view: the tensor of its storage

    def read(self) -> Any:
        value = self.storage.value[f.tensor(self.places.reshape(-1).tolist(), dtype=f.int64)].reshape(self.places.shape)
        return value.detach() if self.detached else value

    @property
    def repeats(self) -> bool:
        return bool(len(np.unique(self.places)) != self.places.size)


class Wrong(Exception):
    """What differs."""


class Program:
    """A program while it is made and run."""

    def __init__(self, seed: int, number: int, shown: bool = False) -> None:
        self.shown = shown
        self.r = random.Random(f"{seed} {number}")
        self.lines: list[str] = []
        self.names: dict[str, Any] = dict(NAMES)
        self.variables: list[Variable] = []
        self.leaves: list[tuple[str, Any]] = []
        self.weak: list[tuple[str, Variable]] = []
        self.count = 0
        self.hooked = False

    # --- lines --------------------------------------------------------------------------------------------------------
    def do(self, line: str, raises: Any = None, thread: bool = False) -> bool:
        """Runs a line; False when it raised what it may."""
        self.lines.append(line + (f"  # raises {raises.__name__}" if raises else "  # in a thread" if thread else ""))
        if self.shown:
            print("   ", self.lines[-1], flush=True)
        failed: list[BaseException] = []

        def run() -> None:
            try:
                exec(line, self.names)
            except Exception as error:
                error.__traceback__ = None
                failed.append(error)

        if thread:
            t = threading.Thread(target=run)
            t.start()
            t.join()
        else:
            run()
        if raises is None and failed:
            raise Wrong(f"the last line raised {type(failed[0]).__name__}: {failed[0]}")
        if raises is not None and not failed:
            raise Wrong(f"the last line should have raised {raises.__name__}")
        if raises is not None and not isinstance(failed[0], raises):
            raise Wrong(f"the last line raised {type(failed[0]).__name__}: {failed[0]}, not {raises.__name__}")
        return not failed

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def new(self, expression: str, value: Any, thread: bool = False) -> None:
        """A variable of its own storage."""
        name = self.fresh()
        self.do(f"{name} = {expression}", thread=thread)
        flat = value.reshape(-1)
        if self.r.random() < 0.15 and flat.requires_grad:
            self.do(f"{name}.register_hook(lambda g: g * 0.5)")
            flat = flat * 0.5 + flat.detach() * 0.5
            self.hooked = True  # which it sees again in second order, as far as results are saved: not in the model
        storage = Storage(flat)
        storage.version = self.names[name]._version
        self.variables.append(Variable(name, storage, np.arange(flat.numel()).reshape(tuple(value.shape))))

    def evaluate(self, expression: str, x: Any, y: Any = None) -> Any:
        return eval(expression, {**NAMES, "x": x, "y": y})

    def start(self) -> None:
        shapes = [(2, 3), (3,), (), (3, 2), (2, 2, 2), (1, 3), (4,)]
        for k in range(self.r.randint(2, 4)):
            shape = self.r.choice(shapes) if k else self.r.choice([(2, 3), (3, 2), (2, 2, 2)])
            flat = [round(self.r.uniform(-1.5, 1.5), 3) for _ in range(int(np.prod(shape)))]
            values = np.array(flat).reshape(shape)
            gradient = k < 2
            name = self.fresh()
            self.do(f"{name} = T({values.tolist()}, {gradient})")
            value = f.tensor(flat, dtype=f.float64, requires_grad=gradient)
            if gradient:
                self.leaves.append((name, value))
            storage = Storage(value * 1 if gradient else value, leaf=gradient)
            self.variables.append(Variable(name, storage, np.arange(len(flat)).reshape(shape)))

    def pick(self) -> Variable:
        return self.r.choice(self.variables[-6:] if self.r.random() < 0.7 else self.variables)

    def partner(self, x: Variable) -> str | None:
        """The name of something that can be broadcast to x, as an expression."""
        for v in self.r.sample(self.variables, len(self.variables)):
            try:
                if np.broadcast_shapes(v.places.shape, x.places.shape) == x.places.shape:
                    return v.name
            except ValueError:
                continue
        return None

    def variable(self, name: str) -> Variable:
        return next(v for v in self.variables if v.name == name)

    def write(self, x: Variable, value: Any, recorded: bool) -> None:
        places = f.tensor(x.places.reshape(-1).tolist(), dtype=f.int64)
        flat = x.storage.value
        value = value.expand(x.places.shape).reshape(-1)
        if recorded:
            x.storage.value = flat.scatter(0, places, value)
        else:  # the elements change, their history does not
            x.storage.value = flat + (flat.detach().scatter(0, places, value.detach()) - flat.detach())
        x.storage.version += 1
        if x.storage.value.requires_grad:  # what was made together may not be looked at any more, recorded or not
            gone = [v for v in self.variables if v.storage is x.storage and v.together and not v.detached]
            self.variables = [v for v in self.variables if v not in gone]

    # --- kinds of lines -----------------------------------------------------------------------------------------------
    def compute(self) -> None:
        x = self.pick()
        if self.r.random() < 0.6:
            e = self.r.choice(UNARY)
            if not x.places.ndim and any(word in e for word in NEEDS_A_DIMENSION):
                return
            if not x.places.size or ("var(" in e and x.places.shape[0] < 2):
                return
            value, source = self.evaluate(e, x.read()), self.named(e, x)
        else:
            y = self.r.choice(self.variables)
            e = self.r.choice(BINARY)
            try:
                value = self.evaluate(e, x.read(), y.read())
            except Exception:
                # Shapes that do not fit must be refused by the real tensors too.
                self.do(f"_ = {self.named(e, x, y.name)}", raises=Exception)
                return
            source = self.named(e, x, y.name)
        if value.numel() > 64 or not bool(value.isfinite().all()) or float(value.detach().abs().max()) > 1e3:
            return
        if "contiguous()" in e and steady(x.places):
            return  # the tensor itself
        self.new(source, value, thread=self.r.random() < 0.05)

    def named(self, expression: str, x: Variable, y: str = "y") -> str:
        """The expression of the variables."""
        out, i = "", 0
        while i < len(expression):
            c = expression[i]
            before = expression[i - 1] if i else " "
            after = expression[i + 1] if i + 1 < len(expression) else " "
            word = before.isalnum() or before in "_." or after.isalnum() or after == "_"
            out += x.name if c == "x" and not word else y if c == "y" and not word else c
            i += 1
        return out

    def view(self) -> None:
        x = self.pick()
        together = self.r.random() < 0.1
        need, e, move = self.r.choice(TOGETHER if together else VIEWS)
        if x.places.ndim < need or ("[:, None]" in e and x.places.ndim < 1):
            return
        if ("view(-1)" in e or "flatten" in e) and not self.names[x.name].is_contiguous():
            return  # a result keeps the order of what it was made from, which the table does not know
        places = move(x.places)
        if places is None or not places.size or places.size > 64:
            return
        name = self.fresh()
        self.do(f"{name} = {self.named(e, x)}")
        if tuple(self.names[name].shape) != places.shape:
            raise Wrong(f"the last line gave shape {tuple(self.names[name].shape)}, not {places.shape}")
        self.variables.append(Variable(name, x.storage, places, x.detached, x.together or together, alone=False))

    def detach(self) -> None:
        x = self.pick()
        name = self.fresh()
        self.do(f"{name} = {x.name}.detach()")
        self.variables.append(Variable(name, x.storage, x.places, detached=True, together=x.together, alone=False))

    def change(self) -> None:
        x = self.pick()
        if self.r.random() < 0.5:
            line, e = self.r.choice(CHANGES)
            y = None
        else:
            line, e = self.r.choice(CHANGES_BY)
            y = self.partner(x)
            if y is None:
                return
        of = self.variable(y) if y else None
        source = y or "y"
        if (
            of is not None
            and of.storage is x.storage
            and not (of.places.shape == x.places.shape and (of.places == x.places).all())
        ):
            source = f"{y}.clone()"  # memory that is read and written at once is refused
        elif of is not None and of.repeats:
            source = f"{y}.clone()"
        line = self.named(line, x, source)
        value = self.evaluate(e, x.read(), of.read() if of else None)
        real = self.names[x.name]
        tracked = x.storage.value.requires_grad and not x.detached
        if x.repeats:
            if "fill_" not in line and "zero_" not in line:
                self.do(line, raises=RuntimeError)
            return
        silent = self.r.random() < 0.12
        if silent:
            self.do(f"with f.no_grad(): {line}")
            self.write(x, value, recorded=False)
        elif tracked and (x.storage.leaf or x.together):
            self.do(line, raises=RuntimeError)
            return
        elif x.detached and value.requires_grad:
            return  # an alias that starts a history of its own: the model has no such thing
        elif not bool(value.isfinite().all()) or float(value.detach().abs().max()) > 1e3:
            return
        else:
            if x.together and value.requires_grad:
                return
            self.do(line, thread=self.r.random() < 0.05)
            self.write(x, value, recorded=not x.detached)
        if real._version != x.storage.version:
            raise Wrong(f"{x.name} has version {real._version} after the last line, not {x.storage.version}")

    def dirty(self) -> None:
        x = self.pick()
        if not x.alone or x.detached or x.storage.leaf or x.repeats or not x.storage.value.requires_grad:
            return
        if any(v.storage is x.storage and v is not x for v in self.variables):
            return
        self.do(f"{x.name} = Dirty.apply({x.name})")
        self.write(x, x.read() * 0.6, recorded=True)
        x.storage.version = self.names[x.name]._version

    def put(self) -> None:
        """x[...] = y for a part of x."""
        x = self.pick()
        if (
            x.detached
            or x.together
            or x.repeats
            or not x.places.ndim
            or (x.storage.value.requires_grad and x.storage.leaf)
        ):
            return
        index, move = self.r.choice(
            (
                ("0", lambda i: i[0]),
                ("-1:", lambda i: i[-1:]),
                ("..., 0", lambda i: i[..., 0]),
                ("::2", lambda i: i[::2]),
            )
        )
        part = Variable("part", x.storage, move(x.places), alone=False)
        y = self.partner(part)
        if y is None:
            return
        of = self.variable(y)
        self.do(f"{x.name}[{index}] = {y}.clone()")
        self.write(part, of.read(), recorded=True)

    def fail(self) -> None:
        x = self.pick()
        line = self.r.choice(
            (
                f"{x.name} + f.ones(5, 7, 11)",
                f"{x.name}.add_(f.ones(5, 7, 11))",
                f"Raising.apply({x.name})",
                f"{x.name}.view(-1, 77)",
                f"{x.name}.sum(9)",
                f"{x.name}[99]",
            )
        )
        if "ones" in line and x.places.ndim < 2 and x.places.size < 2:
            return
        if "[99]" in line or "sum(9)" in line or "ones" not in line or x.places.shape[-1] not in (1, 11):
            self.do(line, raises=Exception)

    def forget(self) -> None:
        """Drops a name; the tensor lives on where a view or the graph holds it, and may come back."""
        x = self.pick()
        if len(self.variables) < 4 or any(name == x.name for name, _ in self.leaves):
            return
        name = self.fresh()
        self.do(f"{name} = weakref.ref({x.name})")
        self.do(f"del {x.name}")
        self.variables.remove(x)
        self.weak.append((name, x))

    def recall(self) -> None:
        if not self.weak:
            return
        name, x = self.weak.pop()
        back = self.fresh()
        if self.r.random() < 0.3:
            self.do("gc.collect()")
        self.do(f"{back} = {name}()")
        if self.names[back] is not None and not x.together:
            x.name = back
            self.variables.append(x)

    def failing_backward(self) -> None:
        x = self.pick()
        if x.storage.value.requires_grad and not x.detached:
            self.do(f"RaisingBackward.apply({x.name} * 1).sum().backward(retain_graph=True)", raises=KeyError)
            self.do(f"for p in ({', '.join(n for n, _ in self.leaves)},): p.grad = None")

    # --- the end ------------------------------------------------------------------------------------------------------
    def compare(self) -> None:
        for v in self.variables:
            real, model = self.names[v.name], v.read()
            if real.shape != model.shape or not bool(
                ((real - model).detach().abs() <= ROOM * (1 + model.detach().abs())).all()
            ):
                raise Wrong(f"{v.name} is {real.tolist()}, not {model.tolist()}")
            if real._version != v.storage.version:
                raise Wrong(f"{v.name} has version {real._version}, not {v.storage.version}")

    def gradients(self) -> None:
        heads = [v for v in self.variables if not v.detached and v.storage.value.requires_grad]
        heads = [v for v in heads if self.names[v.name].requires_grad and v.read().requires_grad]
        if not heads:
            return
        heads = self.r.sample(heads, min(len(heads), 3))
        weights = [
            f.tensor([round(self.r.uniform(-1, 1), 3) for _ in range(v.places.size)], dtype=f.float64).reshape(
                v.places.shape
            )
            for v in heads
        ]
        self.lines.append(
            f"loss = weighted sum of {', '.join(v.name for v in heads)}, its gradient by {', '.join(n for n, _ in self.leaves)}"
        )
        model = sum(((v.read() * w).sum() for v, w in zip(heads, weights)), f.zeros((), dtype=f.float64))
        leaves = [t for _, t in self.leaves]
        twice = self.r.random() < 0.4 and not self.hooked
        expected = f.autograd.grad(model, leaves, allow_unused=True, create_graph=twice)
        mine = [self.names[n] for n, _ in self.leaves]
        try:
            loss = sum(((self.names[v.name] * w).sum() for v, w in zip(heads, weights)), f.zeros((), dtype=f.float64))
            if not twice and self.r.random() < 0.3:
                got = self.by_threads(heads, weights, mine)
            else:
                got = list(f.autograd.grad(loss, mine, allow_unused=True, create_graph=twice))
            self.same("gradient", got, expected)
            if not twice:
                return
            parts = [
                (g, e)
                for g, e in zip(got, expected)
                if g is not None and e is not None and g.requires_grad and e.requires_grad
            ]
            if not parts:
                return
            self.lines.append("and the gradient of the sum of its squares")
            second = f.autograd.grad(sum((e * e).sum() for _, e in parts), leaves, allow_unused=True)
            mine_twice = f.autograd.grad(sum((g * g).sum() for g, _ in parts), mine, allow_unused=True)
            self.same("second gradient", list(mine_twice), second)
        except RuntimeError as error:
            # What was saved and changed since is refused; that is right, if not always needed.
            if not any(text in str(error) for text in ("modified by an inplace operation", "changed in place after")):
                raise

    def by_threads(self, heads: list[Variable], weights: list[Any], leaves: list[Any]) -> list[Any]:
        """Each head's backward on a thread of its own, into the same leaves."""
        self.lines[-1] += ", a thread each"
        errors: list[Exception] = []
        sums = [(self.names[v.name] * w).sum() for v, w in zip(heads, weights)]
        for p in leaves:
            p.grad = None

        def back(s: Any) -> None:
            try:
                s.backward(retain_graph=True)
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=back, args=(s,)) for s in sums]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        if errors:
            raise errors[0]
        return [p.grad for p in leaves]

    def same(self, what: str, got: list[Any], expected: Any) -> None:
        for (name, leaf), g, e in zip(self.leaves, got, expected):
            g = f.zeros_like(leaf) if g is None else g.detach().reshape(leaf.shape)
            e = f.zeros_like(leaf) if e is None else e.detach()
            if not bool(((g - e).abs() <= 1e-7 * (1 + e.abs())).all()):
                raise Wrong(f"the {what} of {name} is {g.tolist()}, not {e.tolist()}")

    def run(self) -> str:
        """'' or what was wrong."""
        kinds = (
            [self.compute] * 6
            + [self.view] * 6
            + [self.change] * 6
            + [self.put, self.put, self.detach, self.dirty, self.fail]
        )
        kinds += [self.forget, self.recall, self.failing_backward]
        try:
            self.start()
            for _ in range(self.r.randint(4, LINES)):
                self.r.choice(kinds)()
            self.compare()
            self.gradients()
        except Wrong as wrong:
            return str(wrong)
        except Exception:
            return "raised " + traceback.format_exc()[-900:]
        return ""

    def __str__(self) -> str:
        return "\n".join("    " + line for line in self.lines)
