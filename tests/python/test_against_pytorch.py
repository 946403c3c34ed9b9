"""Flambeau beside the real PyTorch, on seeded random cases: promotion, indexing, views, random streams, checkpoints
both ways, optimizers, printing. Runs in the reference environment only (.ci/run); test_operators.py and the golden
tables are the comparison that needs no PyTorch.
"""

from __future__ import annotations

import io
import itertools
import random
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

import flambeau

pytestmark = pytest.mark.reference
try:  # the default run has no PyTorch, and deselects all of this
    import torch
except ImportError:
    torch = None

TYPES = """bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128
float8_e4m3fn float8_e5m2""".split()  # noqa: SIM905
SEEDS = range(12)


def outcome(function: Callable[[], Any]) -> Any:
    """A result as plain values, with what else can be seen of a tensor; or the class of the exception."""
    try:
        return seen(function())
    except Exception as error:
        return type(error).__name__


def seen(value: Any) -> Any:
    if hasattr(value, "storage_offset"):
        values = (value.float() if "float8" in str(value.dtype) else value).tolist()
        # A dimension of fewer than two elements is never stepped along; its stride differs in places.
        strides = [
            stride if size > 1 and value.numel() else None
            for size, stride in zip(value.shape, value.stride(), strict=True)
        ]
        return str(value.dtype), tuple(value.shape), strides, value.storage_offset(), repr(values)
    if isinstance(value, (list, tuple)):
        return [seen(item) for item in value]
    if isinstance(value, dict):
        return {str(key): seen(item) for key, item in value.items()}
    return repr(value)


def both(make: Callable[[Any], Any]) -> None:
    """The same function of the library, with the same outcome."""
    theirs, ours = outcome(lambda: make(torch)), outcome(lambda: make(flambeau))
    assert ours == theirs


# --- types ------------------------------------------------------------------------------------------------------------
def operand(lib: Any, spec: tuple[str, str]) -> Any:
    kind, name = spec
    if kind == "number":
        return {"bool": True, "int": 2, "float": 1.5, "complex": 1 + 2j}[name]
    return lib.ones(() if kind == "scalar" else (2,)).to(getattr(lib, name))


@pytest.mark.parametrize("seed", SEEDS)
def test_promotion(seed):
    dice = random.Random(seed)
    for _ in range(150):
        specs = [
            (kind, dice.choice(TYPES) if kind != "number" else dice.choice(["bool", "int", "float", "complex"]))
            for kind in (dice.choice(["tensor", "scalar"]), dice.choice(["tensor", "scalar", "number"]))
        ]
        name = dice.choice(["result_type", "add", "mul", "div", "where", "maximum", "pow", "eq", "cat", "can_cast"])

        def work(lib, name=name, specs=specs):
            a, b = (operand(lib, spec) for spec in specs)
            if name == "where":
                return lib.where(lib.tensor([True, False]), a, b).dtype
            if name == "cat":
                return lib.cat([lib.atleast_1d(a), lib.atleast_1d(b)]).dtype
            if name == "can_cast":
                return lib.can_cast(a.dtype, b.dtype)
            result = getattr(lib, name)(a, b)
            return result if name == "result_type" else result.dtype

        theirs, ours = outcome(lambda: work(torch)), outcome(lambda: work(flambeau))
        if theirs in ("NotImplementedError", "RuntimeError") or (name == "maximum" and theirs == "TypeError"):
            continue  # more types, and numbers beside tensors, work here
        assert ours == theirs, (name, specs)


