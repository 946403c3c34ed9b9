"""Mistakes, the class of exception PyTorch raises for each, and what our message has to say: first how it begins (the
operator or module), then what it shows (the offending values). Read by tests/python/test_errors.py; run with the name
`torch` for `flambeau` in the reference environment to check the classes.

MODEL_ERRORS are mistakes inside a model, whose exceptions carry the path of the submodule; INPLACE_ERRORS spoil a
gradient on the line that ends in `# here`.
"""

from __future__ import annotations

F = "flambeau.nn.functional."

# (code, exception, beginning, pieces shown)
ERRORS: list[tuple[str, str, str, tuple[str, ...]]] = [
    # shapes
    ("flambeau.ones(2) + flambeau.ones(3)", "RuntimeError", "add", ("2", "3")),
    ("flambeau.ones(2, 3).mul(flambeau.ones(4, 3))", "RuntimeError", "mul", ("2", "4")),
    ("flambeau.ones(3).add_(flambeau.ones(2, 3))", "RuntimeError", "add_", ("[3]", "[2, 3]")),
    ("flambeau.ones(2, 3).view(5)", "RuntimeError", "view", ("[5]", "6")),
    ("flambeau.ones(2, 3).view(-1, -1)", "RuntimeError", "view", ("-1",)),
    ("flambeau.ones(2, 3).t().view(6)", "RuntimeError", "view", ("stride",)),
    ("flambeau.ones(2, 3).reshape(4, 2)", "RuntimeError", "reshape", ("[4, 2]", "6")),
    ("flambeau.ones(2, 3).expand(3, 3)", "RuntimeError", "expand", ("2", "3")),
    ("flambeau.ones(2, 3).permute(0, 0)", "RuntimeError", "permute", ("0",)),
    ("flambeau.ones(2, 3).permute(0)", "RuntimeError", "permute", ("1", "2")),
    ("flambeau.ones(2, 2, 2).t()", "RuntimeError", "t", ("3",)),
    ("flambeau.ones(2, 3) @ flambeau.ones(2, 3)", "RuntimeError", "m", ("2", "3")),
    ("flambeau.mm(flambeau.ones(2, 3), flambeau.ones(4))", "RuntimeError", "mm", ()),
    ("flambeau.bmm(flambeau.ones(2, 3, 4), flambeau.ones(3, 4, 5))", "RuntimeError", "bmm", ("2", "3")),
    ("flambeau.dot(flambeau.ones(2), flambeau.ones(3))", "RuntimeError", "dot", ("2", "3")),
    ("flambeau.cat([flambeau.ones(2, 3), flambeau.ones(2, 4)])", "RuntimeError", "cat", ("3", "4")),
    ("flambeau.cat([])", "ValueError", "cat", ()),
    ("flambeau.stack([flambeau.ones(2), flambeau.ones(3)])", "RuntimeError", "stack", ("[2]", "[3]")),
    ("flambeau.ones(4).split(-1)", "RuntimeError", "split", ("-1",)),
    ("flambeau.ones(4).chunk(0)", "RuntimeError", "chunk", ("0",)),
    ("flambeau.ones(2, 3).as_strided((3, 3), (3, 1))", "RuntimeError", "as_strided", ("[3, 3]",)),
    ("flambeau.empty(-1)", "RuntimeError", "empty", ("-1",)),
    ("flambeau.zeros(2, -3)", "RuntimeError", "empty", ("-3",)),
    ("flambeau.ones(2).where(flambeau.tensor([True, True, False]), 1.0)", "RuntimeError", "where", ("2", "3")),
    # dims and indices
    ("flambeau.ones(2, 3).sum(2)", "IndexError", "sum", ("2", "-2")),
    ("flambeau.ones(2, 3).unsqueeze(4)", "IndexError", "unsqueeze", ("4",)),
    ("flambeau.ones(2, 3).squeeze(3)", "IndexError", "squeeze", ("3",)),
    ("flambeau.ones(2, 3).transpose(0, 5)", "IndexError", "transpose", ("5",)),
    ("flambeau.ones(2, 3).select(0, 2)", "IndexError", "select", ("2",)),
    ("flambeau.ones(2, 3).softmax(3)", "IndexError", "", ("3",)),
    ("flambeau.ones(2)[3]", "IndexError", "", ("3", "2")),
    ("flambeau.ones(2, 2)[0, 0, 0]", "IndexError", "", ("3", "2")),
    ("flambeau.ones(0).max()", "RuntimeError", "max", ()),
    ("flambeau.ones(2, 0).max(1)", "IndexError", "max", ()),
    ("flambeau.ones(3, 2).gather(1, flambeau.tensor([[2]]))", "RuntimeError", "gather", ("2",)),
    ("flambeau.ones(3).index_select(0, flambeau.tensor([3]))", "IndexError", "index_select", ("3",)),
    (F + "embedding(flambeau.tensor([5]), flambeau.ones(3, 2))", "IndexError", "embedding", ("5",)),
    # types
    ("flambeau.ones(2) - flambeau.ones(2).bool().neg()", "RuntimeError", "neg", ("bool",)),
    ("flambeau.tensor([True]) - flambeau.tensor([True])", "RuntimeError", "sub", ("bool",)),
    ("flambeau.tensor([1]).add_(0.5)", "RuntimeError", "add_", ("float", "int64")),
    ("flambeau.tensor([1]).mean()", "RuntimeError", "mean", ("int64",)),
    ("flambeau.ones(2).bitwise_and(flambeau.ones(2))", "NotImplementedError", "bitwise_and", ("float32",)),
    ("flambeau.tensor([1j]) < flambeau.tensor([1j])", "NotImplementedError", "lt", ("complex64",)),
    ("flambeau.ones(2, 2) @ flambeau.ones(2, 2).double()", "RuntimeError", "m", ("float32", "float64")),
    ("flambeau.ones(2, requires_grad=True).long().requires_grad_()", "RuntimeError", "requires_grad_", ("int64",)),
    ("flambeau.ones(2).index_select(0, flambeau.tensor([0.5]))", "RuntimeError", "index_select", ("float32",)),
    (F + "gelu(flambeau.tensor([1]))", "NotImplementedError", "gelu", ("int64",)),
    ("flambeau.ones(2).to('nowhere')", "RuntimeError", "", ("nowhere",)),
    # arguments
    ("flambeau.add(flambeau.ones(2), 'x')", "TypeError", "add", ("str",)),
    ("flambeau.add(flambeau.ones(2))", "TypeError", "add", ("other",)),
    ("flambeau.add(flambeau.ones(2), 1, beta=3)", "TypeError", "add", ("beta",)),
    ("flambeau.ones(2).exp(3)", "TypeError", "exp", ()),
    ("flambeau.zeros('x')", "TypeError", "zeros", ("str",)),
    ("flambeau.ones(2).view('a')", "TypeError", "view", ("str",)),
    (F + "gelu(flambeau.ones(2), approximate='other')", "RuntimeError", "gelu", ("other",)),
    ("flambeau.nosuchthing", "AttributeError", "", ("nosuchthing",)),
    ("flambeau.ones(2).nosuchmethod()", "AttributeError", "", ("nosuchmethod",)),
    ("flambeau.tensor([[1, 2], [3]])", "ValueError", "", ("1", "2")),
    ("flambeau.tensor('abc')", "TypeError", "", ("str",)),
    ("flambeau.ones(3).item()", "RuntimeError", "", ("3",)),
    ("bool(flambeau.ones(2))", "RuntimeError", "", ("more than one",)),
    ("flambeau.ones(2).backward()", "RuntimeError", "", ("require",)),
    ("flambeau.set_num_threads(0)", "RuntimeError", "set_num_threads", ("0",)),
    ("flambeau.arange(0, 3, -1)", "RuntimeError", "arange", ("0", "3")),
    # layers
    (F + "linear(flambeau.ones(2, 20), flambeau.ones(5, 21))", "RuntimeError", "linear", ("20", "5", "21")),
    (F + "conv2d(flambeau.ones(1, 3, 8, 8), flambeau.ones(4, 2, 3, 3))", "RuntimeError", "conv", ("3", "2")),
    (F + "conv2d(flambeau.ones(1, 3, 2, 2), flambeau.ones(4, 3, 3, 3))", "RuntimeError", "conv", ("2", "3")),
    (F + "max_pool2d(flambeau.ones(1, 1, 2, 2), 3)", "RuntimeError", "max_pool2d", ()),
    (F + "cross_entropy(flambeau.ones(2, 3), flambeau.tensor([0, 3]))", "IndexError", "", ("3",)),
    (F + "cross_entropy(flambeau.ones(2, 3), flambeau.tensor([0, 1, 1]))", "ValueError", "", ("2", "3")),
    (F + "batch_norm(flambeau.ones(1, 3), None, None, training=True)", "ValueError", "batch_norm", ("[1, 3]",)),
    (F + "layer_norm(flambeau.ones(2, 3), (4,))", "RuntimeError", "layer_norm", ("[4]", "3")),
    ("flambeau.linalg.inv(flambeau.ones(2, 3))", "RuntimeError", "inv", ("2", "3")),
    ("flambeau.linalg.inv(flambeau.zeros(2, 2))", "LinAlgError", "", ("singular",)),
    ("flambeau.linalg.cholesky(-flambeau.eye(2))", "LinAlgError", "", ("positive",)),
    # numbers where a tensor is wanted, and tensors that are no numbers
    ("flambeau.maximum(flambeau.ones(2), 2)", "TypeError", "maximum", ("other", "Tensor", "int")),
    ("flambeau.atan2(2.0, flambeau.ones(2))", "TypeError", "atan2", ("input", "Tensor", "float")),
    ("flambeau.ones(2).logical_and(1)", "TypeError", "logical_and", ("other", "Tensor", "int")),
    ("flambeau.eq(2, flambeau.ones(2))", "TypeError", "eq", ("input", "Tensor", "int")),
    ("flambeau.pow(2, 3)", "TypeError", "pow", ("Tensor",)),
    ("flambeau.bitwise_and(2, 3)", "TypeError", "bitwise_and", ("Tensor",)),
    ("flambeau.special.zeta(2.0, 3.0)", "TypeError", "special", ("Tensor",)),
    ("flambeau.ones(2).clamp(0, flambeau.ones(2))", "TypeError", "clamp", ("int", "Tensor")),
    ("flambeau.ones(2).masked_fill(flambeau.tensor(True), flambeau.ones(1))", "RuntimeError", "masked_fill", ("[1]",)),
    ("flambeau.ones(2).narrow(0, flambeau.tensor(True), 1)", "RuntimeError", "narrow", ("bool",)),
    # dimensions of a tensor that has none, or no elements
    ("flambeau.fft.fftn(flambeau.tensor(1.0), dim=0)", "IndexError", "fft.fftn", ("[0]",)),
    ("flambeau.fft.irfft2(flambeau.tensor(1.0), dim=(-1,))", "IndexError", "fft.irfft2", ("[-1]",)),
    ("flambeau.roll(flambeau.tensor(1.0), 1, 0)", "IndexError", "roll", ("[0]",)),
    ("flambeau.amax(flambeau.ones(5, 0))", "RuntimeError", "amax", ("[5, 0]", "dim")),
    ("flambeau.ones(1).reshape([1] * 65)", "RuntimeError", "view", ("64", "65")),
    ("flambeau.cov(flambeau.ones(2), fweights=flambeau.tensor([1, -3]))", "RuntimeError", "cov", ("-3",)),
    # out=
    (
        "(lambda t: flambeau.take(t, flambeau.tensor([2, 1, 0]), out=t))(flambeau.ones(3))",
        "RuntimeError",
        "take",
        ("out=", "[3]"),
    ),
    ("(lambda t: flambeau.cat([t, t], out=t))(flambeau.ones(3))", "RuntimeError", "cat", ("out=", "[3]")),
    (
        "flambeau.gather(flambeau.ones(2), 0, flambeau.tensor([0]), out=flambeau.ones(1).double())",
        "RuntimeError",
        "gather",
        ("float32", "float64"),
    ),
    (
        "flambeau.mm(flambeau.eye(2), flambeau.eye(2), out=flambeau.ones(2, 2).double())",
        "RuntimeError",
        "mm",
        ("float32", "float64"),
    ),
    (
        "flambeau.zeros(2).expand(3, 2).add_(1)",
        "RuntimeError",
        "add",
        ("more than one element",),
    ),
    # layers, called with what they cannot take
    (F + "adaptive_avg_pool2d(flambeau.ones(1, 2, 3), (1,))", "RuntimeError", "adaptive_avg_pool2d", ("2", "[1]")),
    (
        F + "multi_margin_loss(flambeau.ones(2, 3), flambeau.ones(2))",
        "RuntimeError",
        "multi_margin_loss",
        ("int64", "float32"),
    ),
]

