"""Expressions whose calls `__torch_function__` sees; tools/golden_overrides.py writes what PyTorch shows of each.

`x` is a 2×3 matrix, `v` a vector of three, `s` a tensor of one element, `m` a square matrix, `i` indices, `image` a batch
of pictures, `w` a leaf that requires a gradient, `c` complex; `torch`, `nn` and `F` are what they always are.
"""

from __future__ import annotations

import inspect
from typing import Any

EXPRESSIONS = """
x + 1|1 + x|x - 1|1 - x|x * 2|2 * x|x / 2|2 / x|x // 2|2 // x|x % 2|2 % x|x ** 2|2 ** x|x @ m|-x|+x|abs(x)|~i
i & 1|1 & i|i | 1|i ^ 1|1 ^ i|i << 1|i >> 1|x < 1|x <= 1|x > 1|x >= 1|x == 1|x != 1|1 < x
x[0]|x[0, 1:]|x[i]|x[...]|x.__setitem__(0, 1)|len(x)|bool(s)|float(s)|int(s)|complex(s)|list(v)
reversed(v)|1.0 in v|x.__add__(1)|x.__radd__(1)|x.__iadd__(1)|x.__imul__(1)|x.__isub__(1)|x.__itruediv__(1)
x.shape|x.dtype|x.device|x.layout|x.ndim|x.itemsize|x.nbytes|x.requires_grad|x.grad|x.grad_fn|x.is_leaf|x.data|x.T|m.H|m.mT
m.mH|c.real|c.imag|x.is_cuda|x.is_cpu|x.is_meta|x.is_sparse|x.is_quantized|x.is_nested|x._version|x._base|x.output_nr
x.retains_grad|x.name|x.is_mps|x.is_xpu|x.is_sparse_csr|x.is_mkldnn|x._grad
setattr(x, "grad", None)|setattr(x, "requires_grad", False)|setattr(x, "data", x.detach())
x.size()|x.size(0)|x.stride()|x.dim()|x.ndimension()|x.numel()|x.nelement()|x.is_floating_point()|x.is_complex()|x.is_conj()
x.is_neg()|x.is_signed()|x.is_inference()|x.is_contiguous()|x.element_size()|x.storage_offset()|x.data_ptr()|x.get_device()
x.requires_grad_()|x.detach()|(x + 0).detach_()|x.untyped_storage()|x.is_shared()|x.is_pinned()|x.cpu()|x.float()|x.double()|x.long()
x.int()|x.bool()|x.half()|x.bfloat16()|x.to(torch.float64)|x.type()|x.type_as(x)|x.tolist()|s.item()|x.numpy()|x.new(2)
x.new_zeros(2)|x.new_ones((2,))|x.new_empty(2)|x.new_full((2,), 1)|x.new_tensor([1.0])|x.unique()|x.unique_consecutive()
x.nonzero()|x.fill_diagonal_(0)|s.is_nonzero()|x.element_size()|x.dim_order()|x.map_(x, max)
x.apply_(abs)|x.as_subclass(torch.Tensor)|x.storage()|x.clone()|x.contiguous()|x.resize_(3, 2)
(w * 2).retain_grad()|w.sum().backward()|w.register_hook(abs)|w.register_post_accumulate_grad_hook(abs)
x.to_sparse()|x.expand(2, 2, 3)|x.view(3, 2)|x.reshape(3, 2)|x.permute(1, 0)|x.transpose(0, 1)|x.t()|x.flatten()|x.add_(1)
x.zero_()|x.copy_(x)|x.sum()|x.mean(0)|x.argmax()|x.max(0)|x.softmax(1)|x.matmul(m)|x.repeat(1, 2)
repr(v)|str(v)|__import__("copy").deepcopy(v)
torch.numel(x)|torch.is_floating_point(x)|torch.is_complex(x)|torch.is_conj(x)|torch.is_neg(x)|torch.is_signed(x)|torch.is_tensor(x)
torch.is_nonzero(s)|torch.is_inference(x)|torch.is_same_size(x, x)|torch.get_device(x)|torch.is_storage(x)|torch.typename(x)
torch.numel(input=x)|torch.einsum("ij,kj->ik", x, x)|torch.einsum("ij->i", [x])|torch.tensordot(x, x, 2)
torch.vander(v)|torch.cdist(x, x)|torch.unique(x)|torch.unique(x, return_inverse=True)|torch.unique_consecutive(x)|torch.split(x, 1)
torch.split(x, 1, dim=1)|torch.meshgrid(v, v, indexing="ij")|torch.cartesian_prod(v, v)|torch.block_diag(x, x)|torch.atleast_1d(x)
torch.atleast_2d(x, v)|torch.atleast_3d([x, v])|torch.broadcast_tensors(x, v)|torch.broadcast_shapes((2, 3), (3,))
torch.chain_matmul(m, m)|torch.lu(m)|torch.nonzero(x)|torch.nonzero(x, as_tuple=True)
torch.gradient(v)|torch.histogramdd(x, 2)|torch.unravel_index(i, (2, 3))
torch.linalg.norm(x)|torch.linalg.svd(m)|torch.fft.fft(v)|torch.special.erf(x)
torch.add(x, 1)|torch.add(x, other=1)|torch.cat([x, x])|torch.stack((x, x))|torch.where(x > 0, x, x)|torch.zeros(2)|torch.ones(2)
torch.empty(2)|torch.full((2,), 1)|torch.rand(2)|torch.randn(2)|torch.arange(3)|torch.tensor([1])|torch.as_tensor([1])|torch.eye(2)
torch.zeros_like(x)|torch.rand_like(x)|torch.linspace(0, 1, 3)|torch.from_numpy(v.numpy())|torch.result_type(x, 1)
torch.can_cast(torch.int32, torch.int64)|torch.promote_types(torch.int32, torch.int64)|torch.sym_max(1, 2)|torch.sym_not(True)
torch.is_grad_enabled()|torch.get_default_dtype()|torch.scalar_tensor(1)|torch.complex(x, x)|torch.randperm(3)|torch.asarray([1])
F.softmax(x, 1)|F.softmax(x, dim=1)|F.softmax(input=x, dim=1)|F.log_softmax(x, 1)|F.softmin(x, 1)|F.cross_entropy(x, i[:2])
F.max_pool2d(image, 2)|F.max_pool2d(image, 2, return_indices=True)|F.layer_norm(x, (3,))|F.dropout(x, 0.5)|F.dropout2d(image)
F.interpolate(image, scale_factor=2)|F.upsample(image, scale_factor=2)|F.pad(x, (1, 1))|F.embedding(i, m)|F.relu(x)|F.relu(x, True)
F.relu_(x)|F.elu(x)|F.elu_(x)|F.selu(x)|F.celu(x)|F.gelu(x)|F.silu(x)|F.mish(x)|F.sigmoid(x)|F.tanh(x)|F.softsign(x)|F.tanhshrink(x)
F.hardsigmoid(x)|F.hardswish(x)|F.hardtanh(x)|F.hardshrink(x)|F.softshrink(x)|F.softplus(x)|F.logsigmoid(x)|F.leaky_relu(x)|F.relu6(x)
F.threshold(x, 0, 1)|F.rrelu(x)|F.glu(image)|F.prelu(x, s)|F.linear(x, m)|F.bilinear(x, x, m[None])|F.conv2d(image, image)|F.normalize(x)
F.batch_norm(x, None, None, training=True)|F.group_norm(image, 2)|F.instance_norm(image)|F.rms_norm(x, (3,))|F.mse_loss(x, x)
F.smooth_l1_loss(x, x)|F.huber_loss(x, x)|F.nll_loss(x, i[:2])|F.kl_div(x, x)|F.binary_cross_entropy(s, s)
F.binary_cross_entropy_with_logits(x, x)|F.cosine_similarity(x, x)|F.pairwise_distance(x, x)|F.pdist(x)|F.one_hot(i)
F.grid_sample(image, torch.zeros(2, 2, 2, 2), align_corners=False)|F.affine_grid(torch.zeros(1, 2, 3), (1, 1, 2, 2), False)
F.unfold(image, 2)|F.fold(torch.ones(1, 4, 6), (3, 4), 2)|F.pixel_shuffle(image, 1)|F.adaptive_avg_pool2d(image, 1)|F.avg_pool2d(image, 2)
F.adaptive_max_pool2d(image, 1)|F.adaptive_avg_pool1d(x, 1)|F.lp_pool2d(image, 2, 2)|F.gumbel_softmax(x)|F.triplet_margin_loss(x, x, x)
F.scaled_dot_product_attention(x, x, x)|F.poisson_nll_loss(x, x)|F.local_response_norm(image, 2)
nn.init.uniform_(x)|nn.init.normal_(x)|nn.init.constant_(x, 1)|nn.init.zeros_(x)|nn.init.ones_(x)
nn.init.kaiming_uniform_(x)
nets["linear"](x)|nets["relu"](x)|nets["softmax"](x)|nets["norm"](x)|nets["conv"](image)|nets["pool"](image)|nets["dropout"](x)
nets["embedding"](i)|nets["loss"](x, i[:2])|nets["sequence"](x)|nn.Parameter(x)|nets["gelu"](x)
x.__ifloordiv__(2)|x.__imod__(2)|x.__ipow__(2)|i.__iand__(1)|i.__ior__(1)|i.__ixor__(1)|i.__ilshift__(1)|i.__irshift__(1)
x.__rdiv__(2)|x.__truediv__(2)|x.__floordiv__(2)|x.__eq__(1)|x.__ne__(1)|1 == x|i.__rlshift__(1)
i.__rrshift__(1)|i.__ror__(1)|i.__rxor__(1)|x.__matmul__(m)|x.__neg__()|x.__abs__()|x.__pos__()|x.__mod__(2)
"""