# --- indexing and views -----------------------------------------------------------------------------------------------
def index_of(dice: random.Random, sizes: list[int]) -> list[Any]:
    """The parts of an index, with tensors as ("tensor", values), so that each library makes its own."""
    parts: list[Any] = []
    left = list(sizes)
    if dice.random() < 0.3:
        parts.append(...)
    if parts and left:
        left = left[dice.randrange(len(left)) :]
        taken = left
    else:
        taken = left[: dice.randrange(len(left) + 1)]
    for size in taken:
        while dice.random() < 0.2:
            parts.append(dice.choice([None, None, True, False]))
        kind = dice.choice(["int", "slice", "slice", "list", "tensor", "mask", "step"])
        if kind == "int":
            parts.append(dice.randrange(-size - (dice.random() < 0.05), max(size, 1)))
        elif kind == "slice":
            parts.append(slice(*(dice.choice([None, dice.randrange(-size - 1, size + 2)]) for _ in range(2))))
        elif kind == "step":
            parts.append(slice(None, None, dice.randrange(1, 4)))
        elif kind == "list":
            parts.append([dice.randrange(-size, max(size, 1)) for _ in range(2)])
        elif kind == "mask":
            parts.append(("mask", [dice.random() < 0.5 for _ in range(size)]))
        else:
            shape = dice.choice([(), (2,), (2, 1), (1, 2)])
            values = [dice.randrange(-size, max(size, 1)) for _ in range(2)]
            parts.append(("tensor", values[: 1 if shape == () else 2], shape))
    return parts


def made(lib: Any, part: Any) -> Any:
    if isinstance(part, tuple) and part[0] == "mask":
        return lib.tensor(part[1], dtype=lib.bool)
    if isinstance(part, tuple):
        return lib.tensor(part[1]).reshape(part[2])
    return part


@pytest.mark.parametrize("seed", SEEDS)
def test_indexing(seed):
    dice = random.Random(seed)
    for _ in range(60):
        sizes = [dice.randrange(1, 5) for _ in range(dice.randrange(1, 5))]
        parts = index_of(dice, sizes)
        single, assigned = len(parts) == 1 and dice.random() < 0.5, dice.choice([7.0, "same", "row"])

        def work(lib, parts=parts, single=single, assigned=assigned, sizes=sizes):
            x = lib.arange(float(torch.Size(sizes).numel())).reshape(sizes)
            index = tuple(made(lib, part) for part in parts)
            index = index[0] if single else index
            found = x[index]
            value: Any = 7.0 if assigned == 7.0 else found * 2 + 1 if assigned == "same" else found.new_tensor([3.0])
            changed = x.clone()
            changed[index] = value
            return found, changed

        theirs, ours = outcome(lambda: work(torch)), outcome(lambda: work(flambeau))
        assert ours == theirs, (sizes, parts, assigned)


