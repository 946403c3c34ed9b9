"""A call of each much-used name of PyTorch's that is no operator of the table: the name, and an expression that uses it.

`x` is a 2×3 matrix, `w` a parameter, `image` a batch of pictures, `net` a small network, `opt` its optimizer, `data` a
dataset of six rows; `torch`, `nn` and `F` are what they always are. tools/names.py writes what PyTorch's results are to
tests/golden/names.txt; tests/python/test_names.py compares. Types (``torch.float32`` …) are filled in by `calls`.
"""

from __future__ import annotations

import io
from typing import Any

_TYPES = """float32 long float bool float16 int32 bfloat16 uint8 int64 float64 int int8 int16 double half float8_e4m3fn
complex64"""

_MODULES = """Linear(3, 4)(x)|LayerNorm(3)(x)|ReLU()(x)|Dropout(0.5)(x)|Embedding(5, 2)(i)|GELU()(x)|Tanh()(x)|Sigmoid()(x)
Identity()(x)|CrossEntropyLoss()(x, c)|SiLU()(x)|MSELoss()(x, x + 1)|BCEWithLogitsLoss()(x, x.sigmoid())|Softmax(1)(x)
LeakyReLU()(x)|GroupNorm(1, 2)(image)|Flatten()(image)|ELU()(x)|ReLU6()(x)|PReLU()(x)|BCELoss()(x.sigmoid(), x.sigmoid())
RMSNorm(3)(x)|GRUCell(3, 2)(x)|Hardswish()(x)|LogSoftmax(1)(x)|KLDivLoss(reduction="sum")(x, x.softmax(1))|L1Loss()(x, x + 1)
Softplus()(x)|Conv2d(2, 3, 3)(image)|ConvTranspose2d(2, 3, 2)(image)|BatchNorm2d(2)(image)|Conv1d(3, 2, 2)(image[0])
MaxPool2d(2)(image)|AdaptiveAvgPool2d(2)(image)|AvgPool2d(2)(image)|BatchNorm1d(3)(x)|Upsample(scale_factor=2)(image)
ZeroPad2d(1)(image)|Dropout2d(0.5)(image)|InstanceNorm2d(2)(image)|ConvTranspose1d(3, 2, 2)(image[0])|AvgPool1d(2)(x)
PixelShuffle(1)(image)|AdaptiveMaxPool2d(2)(image)|Conv3d(2, 2, 2)(image[:, :, None].expand(2, 2, 2, 3, 4))
LSTM(3, 2)(x)|GRU(3, 2)(x)|MultiheadAttention(4, 2)(t, t, t)|Module.__call__(nn.Linear(3, 1), x)|Parameter(x).requires_grad
ModuleList([nn.Linear(3, 1)])[0](x)|Sequential(nn.Linear(3, 2), nn.ReLU())(x)|ModuleDict({"a": nn.ReLU()})["a"](x)
ParameterDict({"a": w})["a"]|ParameterList([w, w])[1]|SyncBatchNorm(2).num_features|DataParallel(nn.Linear(3, 1))(x)"""

_FUNCTIONS = """softmax(x, 1)|pad(x, (1, 1))|relu(x)|log_softmax(x, 1)|cross_entropy(x, c)|mse_loss(x, x + 1)|normalize(x)
interpolate(image, scale_factor=2.0, mode="bilinear")|layer_norm(x, (3,))|max_pool2d(image, 2)|dropout(x, 0.3)
binary_cross_entropy_with_logits(x, x.sigmoid())|nll_loss(x.log_softmax(1), c)|silu(x)|sigmoid(x)|l1_loss(x, x + 1)
grid_sample(image, torch.zeros(2, 2, 2, 2), align_corners=False)|adaptive_avg_pool2d(image, 1)|smooth_l1_loss(x, 2 * x)
kl_div(x.log_softmax(1), x.abs(), reduction="batchmean")|unfold(image, 2)|leaky_relu(x)|embedding(i, w)
group_norm(image, 2)|rms_norm(x, (3,))|fold(torch.ones(1, 4, 6), (3, 4), 2)|batch_norm(x, None, None, training=True)"""