def expressions() -> list[str]:
    """All of them; ` | ` with spaces is the operator."""
    lines = EXPRESSIONS.strip().replace(" | ", "\0").replace("\n", "|").split("|")
    return [e.replace("\0", " | ") for e in lines]


def networks(nn: Any) -> dict[str, Any]:
    """Modules, made before anyone watches."""
    return {
        "linear": nn.Linear(3, 2), "relu": nn.ReLU(), "softmax": nn.Softmax(1), "norm": nn.LayerNorm(3),
        "conv": nn.Conv2d(2, 2, 2), "pool": nn.MaxPool2d(2), "dropout": nn.Dropout(0.5), "embedding": nn.Embedding(4, 2),
        "loss": nn.CrossEntropyLoss(), "sequence": nn.Sequential(nn.Linear(3, 2), nn.Tanh()), "gelu": nn.GELU(),
    }  # fmt: skip


def scope(torch: Any) -> dict[str, Any]:
    """The names that the expressions use, as tensors of one library."""
    torch.manual_seed(0)
    return {
        "torch": torch, "nn": torch.nn, "F": torch.nn.functional,
        "x": torch.arange(6.0).reshape(2, 3), "v": torch.arange(3.0), "s": torch.tensor([0.5]), "m": torch.eye(3),
        "i": torch.tensor([0, 1, 1]), "image": torch.arange(48.0).reshape(2, 2, 3, 4), "c": torch.ones(2, dtype=torch.complex64),
        "w": torch.ones(2, requires_grad=True), "nets": networks(torch.nn),
    }  # fmt: skip