# (what makes `model` and `x`, exception, path of the submodule, its class, how the message begins, pieces shown in
# the message or in the note on it)
MODEL_ERRORS: list[tuple[str, str, str, str, str, tuple[str, ...]]] = [
    (
        "x = flambeau.ones(2, 5, 16)\n"
        "model = flambeau.nn.Sequential()\n"
        "layer = flambeau.nn.TransformerEncoderLayer(16, 2, dim_feedforward=20, batch_first=True)\n"
        "model.decoder = flambeau.nn.TransformerEncoder(layer, 3)\n"
        "model.decoder.layers[2].linear1 = flambeau.nn.Linear(17, 20)",
        "RuntimeError",
        "decoder.layers.2.linear1",
        "Linear",
        "linear",
        ("16", "20", "17", "2×5×16"),
    ),
    (
        "x = flambeau.ones(4, 3, 8, 8)\n"
        "block = flambeau.nn.Sequential(flambeau.nn.Conv2d(3, 6, 3), flambeau.nn.ReLU(), flambeau.nn.Conv2d(5, 6, 3))\n"
        "model = flambeau.nn.ModuleDict({'body': block})\n"
        "model.forward = lambda x: model['body'](x)",
        "RuntimeError",
        "body.2",
        "Conv2d",
        "conv",
        ("6", "5", "4×6×6×6"),
    ),
    (
        "x = flambeau.tensor([[1, 7]])\n"
        "model = flambeau.nn.Sequential(flambeau.nn.Embedding(5, 3), flambeau.nn.Tanh())",
        "IndexError",
        "0",
        "Embedding",
        "embedding",
        ("7", "int64[1×2]"),
    ),
    (
        "x = flambeau.ones(2, 6)\n"
        "model = flambeau.nn.Sequential(flambeau.nn.Linear(6, 4), flambeau.nn.Sequential(flambeau.nn.LayerNorm(5)))",
        "RuntimeError",
        "1.0",
        "LayerNorm",
        "layer_norm",
        ("[5]", "4", "2×4"),
    ),
    (
        "x = flambeau.ones(1, 4)\nmodel = flambeau.nn.Sequential(flambeau.nn.Linear(4, 4), flambeau.nn.BatchNorm1d(4))",
        "ValueError",
        "1",
        "BatchNorm1d",
        "",
        ("[1, 4]", "1×4"),
    ),
    (
        "x = flambeau.ones(3, 2, 7)\nmodel = flambeau.nn.Sequential(flambeau.nn.Identity(), flambeau.nn.LSTM(6, 4))",
        "RuntimeError",
        "1",
        "LSTM",
        "",
        ("6", "7", "3×2×7"),
    ),
    (
        "x = flambeau.ones(2, 4).long()\nmodel = flambeau.nn.Sequential(flambeau.nn.Linear(4, 4))",
        "RuntimeError",
        "0",
        "Linear",
        "",
        ("int64", "float32", "int64[2×4]"),
    ),
    (
        "x = flambeau.ones(2, 9)\n"
        "model = flambeau.nn.Sequential(flambeau.nn.Unflatten(1, (2, 4)), flambeau.nn.Flatten())",
        "RuntimeError",
        "0",
        "Unflatten",
        "unflatten",
        ("9", "2, 4", "2×9"),
    ),
    (
        "x = flambeau.ones(1, 2, 3, 3)\nmodel = flambeau.nn.Sequential(flambeau.nn.MaxPool2d(5))",
        "RuntimeError",
        "0",
        "MaxPool2d",
        "max_pool2d",
        ("3", "5", "1×2×3×3"),
    ),
    (
        "x = flambeau.ones(2, 3, 8)\n"
        "class Block(flambeau.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.attention = flambeau.nn.MultiheadAttention(6, 2, batch_first=True)\n"
        "    def forward(self, x):\n"
        "        return self.attention(x, x, x)\n"
        "model = flambeau.nn.Sequential(Block(), Block())",
        "AssertionError",
        "0.attention",
        "MultiheadAttention",
        "",
        ("8", "6", "2×3×8"),
    ),
    (
        "x = flambeau.ones(2, 3)\n"
        "model = flambeau.nn.Sequential(flambeau.nn.Linear(3, 2), flambeau.nn.Bilinear(2, 2, 1))",
        "TypeError",
        "1",
        "Bilinear",
        "",
        ("input2", "2×2"),
    ),
]

# (lines of a program, how the message begins, pieces shown)
INPLACE_ERRORS: list[tuple[str, str, tuple[str, ...]]] = [
    (
        "x = flambeau.ones(3, requires_grad=True)\ny = x.exp()\ny.mul_(2)  # here\ny.sum().backward()",
        "exp",
        ("(3,)", "version 1", "version 0"),
    ),
    (
        "w = flambeau.ones(2, requires_grad=True)\n"
        "x = flambeau.ones(2)\n"
        "y = (w * x).sum()\n"
        "x[0] = 5  # here\n"
        "y.backward()",
        "mul",
        ("(2,)", "version 1"),
    ),
    (
        "w = flambeau.ones(2, 2, requires_grad=True)\nh = flambeau.sigmoid(w)\nh += 1  # here\nh.sum().backward()",
        "sigmoid",
        ("(2, 2)",),
    ),
    (
        "layer = flambeau.nn.Linear(2, 2)\n"
        "loss = layer(layer(flambeau.ones(1, 2))).sum()\n"
        "with flambeau.no_grad():\n"
        "    layer.weight.add_(1)  # here\n"
        "loss.backward()",
        "linear",
        ("(2, 2)", "version 2"),
    ),
]