@pytest.mark.parametrize("seed", SEEDS)
def test_views(seed):
    """Sizes, strides and offsets along a chain of views, and which of them are refused."""
    dice = random.Random(seed)
    for _ in range(40):
        sizes = [dice.randrange(1, 5) for _ in range(dice.randrange(1, 5))]
        steps = [(dice.randrange(14), dice.randrange(1 << 30)) for _ in range(5)]

        def work(lib, sizes=sizes, steps=steps):
            x = lib.arange(torch.Size(sizes).numel()).reshape(sizes)
            trace = [x]
            for kind, number in steps:
                pick, n = random.Random(number), x.dim()
                d, e = (pick.randrange(n) for _ in range(2)) if n else (0, 0)
                total = x.numel()
                factor = pick.choice([f for f in range(1, total + 1) if total % f == 0]) if total else 1
                x = [
                    lambda x=x, d=d, e=e: x.transpose(d, e) if x.dim() else x,
                    lambda x=x, n=n, pick=pick: x.permute(pick.sample(range(n), n)),
                    lambda x=x, d=d: x.unsqueeze(d),
                    lambda x=x, d=d: x.squeeze(d) if x.dim() else x.squeeze(),
                    lambda x=x, d=d: x.narrow(d, 0, max(x.size(d) - 1, 1)) if x.dim() else x,
                    lambda x=x, d=d, pick=pick: x.select(d, pick.randrange(x.size(d))) if x.dim() else x,
                    lambda x=x, factor=factor, total=total: x.reshape(factor, total // factor) if total else x,
                    lambda x=x, factor=factor, total=total: x.view(total // factor, factor) if total else x,
                    lambda x=x, d=d: x.unfold(d, 1, 1) if x.dim() else x,
                    lambda x=x, n=n: x.expand(2, *[-1] * n),
                    lambda x=x, d=d: x.movedim(d, -1) if x.dim() else x,
                    lambda x=x, d=d, e=e: x.diagonal(0, d, e) if d != e else x,
                    lambda x=x, d=d: x.flatten(d) if x.dim() else x,
                    lambda x=x, d=d: x[(slice(None),) * d + (slice(None, None, 2),)] if x.dim() else x,
                ][kind]()
                trace.append(x)
            shares = [t.data_ptr() - trace[0].data_ptr() == t.storage_offset() * 8 for t in trace]
            return trace, shares, [t.is_contiguous() for t in trace]

        theirs, ours = outcome(lambda: work(torch)), outcome(lambda: work(flambeau))
        assert ours == theirs, (sizes, steps)


# --- random numbers ---------------------------------------------------------------------------------------------------
DRAWS: dict[str, Callable[[Any, int], Any]] = {
    "rand": lambda lib, n: lib.rand(n),
    "rand double": lambda lib, n: lib.rand(n, dtype=lib.float64),
    "randn": lambda lib, n: lib.randn(n),
    "randn half": lambda lib, n: lib.randn(n, dtype=lib.float16),
    "randint": lambda lib, n: lib.randint(-3, 1 << 20, (n,)),
    "randperm": lambda lib, n: lib.randperm(n),
    "bernoulli": lambda lib, n: lib.bernoulli(lib.full((n,), 0.3)),
    "multinomial": lambda lib, n: lib.multinomial(lib.ones(n + 1), n, replacement=True),
    "exponential": lambda lib, n: lib.empty(n).exponential_(2.0),
    "normal": lambda lib, n: lib.normal(lib.zeros(n), lib.ones(n)),
    "dropout": lambda lib, n: lib.nn.functional.dropout(lib.ones(n), 0.4),
    "uniform": lambda lib, n: lib.empty(n, 2).t().uniform_(-1, 1),
    "random": lambda lib, n: lib.empty(n, dtype=lib.int32).random_(),
    "poisson": lambda lib, n: lib.poisson(lib.full((n,), 3.0)),
}


@pytest.mark.parametrize("name", DRAWS)
def test_random_streams(name):
    """From the same seed, and from the state after them."""
    dice = random.Random(name)
    for _ in range(8):
        seed, n = dice.randrange(1 << 40), dice.choice([1, 5, 15, 16, 17, 40, 100])

        def work(lib, seed=seed, n=n):
            lib.manual_seed(seed)
            first = DRAWS[name](lib, n)
            return first, lib.rand(3), lib.get_rng_state()

        both(work)


def test_a_state_travels():
    torch.manual_seed(77)
    torch.randn(5)
    flambeau.set_rng_state(flambeau.tensor(torch.get_rng_state().tolist(), dtype=flambeau.uint8))
    assert flambeau.randn(20).tolist() == torch.randn(20).tolist()
    torch.set_rng_state(torch.tensor(flambeau.get_rng_state().tolist(), dtype=torch.uint8))
    assert flambeau.rand(20).tolist() == torch.rand(20).tolist()


# --- checkpoints ------------------------------------------------------------------------------------------------------
def network(lib: Any) -> Any:
    nn = lib.nn
    lib.manual_seed(3)
    return nn.ModuleDict(
        {
            "convolutions": nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten()),
            "words": nn.Embedding(7, 5, padding_idx=0),
            "recurrent": nn.LSTM(5, 6, num_layers=2, bidirectional=True),
            "attention": nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
        }
    )


def carried(value: Any, source: Any, target: Any) -> Any:
    stream = io.BytesIO()
    source.save(value, stream)
    stream.seek(0)
    return target.load(stream, weights_only=True)


@pytest.mark.parametrize("to", ["flambeau", "torch"])
def test_checkpoints(to):
    source, target = (torch, flambeau) if to == "flambeau" else (flambeau, torch)
    for dtype in ("float32", "float64", "float16", "bfloat16"):
        given, taken = network(source).to(getattr(source, dtype)), network(target).to(getattr(target, dtype))
        for parameter in taken.parameters():
            parameter.data.zero_()
        answer = taken.load_state_dict(carried(given.state_dict(), source, target))
        assert str(answer) == "<All keys matched successfully>"
        assert seen(dict(taken.state_dict())) == seen(dict(given.state_dict()))


@pytest.mark.parametrize("to", ["flambeau", "torch"])
def test_other_contents_of_checkpoints(to):
    source, target = (torch, flambeau) if to == "flambeau" else (flambeau, torch)
    base = source.arange(12.0)
    value = {
        "views": [base[2:8].view(2, 3), base.view(3, 4).t()],
        "types": {name: source.ones(3).to(getattr(source, name)) for name in TYPES},
        "parameter": source.nn.Parameter(source.ones(2)),
        "size": source.Size((2, 3)),
        "dtype": source.float16,
        "device": source.device("cpu"),
        "numbers": (1, 2.5, None, "text", True, {"a": [1]}),
        "empty": source.zeros(0, 3),
    }
    result = carried(value, source, target)
    assert seen(result) == seen(value)
    assert result["views"][0].data_ptr() - result["views"][1].data_ptr() == 8  # one storage
    assert isinstance(result["parameter"], target.nn.Parameter) and result["dtype"] is target.float16


# --- optimizers -------------------------------------------------------------------------------------------------------
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.1, "maximize": True}),
    ("Adam", {"lr": 0.02, "amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.02, "betas": (0.8, 0.99)}),
    ("Adamax", {"lr": 0.02}),
    ("NAdam", {"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.02}),
    ("RMSprop", {"lr": 0.02, "momentum": 0.5, "centered": True}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.01}),
    ("Adadelta", {"lr": 0.5}),
    ("Adafactor", {"lr": 0.1}),
    ("ASGD", {"lr": 0.05}),
    ("Rprop", {"lr": 0.01}),
    ("LBFGS", {"lr": 0.5, "line_search_fn": "strong_wolfe", "max_iter": 5}),
]


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=lambda v: v if isinstance(v, str) else "")
def test_ten_steps(name, options):
    """Weights within rounding, state dictionaries of the same form, and a state that goes on in the other library."""
    results: dict[Any, Any] = {}
    for lib in (torch, flambeau):
        lib.manual_seed(1)
        model = lib.nn.Sequential(lib.nn.Linear(4, 8), lib.nn.Tanh(), lib.nn.Linear(8, 1)).double()
        x = lib.linspace(-1, 1, 40, dtype=lib.float64).view(10, 4)
        optimizer = getattr(lib.optim, name)(model.parameters(), **options)

        def closure(lib=lib, model=model, x=x, optimizer=optimizer):
            optimizer.zero_grad()
            loss = (model(x) - x.square().sum(1, keepdim=True)).square().mean()
            loss.backward()
            return loss

        losses = [float(optimizer.step(closure)) for _ in range(10)]
        results[lib] = losses, [p.tolist() for p in model.parameters()], optimizer, model, closure
    torch.testing.assert_close(results[flambeau][0], results[torch][0], rtol=1e-9, atol=1e-12)
    for ours, theirs in zip(results[flambeau][1], results[torch][1], strict=True):
        torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), rtol=1e-7, atol=1e-10)
    ours, theirs = (results[lib][2].state_dict() for lib in (flambeau, torch))
    assert shape_of(ours) == shape_of(theirs)
    results[flambeau][2].load_state_dict(carried(theirs, torch, flambeau))
    results[torch][2].load_state_dict(carried(ours, flambeau, torch))
    again = [float(results[lib][2].step(results[lib][4])) for lib in (flambeau, torch)]
    assert again[0] == pytest.approx(again[1], rel=1e-7)