_TENSOR = """float()|item|cpu()|numel()|tolist()|numpy()|size(1)|long()|dim()|type()|requires_grad_().requires_grad|double()
bool()|int()|nonzero()|unique()|is_floating_point()|is_contiguous()|half()|stride()|element_size()|detach_()|byte()
dtype|nelement()|new_tensor([1, 2])|name|bfloat16()|get_device()|fill_diagonal_(7)|to_dense()"""

CALLS: dict[str, str] = {
    **{f"torch.{name}": f"torch.ones(2, 2).to(torch.{name})" for name in _TYPES.split()},
    **{f"torch.nn.{e.split('(')[0].split('.')[0]}": f"nn.{e}" for e in _MODULES.replace("\n", "|").split("|")},
    **{f"torch.nn.functional.{e.split('(')[0]}": f"F.{e}" for e in _FUNCTIONS.replace("\n", "|").split("|")},
    **{f"Tensor.{e.split('(')[0].split('.')[0]}": f"x.{e}" for e in _TENSOR.replace("\n", "|").split("|")},
    "Tensor.item": "x[0, 1].item()",
    "Tensor.backward": "((w * w).sum().backward(), w.grad)[1]",
    "Tensor.values": "torch.sparse_coo_tensor([[0, 2]], [1.0, 2.0], (3,)).coalesce().values()",
    "Tensor.indices": "torch.sparse_coo_tensor([[0, 2]], [1.0, 2.0], (3,)).coalesce().indices()",
    "Tensor.coalesce": "torch.sparse_coo_tensor([[0, 0]], [1.0, 2.0], (3,)).coalesce().to_dense()",
    "Tensor.to_sparse": "x.to_sparse().to_dense()",
    "torch.sparse_coo_tensor": "torch.sparse_coo_tensor([[0, 2]], [1.0, 2.0], (3,)).to_dense()",
    "Tensor.cuda": "raises(RuntimeError, lambda: x.cuda()) or raises(AssertionError, lambda: x.cuda())",
    "Tensor.pin_memory": "raises(RuntimeError, lambda: x.pin_memory())",
    "Tensor.dequantize": "x.dequantize()",
    "Tensor.index": "raises(TypeError, lambda: x.index(0)), x.shape.index(3), torch.device('cpu', 0).index",
    "Tensor.resize": "raises(RuntimeError, lambda: w.resize(6))",
    "Tensor.new": "x.new(2, 3).zero_()",
    "Tensor.data_ptr": "x.data_ptr() == x.view(3, 2).data_ptr()",
    "Tensor.register_hook": "((w * 1).sum(), w.register_hook(lambda g: g * 2), (w * 3).sum().backward(), w.grad)[3]",
    "Tensor.storage": "len(x.storage())",
    "Module.parameters": "[p.shape for p in net.parameters()]",
    "Module.load_state_dict": "str(net.load_state_dict(net.state_dict()))",
    "Module.eval": "net.eval().training",
    "Module.train": "net.train().training",
    "Module.state_dict": "net.state_dict()",
    "Module.register_buffer": "(net.register_buffer('b', x), net.b)[1]",
    "Module.apply": "(lambda seen: (net.apply(lambda m: seen.append(type(m).__name__)), seen)[1])([])",
    "Module.zero_grad": "(net(x).sum().backward(), net.zero_grad(), net[0].weight.grad)[2]",
    "Module.named_parameters": "dict(net.named_parameters())",
    "Module.forward": "net.forward(x)",
    "Module.modules": "[type(m).__name__ for m in net.modules()]",
    "Module.named_children": "[name for name, _ in net.named_children()]",
    "Module.children": "[type(m).__name__ for m in net.children()]",
    "Module.named_modules": "[name for name, _ in net.named_modules()]",
    "Module.compile": "callable(net.compile)",
    "Module.add_module": "(net.add_module('extra', nn.ReLU()), net(x))[1]",
    "Module.register_forward_hook": "(net.register_forward_hook(lambda m, a, r: r * 0), net(x))[1]",
    "Module.register_forward_pre_hook": "(net.register_forward_pre_hook(lambda m, a: (a[0] * 0,)), net(x))[1]",
    "Module.buffers": "list(nn.BatchNorm1d(2).buffers())",
    "Module.named_buffers": "dict(nn.BatchNorm1d(2).named_buffers())",
    "Module.register_parameter": "(net.register_parameter('p', w), len(list(net.parameters())))[1]",
    "Module.get_submodule": "type(net.get_submodule('0')).__name__",
    "Module.get_parameter": "net.get_parameter('0.weight')",
    "Module.to_empty": "nn.Linear(3, 2, device='meta').to_empty(device='cpu').weight.shape",
    "Module.extra_repr": "nn.Linear(3, 2).extra_repr()",
    "Optimizer.step": "(net(x).sum().backward(), opt.step(), net(x))[2]",
    "torch.Tensor": "torch.Tensor([1, 2])",
    "torch.tensor": "torch.tensor([[1, 2], [3, 4]])",
    "torch.LongTensor": "torch.LongTensor([1, 2])",
    "torch.FloatTensor": "torch.FloatTensor(2, 3).zero_()",
    "torch.no_grad": "torch.no_grad()(lambda: (w * 2).requires_grad)()",
    "torch.enable_grad": "torch.enable_grad()(lambda: (w * 2).requires_grad)()",
    "torch.inference_mode": "torch.inference_mode()(lambda: (w * 2).is_inference())()",
    "torch.set_grad_enabled": "torch.set_grad_enabled(True)(lambda: (w * 2).requires_grad)()",
    "torch.is_grad_enabled": "torch.is_grad_enabled()",
    "torch.device": "str(torch.device('cuda', 1))",
    "torch.save": "saved({'a': x}) > 100",
    "torch.load": "reloaded({'a': x})['a']",
    "torch.from_numpy": "torch.from_numpy(x.numpy())",
    "torch.manual_seed": "(torch.manual_seed(3), torch.rand(2))[1]",
    "torch.compile": "torch.compile(lambda y: y * 2, backend='eager', disable=True)(x)",
    "torch.__version__": "torch.__version__.split('+')[0]",
    "torch.as_tensor": "torch.as_tensor([1.5, 2.5])",
    "torch.finfo": "torch.finfo(torch.float16).max",
    "torch.einsum": "torch.einsum('ij,kj->ik', x, x)",
    "torch.dtype": "isinstance(torch.float32, torch.dtype)",
    "torch.Generator": "torch.rand(2, generator=torch.Generator().manual_seed(5))",
    "torch.is_tensor": "torch.is_tensor(x)",
    "torch.is_floating_point": "torch.is_floating_point(x)",
    "torch.autocast": "torch.autocast('cpu', torch.bfloat16)(lambda: x @ x.T)()",
    "torch.amp.autocast": "torch.amp.autocast('cpu', torch.bfloat16)(lambda: x @ x.T)()",
    "torch.is_autocast_enabled": "torch.is_autocast_enabled()",
    "torch.amp.GradScaler": "torch.amp.GradScaler('cpu').scale(x)",
    "torch.split": "torch.split(x, 2, dim=1)",
    "torch.unique": "torch.unique(i, return_counts=True)",
    "torch.meshgrid": "torch.meshgrid(x[0], x[1], indexing='ij')",
    "torch.nonzero": "torch.nonzero(x > 0)",
    "torch.cdist": "torch.cdist(x, x + 1)",
    "torch.cartesian_prod": "torch.cartesian_prod(x[0], x[1])",
    "torch.numel": "torch.numel(x)",
    "torch.frombuffer": "torch.frombuffer(bytearray(8), dtype=torch.int32)",
    "torch.Size": "torch.Size((2, 3)).numel()",
    "torch.get_default_dtype": "torch.get_default_dtype()",
    "torch.set_default_dtype": "(torch.set_default_dtype(torch.float64), torch.ones(1).dtype, "
    "torch.set_default_dtype(torch.float32))[1]",
    "torch.get_default_device": "torch.get_default_device()",
    "torch.set_num_threads": "torch.set_num_threads(torch.get_num_threads())",
    "torch.use_deterministic_algorithms": "torch.use_deterministic_algorithms(False)",
    "torch.are_deterministic_algorithms_enabled": "torch.are_deterministic_algorithms_enabled()",
    "torch.pi": "torch.pi",
    "torch.inf": "torch.inf",
    "torch.get_rng_state": "torch.get_rng_state().shape",
    "torch.set_rng_state": "(torch.set_rng_state(torch.get_rng_state()), torch.rand(1))[1]",
    "torch.initial_seed": "torch.initial_seed()",
    "torch.set_printoptions": "torch.set_printoptions(profile='default')",
    "torch.strided": "x.layout == torch.strided",
    "torch.contiguous_format": "x.t().contiguous(memory_format=torch.contiguous_format).stride()",
    "torch.preserve_format": "x.t().clone(memory_format=torch.preserve_format).stride()",
    "torch.channels_last": "image.to(memory_format=torch.channels_last).stride()",
    "torch.get_device_module": "torch.get_device_module('cpu').__name__.rpartition('.')[2]",
    "torch._C": "torch._C.__name__.rpartition('.')[2]",
    "torch.utils": "torch.utils.data.__name__.rpartition('.')[2]",
    "torch.backends": "torch.backends.cudnn.deterministic",
    "torch.cuda": "torch.cuda.is_available()",
    "torch.xpu": "torch.xpu.is_available()",
    "torch.version": "torch.version.cuda",
    "torch.nn.functional": "nn.functional.relu(x)",
    "torch.random.fork_rng": "forked(torch)",
    "torch.autograd.grad": "torch.autograd.grad((w * w).sum(), [w])",
    "torch.autograd.Function": "square(torch).apply(w)",
    "torch.testing.assert_close": "torch.testing.assert_close(x, x + 1e-9)",
    "torch.distributions.Categorical": "torch.distributions.Categorical(logits=x).log_prob(c)",
    "torch.distributions.Normal": "torch.distributions.Normal(0.0, 2.0).sample((3,))",
    "torch.distributions.Beta": "torch.distributions.Beta(2.0, 3.0).sample((3,))",
    "torch.nn.parallel.DistributedDataParallel": "isinstance(nn.parallel.DistributedDataParallel, type)",
    "torch.nn.utils.clip_grad_norm_": "(net(x).sum().backward(), nn.utils.clip_grad_norm_(net.parameters(), 1.0))[1]",
    "torch.nn.utils.clip_grad_value_": "(net(x).sum().backward(), nn.utils.clip_grad_value_(net.parameters(), 0.1), "
    "net[0].weight.grad)[2]",
    "torch.nn.utils.rnn.pad_sequence": "nn.utils.rnn.pad_sequence([x[0], x[1, :2]], batch_first=True)",
    **{
        f"torch.nn.init.{name}_": f"nn.init.{name}_(w, {more})"
        for name, more in {
            "zeros": "", "ones": "", "constant": "3.0", "normal": "", "uniform": "", "xavier_uniform": "",
            "xavier_normal": "", "kaiming_uniform": "", "kaiming_normal": "", "trunc_normal": "", "orthogonal": "",
        }.items()
    },
    "torch.nn.init._calculate_fan_in_and_fan_out": "nn.init._calculate_fan_in_and_fan_out(w)",
    **{
        f"torch.optim.{name}": f"trained(net, torch.optim.{name}(net.parameters(), lr=0.1), x)"
        for name in ("Adam", "AdamW", "SGD", "RMSprop", "Adagrad")
    },
    "torch.optim.Optimizer": "torch.optim.Optimizer.state_dict(opt)['param_groups'][0]['lr']",
    "torch.optim.lr_scheduler.LambdaLR": "rates(opt, torch.optim.lr_scheduler.LambdaLR(opt, lambda n: 0.5**n))",
    "torch.optim.lr_scheduler.StepLR": "rates(opt, torch.optim.lr_scheduler.StepLR(opt, 2))",
    "torch.optim.lr_scheduler.ReduceLROnPlateau": "rates(opt, torch.optim.lr_scheduler.ReduceLROnPlateau(opt, "
    "patience=1), 1.0)",
    "torch.utils.data.Dataset": "isinstance(data, torch.utils.data.Dataset)",
    "torch.utils.data.IterableDataset": "list(torch.utils.data.DataLoader(counting(torch), batch_size=2))",
    "torch.utils.data.DataLoader": "list(torch.utils.data.DataLoader(data, batch_size=4))",
    "torch.utils.data.Sampler": "issubclass(torch.utils.data.RandomSampler, torch.utils.data.Sampler)",
    "torch.utils.data.RandomSampler": "list(torch.utils.data.RandomSampler(data))",
    "torch.utils.data.SequentialSampler": "list(torch.utils.data.SequentialSampler(data))",
    "torch.utils.data.BatchSampler": "list(torch.utils.data.BatchSampler(range(5), 2, False))",
    "torch.utils.data.ConcatDataset": "len(torch.utils.data.ConcatDataset([data, data]))",
    "torch.utils.data.Subset": "torch.utils.data.Subset(data, [4, 1])[1]",
    "torch.utils.data.get_worker_info": "torch.utils.data.get_worker_info()",
    "torch.utils.data.distributed.DistributedSampler": "list(torch.utils.data.distributed.DistributedSampler(data, 2, 1))",
}  # fmt: skip


