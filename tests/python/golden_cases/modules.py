"""Every module of `nn`: its first parameters from a seed, two training steps' outputs and gradients, its buffers after
them, and its output in evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import wave

# The module and its arguments in `forward`; x(sizes) makes floating values, i(sizes, n) indices below n.
MODULES = """
Linear(5, 3)                                      x(4, 5)
Linear(5, 3, bias=False)                          x(2, 4, 5)
Bilinear(3, 4, 5)                                 x(6, 3), x(6, 4)
Identity(3)                                       x(2, 3)
LazyLinear(3)                                     x(4, 5)
Flatten(1, -1)                                    x(2, 3, 4)
Unflatten(1, (2, 3))                              x(2, 6)
Conv1d(4, 6, 3, stride=2, padding=1, groups=2)    x(2, 4, 9)
Conv1d(3, 2, 3, padding=2, padding_mode='circular') x(2, 3, 7)
Conv2d(3, 5, (3, 2), padding='same')              x(2, 3, 6, 7)
Conv2d(4, 4, 3, dilation=2, groups=4, padding=1, padding_mode='reflect') x(2, 4, 7, 8)
Conv2d(3, 4, 3, stride=2, bias=False, padding_mode='replicate', padding=1) x(3, 6, 7)
Conv3d(2, 3, 2, stride=(1, 2, 1))                 x(2, 2, 4, 5, 3)
ConvTranspose1d(3, 4, 3, stride=2, output_padding=1, padding=1) x(2, 3, 5)
ConvTranspose2d(4, 6, 3, stride=2, groups=2)      x(2, 4, 4, 3)
ConvTranspose3d(2, 3, 2, dilation=2, bias=False)  x(1, 2, 3, 2, 3)
LazyConv1d(3, 2)                                  x(2, 3, 5)
LazyConv2d(3, 2)                                  x(2, 3, 5, 4)
LazyConv3d(3, 2)                                  x(2, 2, 3, 3, 4)
LazyConvTranspose1d(3, 2)                         x(2, 3, 5)
LazyConvTranspose2d(3, 2)                         x(2, 3, 5, 4)
LazyConvTranspose3d(3, 2)                         x(2, 2, 3, 3, 4)
BatchNorm1d(5)                                    x(7, 5)
BatchNorm1d(5, momentum=0.3, eps=0.1)             x(3, 5, 4)
BatchNorm1d(5, momentum=None)                     x(7, 5)
BatchNorm2d(3)                                    x(4, 3, 5, 3)
BatchNorm2d(3, affine=False)                      x(4, 3, 5, 3)
BatchNorm2d(3, track_running_stats=False)         x(4, 3, 5, 3)
BatchNorm3d(2, momentum=0.5)                      x(3, 2, 2, 3, 2)
SyncBatchNorm(3, momentum=0.2)                    x(4, 3, 5)
LazyBatchNorm1d()                                 x(7, 5)
LazyBatchNorm2d(momentum=0.4)                     x(4, 3, 5, 3)
LazyBatchNorm3d()                                 x(3, 2, 2, 3, 2)
InstanceNorm1d(3)                                 x(2, 3, 7)
InstanceNorm2d(3, affine=True, track_running_stats=True) x(2, 3, 4, 5)
InstanceNorm2d(3, momentum=0.4, track_running_stats=True) x(2, 3, 4, 5)
InstanceNorm3d(2, eps=0.1)                        x(2, 2, 3, 2, 4)
LazyInstanceNorm1d(affine=True)                   x(2, 3, 7)
LazyInstanceNorm2d(track_running_stats=True)      x(2, 3, 4, 5)
LazyInstanceNorm3d()                              x(2, 2, 3, 2, 4)
LayerNorm(7)                                      x(5, 7)
LayerNorm((3, 5), eps=0.1)                        x(4, 3, 5)
LayerNorm(7, bias=False)                          x(5, 7)
LayerNorm(7, elementwise_affine=False)            x(5, 7)
RMSNorm(7)                                        x(5, 7)
RMSNorm((3, 5), eps=0.1, elementwise_affine=False) x(4, 3, 5)
GroupNorm(2, 6)                                   x(3, 6, 5)
GroupNorm(3, 6, eps=0.1, affine=False)            x(3, 6, 5, 2)
LocalResponseNorm(3, alpha=0.3, beta=0.6, k=1.5)  x(2, 5, 3, 4)
CrossMapLRN2d(3, alpha=0.3, beta=0.6, k=1.5)      x(2, 5, 3, 4)
Dropout(0.3)                                      x(5, 7)
Dropout(1.0)                                      x(5, 7)
Dropout1d(0.3)                                    x(2, 5, 7)
Dropout2d(0.4)                                    x(2, 5, 3, 2)
Dropout3d(0.4)                                    x(2, 5, 3, 2, 2)
AlphaDropout(0.3)                                 x(5, 7)
FeatureAlphaDropout(0.4)                          x(2, 5, 3, 2)
Threshold(0.2, -3.0)                              x(5, 7)
ReLU()                                            x(5, 7)
ReLU6()                                           5 * x(5, 7)
RReLU(0.1, 0.4)                                   x(5, 7)
Hardtanh(-0.4, 0.7)                               x(5, 7)
Sigmoid()                                         x(5, 7)
Tanh()                                            x(5, 7)
SiLU()                                            x(5, 7)
Mish()                                            x(5, 7)
ELU(0.7)                                          x(5, 7)
CELU(0.7)                                         x(5, 7)
SELU()                                            x(5, 7)
GLU(1)                                            x(5, 6)
GELU()                                            x(5, 7)
GELU('tanh')                                      x(5, 7)
Hardshrink(0.4)                                   x(5, 7)
Hardsigmoid()                                     4 * x(5, 7)
Hardswish()                                       4 * x(5, 7)
LeakyReLU(0.2)                                    x(5, 7)
LogSigmoid()                                      x(5, 7)
Softplus(2.0, 1.5)                                x(5, 7)
Softshrink(0.4)                                   x(5, 7)
PReLU()                                           x(5, 7)
PReLU(3, 0.4)                                     x(5, 3, 2)
Softsign()                                        x(5, 7)
Tanhshrink()                                      x(5, 7)
Softmin(1)                                        x(5, 7)
Softmax(0)                                        x(5, 7)
Softmax2d()                                       x(2, 3, 2, 4)
LogSoftmax(1)                                     x(5, 7)
MaxPool1d(3, 2, padding=1)                        x(2, 3, 9)
MaxPool2d((3, 2), dilation=(1, 2), ceil_mode=True, stride=2) x(2, 3, 7, 8)
MaxPool2d(2, return_indices=True)                 x(2, 3, 5, 4)
MaxPool3d(2, stride=1)                            x(2, 2, 3, 4, 3)
MaxUnpool1d(2, stride=2)                          x(1, 2, 3), torch.tensor([[[0, 3, 4], [1, 2, 5]]])
MaxUnpool2d(2, padding=0)                         x(1, 1, 1, 2), torch.tensor([[[[1, 6]]]])
MaxUnpool3d(2)                                    x(1, 1, 1, 1, 2), torch.tensor([[[[[3, 14]]]]])
AvgPool1d(3, 2, padding=1, count_include_pad=False) x(2, 3, 8)
AvgPool2d((3, 2), 2, padding=1, ceil_mode=True)   x(2, 3, 6, 7)
AvgPool2d(2, divisor_override=3)                  x(2, 3, 6, 5)
AvgPool3d(2, 1)                                   x(2, 2, 3, 4, 3)
LPPool1d(3, 2)                                    x(2, 3, 8).abs() + 0.1
LPPool2d(2, (3, 2), stride=1)                     x(2, 3, 6, 5).abs() + 0.1
LPPool3d(1.5, 2)                                  x(2, 2, 4, 4, 2).abs() + 0.1
FractionalMaxPool2d(2, output_size=(3, 2))        x(2, 3, 7, 6)
FractionalMaxPool3d(2, output_ratio=0.6)          x(1, 2, 5, 6, 7)
AdaptiveAvgPool1d(3)                              x(2, 3, 7)
AdaptiveAvgPool2d((3, None))                      x(2, 3, 7, 5)
AdaptiveAvgPool3d((2, 3, 1))                      x(2, 2, 3, 4, 5)
AdaptiveMaxPool1d(3)                              x(2, 3, 7)
AdaptiveMaxPool2d((3, 2), return_indices=True)    x(2, 3, 7, 5)
AdaptiveMaxPool3d((2, 3, 1))                      x(2, 2, 3, 4, 5)
ReflectionPad1d((2, 1))                           x(2, 3, 5)
ReflectionPad2d((1, 2, 0, 1))                     x(2, 2, 3, 4)
ReflectionPad3d(1)                                x(1, 2, 3, 2, 4)
ReplicationPad1d((2, 1))                          x(2, 3, 5)
ReplicationPad2d((1, 2, 0, 1))                    x(2, 2, 3, 4)
ReplicationPad3d(1)                               x(1, 2, 3, 2, 4)
CircularPad1d((2, 1))                             x(2, 3, 5)
CircularPad2d((1, 2, 0, 1))                       x(2, 2, 3, 4)
CircularPad3d(1)                                  x(1, 2, 3, 2, 4)
ConstantPad1d((2, 1), 0.5)                        x(2, 3, 5)
ConstantPad2d((1, -1, 0, 1), 0.5)                 x(2, 2, 3, 4)
ConstantPad3d(1, -0.5)                            x(1, 2, 3, 2, 4)
ZeroPad1d((2, 1))                                 x(2, 3, 5)
ZeroPad2d((1, 2, 0, 1))                           x(2, 2, 3, 4)
ZeroPad3d(1)                                      x(1, 2, 3, 2, 4)
PixelShuffle(2)                                   x(2, 8, 3, 2)
PixelUnshuffle(2)                                 x(2, 2, 4, 6)
ChannelShuffle(3)                                 x(2, 6, 3)
Upsample(scale_factor=2.0)                        x(2, 3, 4)
Upsample((5, 7), mode='bilinear')                 x(2, 3, 3, 4)
Upsample(scale_factor=1.5, mode='bicubic', align_corners=True) x(1, 2, 4, 5)
Upsample(scale_factor=2.0, mode='linear', align_corners=True) x(2, 3, 4)
Upsample(size=(3, 4, 5), mode='trilinear')        x(1, 2, 2, 3, 3)
UpsamplingNearest2d(scale_factor=2)               x(2, 3, 3, 4)
UpsamplingBilinear2d(size=(5, 7))                 x(2, 3, 3, 4)
Fold((4, 5), 2)                                   x(2, 8, 12)
Unfold((2, 3), dilation=1, padding=1, stride=2)   x(2, 3, 5, 6)
Embedding(7, 3, padding_idx=2)                    i((4, 5), 7)
Embedding(7, 3, max_norm=0.8, norm_type=1.5)      i((4, 5), 7)
Embedding(7, 3, scale_grad_by_freq=True)          i((4, 5), 7)
EmbeddingBag(7, 3, mode='sum')                    i((4, 5), 7)
EmbeddingBag(7, 3)                                i((6,), 7), torch.tensor([0, 2, 2])
EmbeddingBag(7, 3, mode='max', include_last_offset=True) i((6,), 7), torch.tensor([0, 4, 6])
EmbeddingBag(7, 3, mode='sum', padding_idx=1)     i((2, 5), 7), None, x(2, 5)
RNN(3, 4, num_layers=2)                           x(5, 2, 3)
RNN(3, 4, nonlinearity='relu', batch_first=True, bias=False) x(2, 5, 3), x(1, 2, 4)
LSTM(3, 4, 2, bidirectional=True)                 x(5, 2, 3)
LSTM(3, 5, proj_size=2, batch_first=True)         x(2, 5, 3), (x(1, 2, 2), x(1, 2, 5))
LSTM(3, 4, 2, dropout=0.3)                        x(5, 2, 3)
GRU(3, 4, 2, bidirectional=True, bias=False)      x(5, 2, 3)
GRU(3, 4, batch_first=True)                       x(2, 5, 3), x(1, 2, 4)
RNNCell(3, 4)                                     x(2, 3), x(2, 4)
RNNCell(3, 4, nonlinearity='relu')                x(2, 3)
LSTMCell(3, 4)                                    x(2, 3), (x(2, 4), x(2, 4))
GRUCell(3, 4)                                     x(2, 3), x(2, 4)
MultiheadAttention(6, 2)                          x(4, 3, 6), x(5, 3, 6), x(5, 3, 6)
MultiheadAttention(6, 3, batch_first=True, add_bias_kv=True, add_zero_attn=True) x(3, 4, 6), x(3, 5, 6), x(3, 5, 6)
MultiheadAttention(6, 2, kdim=3, vdim=5, dropout=0.2) x(4, 3, 6), x(5, 3, 3), x(5, 3, 5)
MultiheadAttention(6, 2, bias=False)              x(4, 3, 6), x(4, 3, 6), x(4, 3, 6), torch.tensor([[False, True, False, False]] * 3)
TransformerEncoderLayer(6, 2, 9)                  x(4, 3, 6)
TransformerEncoderLayer(6, 2, 9, 0.0, 'gelu', norm_first=True, batch_first=True) x(3, 4, 6), torch.ones(4, 4).triu(1).bool()
TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 9, 0.0), 2, nn.LayerNorm(6)) x(4, 3, 6)
TransformerDecoderLayer(6, 2, 9)                  x(4, 3, 6), x(5, 3, 6)
TransformerDecoderLayer(6, 2, 9, 0.0, norm_first=True, batch_first=True) x(3, 4, 6), x(3, 5, 6)
TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 9, 0.0), 2) x(4, 3, 6), x(5, 3, 6)
Transformer(6, 2, 1, 1, 9, 0.0)                   x(4, 3, 6), x(5, 3, 6)
CosineSimilarity(1, 0.1)                          x(4, 5), x(4, 5) + 0.3
PairwiseDistance(3, 0.1, keepdim=True)            x(4, 5), x(4, 5) + 0.3
L1Loss()                                          x(4, 5), x(4, 5) ** 2
L1Loss(reduction='sum')                           x(4, 5), x(4, 5) ** 2
MSELoss()                                         x(4, 5), x(4, 5) ** 2
SmoothL1Loss(beta=0.7)                            x(4, 5), x(4, 5) ** 2
HuberLoss(delta=0.7, reduction='none')            x(4, 5), x(4, 5) ** 2
BCELoss(x(4, 5).abs())                            x(4, 5).sigmoid(), x(4, 5).cos().abs()
BCEWithLogitsLoss(pos_weight=x(5).abs())          x(4, 5), x(4, 5).cos().abs()
CrossEntropyLoss(x(5).abs(), label_smoothing=0.2) x(4, 5), i((4,), 5)
CrossEntropyLoss(ignore_index=1, reduction='sum') x(4, 5, 3), i((4, 3), 5)
CrossEntropyLoss()                                x(4, 5), x(4, 5).softmax(1)
NLLLoss(x(5).abs())                               x(4, 5).log_softmax(1), i((4,), 5)
NLLLoss2d()                                       x(4, 5, 2, 3).log_softmax(1), i((4, 2, 3), 5)
KLDivLoss(reduction='batchmean')                  x(4, 5).log_softmax(1), x(4, 5).abs()
KLDivLoss(reduction='mean', log_target=True)      x(4, 5).log_softmax(1), x(4, 5)
PoissonNLLLoss(full=True)                         x(4, 5), 3 * x(4, 5).abs()
PoissonNLLLoss(log_input=False, eps=0.1)          x(4, 5).abs(), 3 * x(4, 5).abs()
GaussianNLLLoss(full=True)                        x(4, 5), x(4, 5).cos(), x(4, 5).abs()
HingeEmbeddingLoss(1.2)                           x(4, 5), x(4, 5).sign()
MarginRankingLoss(0.3)                            x(4), x(4).cos(), x(4).sign()
CosineEmbeddingLoss(0.3)                          x(4, 5), x(4, 5).cos(), x(4).sign()
SoftMarginLoss()                                  x(4, 5), x(4, 5).sign()
MultiMarginLoss(p=2, margin=0.8, weight=x(5).abs()) x(4, 5), i((4,), 5)
MultiLabelMarginLoss()                            x(2, 4), torch.tensor([[3, 0, -1, 1], [2, -1, 0, 0]])
MultiLabelSoftMarginLoss(x(5).abs())              x(4, 5), (x(4, 5) > 0).double()
TripletMarginLoss(0.8, p=1.5, swap=True)          x(4, 5), x(4, 5).cos(), x(4, 5).sin()
TripletMarginWithDistanceLoss(margin=0.7)         x(4, 5), x(4, 5).cos(), x(4, 5).sin()
CTCLoss(blank=1, zero_infinity=True)              x(6, 2, 4).log_softmax(2), torch.tensor([[2, 3, 0], [0, 0, 2]]), (6, 5), (3, 2)
AdaptiveLogSoftmaxWithLoss(6, 11, [3, 7], 2.0, head_bias=True) x(5, 6), torch.tensor([0, 10, 4, 8, 2])
Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)) x(4, 5)
DataParallel(nn.Linear(5, 3))                     x(4, 5)
"""
# Modules without a `forward` of their own.
BASES = (
    "Module", "Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Parameter", "Buffer", "RNNBase",
    "RNNCellBase", "UninitializedBuffer", "UninitializedParameter", "LinearCrossEntropyLoss", "LinearCrossEntropyOptions",
)  # fmt: skip
# How many of the floating arguments have a gradient, where not all have.
DIFFERENTIABLE = {"PoissonNLLLoss": 1, "CosineEmbeddingLoss": 2, "SoftMarginLoss": 1, "EmbeddingBag": 0}
DIFFERENTIABLE["CrossMapLRN2d"] = 0  # PyTorch's gradient is not that of its function


def entries() -> list[tuple[str, str]]:
    made = []
    for line in MODULES.strip().splitlines():
        depth = 0
        for at, c in enumerate(line):
            depth += (c in "([") - (c in ")]")
            if c == ")" and depth == 0:
                break
        made.append((line[: at + 1], line[at + 1 :].strip()))
    return made


def floats(value: Any) -> list[Any]:
    """The floating tensors in a nest."""
    if isinstance(value, (list, tuple)):
        return [t for v in value for t in floats(v)]
    return [value] if hasattr(value, "is_floating_point") and value.is_floating_point() else []


def training(expression: str, arguments: str) -> Callable[[Any], Any]:
    def run(torch: Any, dtype: Any = None) -> Any:
        dtype = dtype or torch.float64
        torch.manual_seed(3)

        def x(*shape: int) -> Any:
            return wave(torch, *shape, dtype=dtype)

        def i(shape: tuple[int, ...], n: int) -> Any:
            count = 1
            for size in shape:
                count *= size
            return torch.tensor([(7 * k * k + 3 * k) % n for k in range(count)]).reshape(shape)

        names = {"torch": torch, "nn": torch.nn, "x": x, "i": i}
        module = eval("nn." + expression, names).to(dtype)
        first = {name: p.detach().clone() for name, p in module.named_parameters() if "Lazy" not in expression}
        results: list[Any] = []
        for step in range(2):
            torch.manual_seed(step)
            given = eval(f"({arguments},)", names)
            leaves = floats(given)[: DIFFERENTIABLE.get(expression.split("(")[0], 9)]
            for t in leaves:
                t.requires_grad_(step == 0)
            module.zero_grad()
            result = module(*given)
            results.append(result)
            if step == 0:
                # Weights all over the result, so that no part's gradient is lost in a sum.
                total = sum((t * wave(torch, *t.shape, phase=0.9, dtype=dtype)).sum() for t in floats(result))
                if total.requires_grad:
                    total.backward()
                results.append([t.grad for t in leaves])
                results.append({name: p.grad for name, p in module.named_parameters()})
        results.append(dict(module.named_buffers()))
        module.eval()
        results.append(module(*eval(f"({arguments},)", names)))
        return [first, *results]

    return run


CASES: dict[str, Callable[[Any], Any]] = {f"{e} of {a}": training(e, a) for e, a in entries()}