def shape_of(value: Any) -> Any:
    """The form of a state dictionary: keys, types, sizes."""
    if hasattr(value, "storage_offset"):
        return str(value.dtype), tuple(value.shape)
    if isinstance(value, dict):
        return {key: shape_of(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shape_of(item) for item in value]
    return value if isinstance(value, (int, str, type(None))) else type(value).__name__


# --- printing ---------------------------------------------------------------------------------------------------------
SPREADS: list[Callable[[random.Random], float]] = [
    lambda d: d.uniform(-1, 1),
    lambda d: d.uniform(-1, 1) * 10 ** d.randrange(-9, 9),
    lambda d: float(d.randrange(-100, 100)),
    lambda d: d.choice([0.0, -0.0, 1.0, float("nan"), float("inf"), -float("inf"), 1e-8, 12345678.0]),
    lambda d: d.choice([0.5, 1.5, 2.0]),
    lambda d: 0.0,
]
SHAPES = [(), (0,), (1,), (7,), (3, 4), (2, 0, 3), (2, 3, 2), (1, 1, 1, 2), (40,), (1100,), (40, 30), (3, 12, 40)]


def printed_tensor(lib: Any, shape: tuple[int, ...], dtype: str, values: list[float]) -> Any:
    kind = getattr(lib, dtype)
    whole = not (kind.is_floating_point or kind.is_complex)
    if whole:
        values = [0 if v != v or abs(v) > 1e6 else int(v) % 120 if "u" in dtype else int(v) % 240 - 120 for v in values]
    x = lib.tensor(values, dtype=lib.int64 if whole else lib.float64).reshape(shape)
    if kind.is_complex:
        x = lib.complex(x, x.flip(0) if x.dim() else -x)
    return x.to(kind)


@pytest.mark.parametrize("seed", range(40))
def test_tensors_print_alike(seed):
    dice = random.Random(seed)
    for _ in range(12):
        shape, dtype = dice.choice(SHAPES), dice.choice(TYPES)
        spread = dice.choice(SPREADS)
        values = [spread(dice) for _ in range(torch.Size(shape).numel())]
        options: dict[str, Any] = dice.choice(
            [
                {}, {}, {"precision": dice.randrange(0, 9)}, {"sci_mode": True}, {"sci_mode": False},
                {"profile": "short"}, {"profile": "full"}, {"linewidth": 40},
                {"threshold": 10, "edgeitems": dice.randrange(1, 5)},
            ]
        )  # fmt: skip
        form = dice.choice(["plain", "plain", "requires", "graph", "parameter", "strided", "expanded", "str", "format"])

        def show(lib, shape=shape, dtype=dtype, values=values, options=options, form=form):
            x = printed_tensor(lib, shape, dtype, values)
            if form in ("requires", "graph", "parameter") and x.dtype.is_floating_point and x.dtype.itemsize > 1:
                x = lib.nn.Parameter(x) if form == "parameter" else x.requires_grad_()
                if form == "graph":
                    x = x.clone().view(-1) * 1
            if form == "strided" and x.dim() > 1:
                x = x.transpose(0, 1)[..., ::2]
            if form == "expanded" and x.dim():
                x = x.expand(2, *x.shape)
            lib.set_printoptions(profile="default")
            lib.set_printoptions(**options)
            try:
                return str(x) if form == "str" else f"{x}" if form == "format" else repr(x)
            finally:
                lib.set_printoptions(profile="default")

        assert show(flambeau) == show(torch), (shape, dtype, options, form)


def test_subclasses_and_other_devices_print_alike():
    def texts(lib):
        class Marked(lib.Tensor):
            pass

        class MarkedParameter(lib.nn.Parameter):
            pass

        x = lib.arange(3.0)
        lines = [
            x.as_subclass(Marked),
            MarkedParameter(x),
            lib.nn.Buffer(x),
            x.as_subclass(Marked).requires_grad_() * 2,
        ]
        lines += [lib.empty(2, 3, device="meta"), lib.empty(2, device="meta", dtype=lib.int8, requires_grad=False)]
        lines += [lib.nn.Parameter(lib.empty(2, device="meta")), [x, x[0]], {"a": x[1:]}, lib.Size((2, 3)), lib.float32]
        lines += [lib.device("cuda:1"), lib.strided, lib.channels_last, lib.finfo(lib.float32), lib.iinfo(lib.int8)]
        lines += [x[1], x[1].item(), f"{x[1]:.2f}", lib.max(x.view(1, 3), 1)]
        return [str(line).replace("flambeau", "torch") for line in lines]

    for ours, theirs in zip(texts(flambeau), texts(torch), strict=True):
        assert ours == theirs


def modules(nn: Any) -> list[Any]:
    """A module of nearly every kind, some nested in one another."""
    encoder = nn.TransformerEncoderLayer(8, 2, 16)
    blocks = [nn.Sequential(nn.Linear(2, 3), nn.ReLU()) for _ in range(3)]
    named = nn.ModuleDict({"a": nn.Conv2d(1, 2, (3, 1), padding="same"), "b": nn.ModuleList([*blocks, nn.Tanh()])})
    return [
        nn.Linear(2, 3, bias=False),
        nn.Bilinear(2, 3, 4),
        nn.Conv1d(2, 4, 3, 2, 1, 1, 2),
        nn.Conv2d(1, 2, (3, 1), padding="same"),
        nn.Conv3d(1, 2, 3, padding_mode="circular", padding=1),
        nn.ConvTranspose2d(2, 2, 3, output_padding=1, stride=2),
        nn.BatchNorm1d(3, momentum=None),
        nn.InstanceNorm2d(3, affine=True),
        nn.GroupNorm(2, 4),
        nn.LayerNorm((2, 3), eps=1e-3),
        nn.RMSNorm(4),
        nn.LocalResponseNorm(2),
        nn.Dropout(0.2, inplace=True),
        nn.Dropout2d(),
        nn.AlphaDropout(0.1),
        nn.ReLU(True),
        nn.LeakyReLU(0.2),
        nn.ELU(0.5),
        nn.GELU("tanh"),
        nn.Softmax(dim=1),
        nn.LogSoftmax(-1),
        nn.Hardtanh(-2, 2),
        nn.PReLU(3),
        nn.Threshold(0.1, 20),
        nn.Softplus(2, 10),
        nn.Softshrink(0.3),
        nn.RReLU(),
        nn.GLU(1),
        nn.MaxPool2d(2, 1, ceil_mode=True),
        nn.MaxPool1d(3, return_indices=True),
        nn.AvgPool2d((2, 1)),
        nn.AvgPool3d(2),
        nn.AdaptiveAvgPool2d((1, None)),
        nn.AdaptiveMaxPool1d(3),
        nn.LPPool2d(2, 3),
        nn.FractionalMaxPool2d(2, output_size=3),
        nn.MaxUnpool2d(2),
        nn.ZeroPad2d(1),
        nn.ReflectionPad1d((1, 2)),
        nn.ConstantPad3d(1, 0.5),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.PixelShuffle(2),
        nn.Flatten(0, -2),
        nn.Unflatten(1, (2, 3)),
        nn.Fold((4, 5), 2),
        nn.Unfold(2, dilation=2),
        nn.Identity(1, 2, a=3),
        nn.Embedding(5, 3, padding_idx=1, max_norm=2.0),
        nn.EmbeddingBag(5, 3, mode="max"),
        nn.LSTM(2, 3, 2, bidirectional=True),
        nn.GRU(2, 3, bias=False, batch_first=True),
        nn.RNN(2, 3, nonlinearity="relu"),
        nn.LSTMCell(2, 3),
        nn.RNNCell(2, 3, False),
        nn.LSTM(2, 4, proj_size=1, dropout=0.1, num_layers=2),
        nn.MultiheadAttention(4, 2),
        encoder,
        nn.TransformerEncoder(encoder, 2),
        nn.TransformerDecoderLayer(8, 2, 16, norm_first=True),
        nn.CosineSimilarity(),
        nn.PairwiseDistance(3),
        nn.CrossEntropyLoss(),
        nn.BCEWithLogitsLoss(),
        nn.HuberLoss(),
        nn.CTCLoss(),
        nn.TripletMarginLoss(),
        nn.KLDivLoss(),
        nn.GaussianNLLLoss(),
        named,
        nn.Sequential(),
        nn.ModuleList(),
        nn.ModuleDict(),
        nn.Sequential(named, blocks[0], nn.Sequential()),
        nn.ChannelShuffle(2),
        nn.ParameterList([nn.Parameter(encoder.linear1.weight.detach()[:2, :2])]),
        nn.ModuleList([nn.Linear(2, 2)] * 4 + blocks),
        nn.LazyLinear(3),
        nn.LazyConv2d(3, 2),
        nn.LazyBatchNorm1d(),
        nn.ParameterDict({"w": nn.Parameter(blocks[0][0].weight.detach())}),
        nn.SyncBatchNorm(3),
        nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10]),
        nn.Module(),
        nn.SmoothL1Loss(beta=2.0),
        nn.Transformer(4, 2, 1, 1, 8),
    ]


