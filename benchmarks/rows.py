"""The rows: for each group, what is measured as a function from the library (`flambeau` or `torch`) to a call to time.

Rows say sizes in their names. Nothing here knows which library it gets; a row a library cannot run is left blank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = Callable[[Any], Callable[[], object]]
GROUPS: dict[str, dict[str, Row]] = {}
# Why a row (or all rows whose names begin so) is slower than PyTorch where it is.
REASONS: dict[str, str] = {
    "fft, 1": "portable vector code of our own against MKL",
    "rfft": "portable vector code of our own against MKL",
    "irfft": "portable vector code of our own against MKL",
    "eigh": "LAPACK of OpenBLAS against MKL's",
    "lstsq": "LAPACK of OpenBLAS against MKL's",
    "qr": "LAPACK of OpenBLAS against MKL's",
    "matrix · vector": "OpenBLAS against MKL, both at the speed of memory",
}


def row(group: str, name: str) -> Callable[[Row], Row]:
    def enter(make: Row) -> Row:
        GROUPS.setdefault(group, {})[name] = make
        return make

    return enter


def simple(group: str, name: str, call: Callable[[Any, Any], object], *shape: int, dtype: str = "float32") -> None:
    """A row that calls something on one random tensor."""

    def make(t: Any) -> Callable[[], object]:
        t.manual_seed(0)
        x = t.rand(*shape).to(getattr(t, dtype)) if "int" not in dtype else t.randint(100, shape).to(getattr(t, dtype))
        return lambda: call(t, x)

    GROUPS.setdefault(group, {})[name] = make


# --- overhead: small tensors, where only the way to the kernel counts -----------------------------
simple("overhead", "a + a, 8×8", lambda t, a: a + a, 8, 8)
simple("overhead", "a * 2.0, 8×8", lambda t, a: a * 2.0, 8, 8)
simple("overhead", "view", lambda t, a: a.view(64), 8, 8)
simple("overhead", "a[0]", lambda t, a: a[0], 8, 8)
simple("overhead", "sum, 8×8", lambda t, a: a.sum(), 8, 8)
simple("overhead", "item", lambda t, a: a.item(), 1)
simple("overhead", "zeros(8, 8)", lambda t, a: t.zeros(8, 8), 1)


@row("overhead", "Linear(8, 8) forward")
def linear(t: Any) -> Callable[[], object]:
    layer, x = t.nn.Linear(8, 8), t.rand(8, 8)
    return lambda: layer(x)


@row("overhead", "Linear(8, 8) forward and backward")
def linear_backward(t: Any) -> Callable[[], object]:
    layer, x = t.nn.Linear(8, 8), t.rand(8, 8)
    return lambda: layer(x).sum().backward()


def optimizer_row(kind: str) -> Row:
    def make(t: Any) -> Callable[[], object]:
        parameters = [t.nn.Parameter(t.rand(8, 8)) for _ in range(20)]
        for parameter in parameters:
            parameter.grad = t.rand(8, 8)
        return getattr(t.optim, kind)(parameters, lr=1e-3).step

    return make


for _kind in ("SGD", "Adam", "AdamW"):
    GROUPS["overhead"][f"{_kind} step, 20 parameters of 8×8"] = optimizer_row(_kind)

# --- pointwise ------------------------------------------------------------------------------------
for _name in ("exp", "tanh", "sin", "log", "erf", "sigmoid", "sqrt"):
    simple("pointwise", f"{_name}, 1 M", lambda t, a, f=_name: getattr(t, f)(a), 1 << 20)
simple("pointwise", "a + a, 10 M", lambda t, a: a + a, 10_000_000)
simple("pointwise", "a + a, 1 M bfloat16", lambda t, a: a + a, 1 << 20, dtype="bfloat16")
simple("pointwise", "a + a, 1 M uint8", lambda t, a: a + a, 1 << 20, dtype="uint8")
simple("pointwise", "gelu (tanh), 1 M", lambda t, a: t.nn.functional.gelu(a, approximate="tanh"), 1 << 20)
simple("pointwise", "a + row, 1024×1024", lambda t, a: a + a[0], 1024, 1024)
simple("pointwise", "transposed copy, 1024×1024", lambda t, a: a.t().contiguous(), 1024, 1024)
simple("pointwise", "six operators, 1 M", lambda t, a: ((a * 2 + 1).tanh() * a - 0.5).sigmoid(), 1 << 20)

# --- reduce ---------------------------------------------------------------------------------------
for _name in ("sum", "mean", "amax", "argmax"):
    simple("reduce", f"{_name}, 4 M", lambda t, a, f=_name: getattr(t, f)(a), 1 << 22)
simple("reduce", "sum over rows, 2048×2048", lambda t, a: a.sum(0), 2048, 2048)
simple("reduce", "sum along rows, 2048×2048", lambda t, a: a.sum(1), 2048, 2048)
simple("reduce", "var, 1024×1024 along rows", lambda t, a: a.var(1), 1024, 1024)
simple("reduce", "softmax, 1024×1024", lambda t, a: a.softmax(1), 1024, 1024)
simple("reduce", "layer_norm, 1024×1024", lambda t, a: t.nn.functional.layer_norm(a, (1024,)), 1024, 1024)
simple("reduce", "cumsum, 1024×1024", lambda t, a: a.cumsum(1), 1024, 1024)
simple("reduce", "sort, 1 M", lambda t, a: a.sort(), 1 << 20)

# --- linalg ---------------------------------------------------------------------------------------
for _n in (16, 64, 256, 512, 1024):
    simple("linalg", f"a @ a, {_n}³", lambda t, a: a @ a, _n, _n)
simple("linalg", "a @ a, 512³ bfloat16", lambda t, a: a @ a, 512, 512, dtype="bfloat16")
simple("linalg", "a @ a, 512³ float64", lambda t, a: a @ a, 512, 512, dtype="float64")
simple("linalg", "bmm, 64 of 64³", lambda t, a: t.bmm(a, a), 64, 64, 64)
simple("linalg", "matrix · vector, 1024", lambda t, a: a @ a[0], 1024, 1024)
simple("linalg", "solve, 256", lambda t, a: t.linalg.solve(a, a), 256, 256)
simple("linalg", "svd, 64", lambda t, a: t.linalg.svd(a), 64, 64)
simple("linalg", "eigh, 64", lambda t, a: t.linalg.eigh(a), 64, 64)
simple("linalg", "qr, 128", lambda t, a: t.linalg.qr(a), 128, 128)
simple("linalg", "lstsq, 128×32", lambda t, a: t.linalg.lstsq(a, a[:, :1]), 128, 32)
simple("linalg", "cholesky, 128", lambda t, a: t.linalg.cholesky(a @ a.mT + 128 * t.eye(128)), 128, 128)
simple("linalg", "einsum bij,bjk->ik, 16 of 64³", lambda t, a: t.einsum("bij,bjk->ik", a, a), 16, 64, 64)

# --- fft ------------------------------------------------------------------------------------------
for _n in (1 << 10, 1 << 16, 1 << 20):
    simple("fft", f"fft, {_n}", lambda t, a: t.fft.fft(a), _n, dtype="complex64")
simple("fft", "fft, 1 000 000", lambda t, a: t.fft.fft(a), 1_000_000, dtype="complex64")
simple("fft", "rfft, 64 of 1024", lambda t, a: t.fft.rfft(a), 64, 1024)
simple("fft", "irfft, 64 of 1024", lambda t, a: t.fft.irfft(a), 64, 513, dtype="complex64")
simple("fft", "fft2, 256×256", lambda t, a: t.fft.fft2(a), 256, 256, dtype="complex64")
simple("fft", "stft, 16 000", lambda t, a: t.stft(a, 512, return_complex=True, window=t.ones(512)), 16_000)


# --- index: elements by number, order -------------------------------------------------------------
def index_row(call: Callable[[Any, Any, Any], object]) -> Row:
    def make(t: Any) -> Callable[[], object]:
        t.manual_seed(0)
        table, rows = t.rand(4096, 256), t.randint(4096, (2048,))
        return lambda: call(t, table, rows)

    return make


GROUPS["index"] = {
    "rows by x[i]": index_row(lambda t, x, i: x[i]),
    "index_select": index_row(lambda t, x, i: x.index_select(0, i)),
    "gather": index_row(lambda t, x, i: x.gather(0, i[:, None].expand(-1, 256))),
    "scatter_add": index_row(lambda t, x, i: x.scatter_add(0, i[:, None].expand(-1, 256), x[:2048])),
    "index_add": index_row(lambda t, x, i: x.index_add(0, i, x[:2048])),
    "masked_fill": index_row(lambda t, x, i: x.masked_fill(x > 0.5, 0.0)),
    "masked_select": index_row(lambda t, x, i: x[x > 0.5]),
    "where": index_row(lambda t, x, i: t.where(x > 0.5, x, 0.0)),
    "topk of rows": index_row(lambda t, x, i: x.topk(10)),
    "unique": index_row(lambda t, x, i: i.unique()),
    "searchsorted": index_row(lambda t, x, i: t.searchsorted(x[0].sort()[0], x[1])),
    "nonzero": index_row(lambda t, x, i: (x > 0.5).nonzero()),
}


# --- nn: functions of networks --------------------------------------------------------------------
def function_row(call: Callable[[Any, Any], Any], *shape: int, backward: bool = False) -> Row:
    def make(t: Any) -> Callable[[], object]:
        t.manual_seed(0)
        x = t.rand(*shape, requires_grad=backward)
        return (lambda: call(t, x).sum().backward()) if backward else (lambda: call(t, x))

    return make


def lstm(t: Any) -> Callable[[], object]:
    layer, x = t.nn.LSTM(64, 64, batch_first=True), t.rand(16, 32, 64)
    return lambda: layer(x)[0].sum().backward()


def embedding(t: Any) -> Callable[[], object]:
    layer, i = t.nn.Embedding(10_000, 64), t.randint(10_000, (32, 128))
    return lambda: layer(i).sum().backward()


GROUPS["nn"] = {
    "max_pool2d 2, 8×64×56×56": function_row(lambda t, x: t.nn.functional.max_pool2d(x, 2), 8, 64, 56, 56),
    "interpolate to double, bilinear, 8×16×64×64": function_row(
        lambda t, x: t.nn.functional.interpolate(x, scale_factor=2, mode="bilinear"), 8, 16, 64, 64
    ),
    "batch_norm, 16×64×28×28, with gradient": function_row(
        lambda t, x: t.nn.functional.batch_norm(x, None, None, training=True), 16, 64, 28, 28, backward=True
    ),
    "group_norm, 16×64×28×28, with gradient": function_row(
        lambda t, x: t.nn.functional.group_norm(x, 8), 16, 64, 28, 28, backward=True
    ),
    "attention, 8×8×256×64, causal": function_row(
        lambda t, x: t.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True), 8, 8, 256, 64
    ),
    "cross_entropy, 512×1000, with gradient": function_row(
        lambda t, x: t.nn.functional.cross_entropy(x, t.zeros(512, dtype=t.long)), 512, 1000, backward=True
    ),
    "dropout, 1 M": function_row(lambda t, x: t.nn.functional.dropout(x, 0.5), 1 << 20),
    "LSTM 64, 16 × 32, with gradients": lstm,
    "Embedding 10 000 × 64, with gradient": embedding,
}

# --- random ---------------------------------------------------------------------------------------
simple("random", "rand, 1 M", lambda t, a: t.rand(1 << 20), 1)
simple("random", "randn, 1 M", lambda t, a: t.randn(1 << 20), 1)
simple("random", "randperm, 100 000", lambda t, a: t.randperm(100_000), 1)
simple("random", "multinomial, 1000 of 10 000", lambda t, a: a.multinomial(1000), 10_000)


# --- conv -----------------------------------------------------------------------------------------
def conv_row(
    batch: int, inputs: int, outputs: int, size: int, kernel: int, groups: int = 1, backward: bool = True
) -> Row:
    def make(t: Any) -> Callable[[], object]:
        layer = t.nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups)
        x = t.rand(batch, inputs, size, size, requires_grad=backward)
        return (lambda: layer(x).sum().backward()) if backward else (lambda: layer(x))

    return make


GROUPS["conv"] = {
    "1×1 64→256 at 56, batch 8, with gradients": conv_row(8, 64, 256, 56, 1),
    "3×3 64→64 at 28, batch 8, forward": conv_row(8, 64, 64, 28, 3, backward=False),
    "3×3 64→64 at 28, batch 8, with gradients": conv_row(8, 64, 64, 28, 3),
    "depthwise 3×3 64 at 56, batch 8, with gradients": conv_row(8, 64, 64, 56, 3, groups=64),
    "7×7 3→32 at 112, batch 4, with gradients": conv_row(4, 3, 32, 112, 7),
    "3×3 8→8 at 8, batch 1, forward": conv_row(1, 8, 8, 8, 3, backward=False),
}


# --- train: whole steps ---------------------------------------------------------------------------
def training_row(model: Callable[[Any], Any], inputs: Callable[[Any], Any], classes: int) -> Row:
    def make(t: Any) -> Callable[[], object]:
        t.manual_seed(0)
        network, x = model(t), inputs(t)
        optimizer = t.optim.AdamW(network.parameters(), lr=1e-3)

        def step() -> None:
            logits = network(x)
            loss = t.nn.functional.cross_entropy(logits, t.zeros(len(logits), dtype=t.long))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return step

    return make


def perceptron(t: Any) -> Any:
    return t.nn.Sequential(t.nn.Linear(32, 64), t.nn.ReLU(), t.nn.Linear(64, 64), t.nn.ReLU(), t.nn.Linear(64, 10))


def small_convolutions(t: Any) -> Any:
    nn = t.nn
    blocks = [
        [nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)] for i, o in ((1, 32), (32, 64))
    ]
    return nn.Sequential(*[layer for block in blocks for layer in block], nn.Flatten(), nn.Linear(64 * 4, 10))


def transformer(t: Any) -> Any:
    layer = t.nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True)
    return t.nn.Sequential(
        t.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), t.nn.Flatten(), t.nn.Linear(64 * 32, 10)
    )


GROUPS["train"] = {
    "perceptron 32-64-64-10, batch 32": training_row(perceptron, lambda t: t.rand(32, 32), 10),
    "convolutions on 8×8, batch 64": training_row(small_convolutions, lambda t: t.rand(64, 1, 8, 8), 10),
    "transformer, 2 layers of 64, 16 × 32": training_row(transformer, lambda t: t.rand(16, 32, 64), 10),
}
