"""The mistakes: a file, a text that stands in it once, what stands there instead, and the tests that should notice first.

The text is found wherever it stands in the file, so that edits around it do no harm; one that is gone is reported.
Python first: those need no build.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    name: str
    file: str
    text: str
    instead: str
    first: str  # pytest's arguments for the tests that should notice

    @property
    def needs_build(self) -> bool:
        return not self.file.endswith(".py")


CASES = "tests/python/test_golden_cases.py"
SIZES = "tests/python/test_sizes.py"
OPERATORS = "tests/python/test_operators.py"
DENSITIES = "tests/python/test_distributions.py"
_OPTIM, _NN, _D = "python/flambeau/optim/", "python/flambeau/nn/", "python/flambeau/distributions/"
_DATA = "python/flambeau/utils/data/"

MUTATIONS = [
    # optimizers and schedulers
    Mutation("RMSprop: 1 + alpha", f"{_OPTIM}rmsprop.py", "addcmul_(grad, grad, value=1 - alpha)", "addcmul_(grad, grad, value=1 + alpha)", CASES),
    Mutation("RMSprop: centred by the wrong sign", f"{_OPTIM}rmsprop.py", "square.addcmul(mean, mean, value=-1)", "square.addcmul(mean, mean, value=1)", CASES),
    Mutation("Adadelta: steps are not remembered", f"{_OPTIM}adadelta.py", "moves.mul_(rho).addcmul_(move, move, value=1 - rho)", "moves.mul_(rho)", CASES),
    Mutation("NAdam: no bias correction of the square", f"{_OPTIM}nadam.py", "square.div(1 - beta2**step)", "square.div(1)", CASES),
    Mutation("SGD: weight decay is dropped by fused steps", f"{_OPTIM}sgd.py", '"weight_decay": scalar(group["weight_decay"])', '"weight_decay": 0.0 * scalar(group["weight_decay"])', CASES),
    Mutation("StepLR: gamma squared", f"{_OPTIM}lr_scheduler.py", "% self.step_size != 0:\n            return self._current()\n        return self._scaled(self.gamma)", "% self.step_size != 0:\n            return self._current()\n        return self._scaled(self.gamma**2)", CASES),
    Mutation("CosineAnnealingWarmRestarts: restarts a step late", f"{_OPTIM}_lr_cycles.py", "if self.T_cur >= self.T_i:", "if self.T_cur > self.T_i:", CASES),
    Mutation("ReduceLROnPlateau: patience counted from 1", f"{_OPTIM}_lr_cycles.py", "self.num_bad_epochs = 0 if better or resting else self.num_bad_epochs + 1", "self.num_bad_epochs = 1 if better or resting else self.num_bad_epochs + 1", CASES),
    # modules and functions
    Mutation("BatchNorm: momentum 0.2", f"{_NN}modules/batchnorm.py", "factor = 0.0 if self.momentum is None else self.momentum", "factor = 0.0 if self.momentum is None else 2 * self.momentum", CASES),
    Mutation("BatchNorm: cumulative mean one batch behind", f"{_NN}modules/batchnorm.py", "factor = 1.0 / float(self.num_batches_tracked)", "factor = 1.0 / float(self.num_batches_tracked + 1)", CASES),
    Mutation("kaiming_uniform_: sqrt(2) for sqrt(3)", f"{_NN}init.py", "bound = math.sqrt(3.0) * std\n    return _no_grad_uniform_(tensor, -bound, bound, generator)\n\n\ndef kaiming_normal_", "bound = math.sqrt(2.0) * std\n    return _no_grad_uniform_(tensor, -bound, bound, generator)\n\n\ndef kaiming_normal_", CASES),
    Mutation("clip_grad_norm_: scales up as well", f"{_NN}utils/clip_grad.py", "(total_norm + 1e-6)).clamp(max=1.0)", "(total_norm + 1e-6))", CASES),
    Mutation("normalize: eps is a floor no more", f"{_NN}_functional/norm.py", "dim, True).clamp_min(eps)", "dim, True) + eps", CASES),
    # distributions
    Mutation("Gamma.log_prob: sign of rate * value", f"{_D}gamma.py", "- self.rate * value", "+ self.rate * value", DENSITIES),
    Mutation("Gumbel.entropy: without Euler's constant", f"{_D}gumbel.py", "return 1 + euler_constant + flambeau.log(self.scale)", "return 1 + flambeau.log(self.scale)", DENSITIES),
    Mutation("TanhTransform: half the log determinant", f"{_D}transforms.py", "return 2.0 * (math.log(2.0) - x", "return 1.0 * (math.log(2.0) - x", DENSITIES),
    Mutation("Normal.rsample: variance for deviation", f"{_D}normal.py", "self.loc.device) * self.scale", "self.loc.device) * self.scale**2", DENSITIES),
    # data
    Mutation("BatchSampler: drop_last keeps", f"{_DATA}sampler.py", "if len(batch) < self.batch_size and self.drop_last:", "if len(batch) < self.batch_size - 1 and self.drop_last:", CASES),
    Mutation("RandomSampler: the last permutation again", f"{_DATA}sampler.py", ".tolist()[: count % size]", ".tolist()[: count % size + 1]", CASES),
    # kernels
    Mutation("layer_norm backward: sign of the bias gradient", "src/cpu/norm_kernels.cpp", "if (grad_bias) store(d, m, whole, hn::Add(v, load(d, m, whole, grad_bias + i)), grad_bias + i);", "if (grad_bias) store(d, m, whole, hn::Sub(load(d, m, whole, grad_bias + i), v), grad_bias + i);", f"{SIZES} {CASES}"),
    Mutation("a row reduction drops its last element past 8 vectors", "src/cpu/reduce_kernels.cpp", "if (i < n) {\n    const auto m = hn::FirstN(d, n - i);\n    a1 =", "if (i < n - (n > 8 * N)) {\n    const auto m = hn::FirstN(d, n - i - (n > 8 * N));\n    a1 =", SIZES),
    Mutation("a column reduction loses a row of eight", "src/cpu/reduce_kernels.cpp", "F::join(d, load(6), load(7)));", "F::join(d, load(6), load(6)));", SIZES),
    Mutation("softmax: the sum leaves the tail out", "src/cpu/softmax_kernels.cpp", "b = hn::Add(b, hn::IfThenElseZero(m, body(d, i, m, false)));", "body(d, i, m, false);", SIZES),
    Mutation("log_softmax backward: no sum", "src/cpu/softmax_kernels.cpp", "hn::NegMulAdd(exp_of(d, load(d, m, whole, y + i)), hn::Set(d, sum), load(d, m, whole, g + i))", "hn::MulAdd(exp_of(d, load(d, m, whole, y + i)), hn::Set(d, sum), load(d, m, whole, g + i))", f"{SIZES} {CASES}"),
    Mutation("running sums of columns: the tail is not kept", "src/cpu/scan_kernels.cpp", "out[i] = static_cast<float>(sum[i] += x[i]);", "out[i] = static_cast<float>(sum[i] + x[i]);", SIZES),
    Mutation("advanced indices: negative ones one off", "src/cpu/index.cpp", "(at < 0 ? at + size : at) * stride", "(at < 0 ? at + size - 1 : at) * stride", "tests/python/test_indexing.py"),
    Mutation("average pooling: the padding counts twice", "src/cpu/pooling_kernels.cpp", "out[o] /= static_cast<T>(p.divisor ? p.divisor : rows * width.count[o]);", "out[o] /= static_cast<T>(p.divisor ? p.divisor : rows * width.count[0]);", CASES),
    # iterator and rules
    Mutation("the iterator joins without asking the last operand", "src/loops/iterator.cpp", "for (int op = 0; op < count_ && joins; ++op) joins =", "for (int op = 0; op + 1 < count_ && joins; ++op) joins =", SIZES),
    Mutation("the iterator orders by the result alone", "src/loops/iterator.cpp", "int at = d - (rank - static_cast<int>(l.sizes.size()));\n    return at < 0 || (l.sizes[at] == 1 && sizes[d] != 1) ? 0", "int at = d - (rank - static_cast<int>(l.sizes.size()));\n    return at < 0 || (l.sizes[at] == 1 && sizes[d] > 2) ? 0", SIZES),
    Mutation("0-dimensional tensors promote like any", "src/loops/pointwise.cpp", "p.tensor(t->dtype, t->layout.dim(), t->wrapped_number);", "p.tensor(t->dtype, 1, t->wrapped_number);", f"{OPERATORS} -k zero_dim"),
    Mutation("uint8 and int8 give int8", "src/core/promote.cpp", "return itemsize(s) > 1 ? s : DType::int16;", "return s;", f"{OPERATORS} -k dtype_grid"),
    # gradients
    Mutation("variance: the gradient forgets the correction", "src/ops/statistics.cpp", "2.0 / std::max(0.0, n - c)", "2.0 / n", f"{OPERATORS} -k gradient"),
    Mutation("softplus: the gradient forgets beta", "src/ops/activation.cpp", "select(x * beta > threshold, g, g * sigmoid(x * beta))", "select(x * beta > threshold, g, g * sigmoid(x))", f"{OPERATORS} -k gradient"),
    Mutation("cumsum: the gradient runs forward", "src/ops/scans.cpp", 'call<"_cumsum_from_end">(g.out(), g.integer("dim"))', 'call<"cumsum">(g.out(), g.integer("dim"))', f"{OPERATORS} -k cumsum"),
    Mutation("gradients of a smaller size are not summed", "src/autograd/engine.cpp", "expandable = have == want || want == 1;", "expandable = have == want;", "tests/python/test_autograd.py"),
    Mutation("batch norm: the running variance is biased", "src/ops/batch_norm.cpp", "n > 1 ? n / (n - 1)", "n > 1 ? 1.0", CASES),
    Mutation("alpha dropout: another scale", "src/ops/dropout.cpp", "double a = 1 / std::sqrt((alpha * alpha * p + 1) * (1 - p));", "double a = 1 / std::sqrt((alpha * alpha * p + 1) / (1 - p));", CASES),
]  # fmt: skip