def test_modules_print_alike():
    torch.manual_seed(0)
    theirs = [repr(module) for module in modules(torch.nn)]
    flambeau.manual_seed(0)
    ours = [repr(module) for module in modules(flambeau.nn)]
    different = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    assert not different


def test_own_modules_print_alike():
    def text(lib):
        class Inner(lib.nn.Module):
            def extra_repr(self):
                return "one=1\ntwo=2"

        class Outer(lib.nn.Module):
            def __init__(self):
                super().__init__()
                self.first = Inner()
                self.second = lib.nn.ModuleList([Inner(), lib.nn.Linear(1, 1)])
                self.third = None
                self.register_module("fourth", None)
                self.weight = lib.nn.Parameter(lib.ones(1))

            def extra_repr(self):
                return "kind=outer"

        model = Outer()
        optimizer = lib.optim.SGD([{"params": model.parameters(), "lr": 0.1}], momentum=0.5)
        scheduler = lib.optim.lr_scheduler.StepLR(optimizer, 2)
        return [
            repr(model),
            repr(optimizer),
            scheduler.get_last_lr(),
            repr(lib.distributions.Normal(lib.zeros(2), 1.0)),
        ]

    assert text(flambeau) == text(torch)


# --- a program --------------------------------------------------------------------------------------------------------
PROGRAM = textwrap.dedent("""
    def program(torch):
        from_numbers = torch.linspace(-3, 3, 60).unsqueeze(1)
        torch.manual_seed(4)
        model = torch.nn.Sequential(
            torch.nn.Linear(1, 16), torch.nn.GELU(), torch.nn.Dropout(0.1), torch.nn.Linear(16, 1)
        )
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)
        data = torch.utils.data.TensorDataset(from_numbers, from_numbers.sin())
        loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True, drop_last=True)
        losses = []
        for _ in range(10):
            for x, y in loader:
                loss = torch.nn.functional.mse_loss(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                losses.append(loss.item())
            schedule.step()
        return losses
""")


def test_a_program_trains_alike():
    space: dict[str, Any] = {}
    exec(PROGRAM, space)
    theirs, ours = space["program"](torch), space["program"](flambeau)
    assert ours == pytest.approx(theirs, rel=2e-4)
    assert len(ours) == 30


def test_pairs_of_types_convert_alike():
    for source, target in itertools.product(TYPES, TYPES):

        def work(lib, source=source, target=target):
            return lib.tensor([0.0, 1.0, 2.5, 100.7]).to(getattr(lib, source)).to(getattr(lib, target))

        theirs, ours = outcome(lambda: work(torch)), outcome(lambda: work(flambeau))
        assert ours == theirs, (source, target)