def seen(expression: str, torch: Any, overrides: Any) -> str:
    """What a mode that runs everything sees of an expression: names, numbers of positional arguments, keywords."""
    found = []

    class Watching(overrides.TorchFunctionMode):  # type: ignore[misc,name-defined]
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if function.__name__ != "_set_grad_enabled":  # PyTorch's switch is a function that modes see
                found.append(call_text(overrides.resolve_name(function) or function.__name__, args, kwargs))
            return function(*args, **(kwargs or {}))

    names = scope(torch)
    try:
        with Watching():
            eval(expression, names)
    except Exception as error:  # part of what is compared
        found.append(type(error).__name__)
    return " ".join(found)


def call_with_what_it_needs(function: Any, x: Any) -> None:
    """Calls a function with `x` for every argument without a default; those of builtin functions are guessed."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
        needed = [p for p in parameters if p.default is p.empty]
    except (TypeError, ValueError):
        needed = None
    if needed is None or any(p.kind is p.VAR_KEYWORD for p in needed):
        for given in ((x,), (x, x), (x, x, x), (x, 1), (x, 1, 1), ([x],)):
            try:
                if function(*given) is not NotImplemented:
                    return
            except (TypeError, ValueError):
                continue
        raise TypeError(f"{function}: no arguments fit")
    given = [x for p in needed if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    given += [x, x] if any(p.kind is p.VAR_POSITIONAL for p in needed) else []
    function(*given, **{p.name: x for p in needed if p.kind is p.KEYWORD_ONLY})


def call_text(name: str, args: Any, kwargs: Any) -> str:
    """``torch.add(2,alpha)``: a call by its name, number of positional arguments and names of the others."""
    shown = [str(len(args)), *sorted(kwargs or {})]
    return f"{name}({','.join(shown)})"