def surroundings(torch: Any) -> dict[str, Any]:
    """What the expressions use, made afresh with a library from a fixed seed."""
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])

    def raises(kind: type[BaseException], call: Any) -> bool:
        try:
            call()
        except kind:
            return True
        except Exception:
            return False
        return False

    def saved(value: Any) -> int:
        stream = io.BytesIO()
        torch.save(value, stream)
        return len(stream.getvalue())

    def reloaded(value: Any) -> Any:
        stream = io.BytesIO()
        torch.save(value, stream)
        stream.seek(0)
        return torch.load(stream)

    def forked(torch: Any) -> bool:
        with torch.random.fork_rng():
            first = torch.rand(3)
        return bool((torch.rand(3) == first).all())

    def square(torch: Any) -> Any:
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx: Any, grad: Any) -> Any:
                return 2 * ctx.saved_tensors[0] * grad

        return Square

    def counting(torch: Any) -> Any:
        class Counting(torch.utils.data.IterableDataset):
            def __iter__(self) -> Any:
                return iter(range(5))

        return Counting()

    def trained(net: Any, opt: Any, x: Any) -> Any:
        for _ in range(3):
            opt.zero_grad()
            net(x).square().sum().backward()
            opt.step()
        return net(x)

    def rates(opt: Any, schedule: Any, *measure: Any) -> list[float]:
        found = []
        for _ in range(4):
            opt.step()
            schedule.step(*measure)
            found.append(opt.param_groups[0]["lr"])
        return found

    return {
        "torch": torch, "nn": nn, "F": nn.functional, "x": x, "i": torch.tensor([[0, 1, 1]]), "c": torch.tensor([2, 0]),
        "w": nn.Parameter(torch.tensor([[1.0, -2.0], [0.5, 3.0]])), "t": torch.linspace(-1, 1, 24).view(3, 2, 4),
        "image": torch.linspace(-1, 2, 48).view(2, 2, 3, 4), "net": net, "opt": torch.optim.SGD(net.parameters(), lr=0.5),
        "data": torch.utils.data.TensorDataset(torch.arange(6.0)), "raises": raises, "saved": saved, "reloaded": reloaded,
        "forked": forked, "square": square, "counting": counting, "trained": trained, "rates": rates,
    }  # fmt: skip


def described(value: Any, torch: Any) -> str:
    """A result in a line: type, shape and a rounded mean of a tensor; other values as they are printed."""
    if isinstance(value, torch.Tensor):
        value = value.detach()
        exact = not (value.is_floating_point() or value.is_complex())
        size = value.abs().double().mean().item() if value.numel() and not exact else 0.0
        shown = f"{value.long().sum().item()}" if exact else f"{size:.3g}"
        return f"{str(value.dtype).rpartition('.')[2]}{list(value.shape)} {shown}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {described(item, torch)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"{'(' if isinstance(value, tuple) else '['}{', '.join(described(item, torch) for item in value)})"
    if isinstance(value, float):
        return f"{value:.6g}"
    if value is None or isinstance(value, (bool, int, str, torch.dtype, torch.device)):
        return str(value)
    return type(value).__name__


def call(name: str, torch: Any) -> str:
    """The described result of a name's expression, or the exception's class."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return described(eval(CALLS[name], surroundings(torch)), torch)
        except Exception as error:
            return f"error: {type(error).__name__}: {error}"
