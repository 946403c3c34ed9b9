"""Functions written in Python, options that no module reaches among them: an expression each, with its gradient where the
result has one. `x(sizes)` makes values that remember their gradient, `c(sizes)` constants, `i(sizes, n)` indices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from . import wave
from .modules import floats

EXPRESSIONS = """
F.softmax(x(3, 4), 1, dtype=torch.float32)
F.gumbel_softmax(x(3, 4), tau=0.7)
F.gumbel_softmax(x(3, 4), hard=True, dim=0)
F.dropout(x(3, 4), 0.3, training=False), F.dropout(x(3, 5), 0.6), F.alpha_dropout(x(3, 5), 0.4, training=True)
F.threshold(x(3, 4), 0.1, 7.0), F.hardtanh(x(3, 4), -0.2, 0.6), F.rrelu(x(3, 4), 0.1, 0.5)
F.glu(x(4, 3), 0), F.celu(x(3, 4), 0.6), F.elu(x(3, 4), 0.6), F.prelu(x(2, 3), c(3).abs())
F.mse_loss(x(3, 4), c(3, 4).cos(), reduction='sum'), F.mse_loss(x(3, 4), c(4), weight=c(3, 4).abs())
F.l1_loss(x(3, 4), c(3, 4).cos(), reduction='none'), F.smooth_l1_loss(x(3, 4), c(3, 4).cos(), beta=0.0)
F.smooth_l1_loss(x(3, 4), c(3, 4).cos(), reduction='sum', beta=0.3), F.huber_loss(x(3, 4), c(3, 4).cos(), delta=0.2)
F.cross_entropy(x(3, 4), i((3,), 4), weight=c(4).abs(), reduction='sum'), F.cross_entropy(x(3, 4), c(3, 4).softmax(1), label_smoothing=0.3)
F.cross_entropy(x(3, 4), i((3,), 4), ignore_index=2, label_smoothing=0.1), F.cross_entropy(x(4), torch.tensor(2))
F.cross_entropy(x(3, 4, 2), i((3, 2), 4), weight=c(4).abs(), label_smoothing=0.2, reduction='none')
F.nll_loss(x(3, 4), i((3,), 4), reduction='sum'), F.nll_loss(x(3, 4), i((3,), 4), weight=c(4).abs(), ignore_index=3)
F.kl_div(x(3, 4), c(3, 4).abs(), reduction='sum'), F.kl_div(x(3, 4), c(3, 4), log_target=True, reduction='none')
F.binary_cross_entropy(x(3, 4).sigmoid(), c(3, 4).abs() / 2, weight=c(4).abs(), reduction='sum')
F.binary_cross_entropy_with_logits(x(3, 4), c(3, 4).abs() / 2, weight=c(4).abs(), pos_weight=c(4).abs(), reduction='none')
F.poisson_nll_loss(x(3, 4), 3 * c(3, 4).abs(), full=True, reduction='sum'), F.gaussian_nll_loss(x(3, 4), c(3, 4).cos(), c(3, 1).abs(), eps=0.1)
F.gaussian_nll_loss(x(3, 4), c(3, 4).cos(), c(3).abs(), full=True, reduction='none')
F.hinge_embedding_loss(x(3, 4), c(3, 4).sign(), margin=0.4, reduction='none'), F.soft_margin_loss(x(3, 4), c(3, 4).sign(), reduction='sum')
F.margin_ranking_loss(x(3, 4), c(3, 4).cos(), c(3, 4).sign(), 0.2, reduction='none'), F.cosine_embedding_loss(x(3, 4), c(3, 4).cos(), c(3).sign(), 0.1, reduction='sum')
F.multi_margin_loss(x(3, 4), i((3,), 4), p=2, margin=0.4, reduction='none'), F.multilabel_soft_margin_loss(x(3, 4), (c(3, 4) > 0).double(), reduction='none')
F.triplet_margin_loss(x(3, 4), c(3, 4).cos(), c(3, 4).sin(), 0.4, 1.0, swap=True, reduction='none')
F.triplet_margin_with_distance_loss(x(3, 4), c(3, 4).cos(), c(3, 4).sin(), distance_function=lambda a, b: (a - b).abs().sum(1), margin=0.3, swap=True, reduction='sum')
F.ctc_loss(x(6, 2, 4).log_softmax(2), torch.tensor([[2, 3, 1], [1, 1, 0]]), torch.tensor([6, 5]), torch.tensor([3, 2]), reduction='sum')
F.ctc_loss(x(6, 4).log_softmax(1), torch.tensor([2, 3]), torch.tensor(5), torch.tensor(2), reduction='none', blank=1)
F.normalize(x(3, 4)), F.normalize(x(3, 4), p=3.0, dim=0, eps=1.0), F.normalize(x(3, 4), p=1.0, dim=(0, 1))
F.local_response_norm(x(2, 4, 3), 2, 0.2, 0.8, 1.1), F.layer_norm(x(3, 4), (4,), c(4), c(4), 0.1), F.rms_norm(x(3, 4), (4,), c(4), 0.1)
F.batch_norm(x(4, 3), c(3), c(3).abs(), c(3), c(3), True, 0.3, 0.1), F.batch_norm(x(4, 3), c(3), c(3).abs())
F.instance_norm(x(2, 3, 5), c(3), c(3).abs(), c(3), c(3), False), F.instance_norm(x(2, 3, 5), weight=c(3)), F.group_norm(x(2, 4, 3), 2, c(4), c(4), 0.1)
F.embedding(i((3, 2), 5), x(5, 3), padding_idx=-1), F.embedding_bag(i((6,), 5), x(5, 3), torch.tensor([0, 2]), mode='sum', per_sample_weights=x(6))
F.embedding_bag(i((2, 3), 5), x(5, 3), mode='mean', padding_idx=2), F.embedding_bag(i((2, 3), 5), x(5, 3), mode='max')
F.lp_pool1d(x(2, 3, 7).abs(), 3, 2, 2), F.lp_pool2d(x(2, 3, 5, 4).abs(), 1.5, (2, 3), ceil_mode=True)
F.max_pool1d(x(2, 3, 7), 3, 2, 1, return_indices=True), F.max_pool2d(x(1, 2, 5, 6), 3, 2, 1, 1, True)
F.max_unpool1d(x(1, 1, 2), torch.tensor([[[1, 3]]]), 2, output_size=(1, 1, 5)), F.max_unpool2d(x(1, 1, 2, 2), torch.tensor([[[[0, 3], [9, 10]]]]), 2, output_size=(4, 4))
F.adaptive_max_pool1d(x(2, 3, 7), 3, return_indices=True), F.adaptive_avg_pool2d(x(2, 5, 4), (2, 3))
F.unfold(x(1, 2, 4, 5), (2, 3), padding=1, stride=2), F.fold(x(1, 4, 6), (3, 4), 2)
F.pad(x(2, 3), (1, 2)), F.pad(x(2, 3), (1, -1, 0, 2), value=0.4), F.pad(x(1, 2, 3), (2, 1), mode='reflect'), F.pad(x(1, 2, 3), (2, 1), 'replicate'), F.pad(x(1, 2, 3), (2, 1), 'circular')
F.interpolate(x(1, 2, 4), scale_factor=1.7), F.interpolate(x(1, 2, 4), size=7, mode='linear', align_corners=True), F.interpolate(x(1, 2, 4, 3), scale_factor=(0.5, 1.5), mode='area')
F.interpolate(x(1, 2, 4, 3), scale_factor=1.7, mode='bilinear', recompute_scale_factor=True), F.interpolate(x(1, 2, 6, 7), size=(3, 2), mode='bilinear', antialias=True)
F.interpolate(x(1, 2, 4, 3), size=(7, 5), mode='nearest-exact'), F.interpolate(x(1, 2, 6, 7), size=(3, 9), mode='bicubic', antialias=True)
F.grid_sample(x(1, 2, 4, 3), c(1, 3, 2, 2), mode='bilinear', padding_mode='border', align_corners=True), F.grid_sample(x(1, 2, 4, 3), c(1, 3, 2, 2), mode='bicubic', padding_mode='reflection', align_corners=False)
F.grid_sample(x(1, 2, 4, 3), 2 * c(1, 3, 2, 2), mode='nearest', align_corners=False), F.affine_grid(x(2, 2, 3), (2, 1, 3, 4), align_corners=True), F.affine_grid(x(2, 3, 4), (2, 1, 2, 3, 2), align_corners=False)
F.one_hot(i((2, 3), 4)), F.one_hot(i((2, 3), 4), 6), F.pairwise_distance(x(3, 4), c(3, 4).cos(), 3.0, 0.1, True), F.cosine_similarity(x(3, 4), c(4), 1, 0.2), F.pdist(x(4, 3), 3.0)
F.scaled_dot_product_attention(x(2, 3, 4), c(2, 5, 4), c(2, 5, 4)), F.scaled_dot_product_attention(x(2, 3, 4), c(2, 3, 4), c(2, 3, 4), is_causal=True, scale=0.3)
F.scaled_dot_product_attention(x(1, 4, 3, 2), c(1, 2, 5, 2), c(1, 2, 5, 2), enable_gqa=True), F.scaled_dot_product_attention(x(2, 3, 4), c(2, 5, 4), c(2, 5, 4), attn_mask=c(3, 5))
F.scaled_dot_product_attention(x(2, 3, 4), c(2, 5, 4), c(2, 5, 4), attn_mask=c(3, 5) > -0.5)
F.bilinear(x(3, 2), c(3, 4), c(5, 2, 4), c(5)), F.conv_tbc(x(5, 2, 3), c(2, 3, 4), c(4), 1), F.channel_shuffle(x(1, 4, 2), 2), F.pixel_unshuffle(x(1, 1, 4, 2), 2)
F.feature_alpha_dropout(x(2, 3, 4), 0.4, True), F.dropout1d(x(2, 3, 4), 0.4), F.dropout2d(x(2, 3, 4, 2), 0.4), F.dropout3d(x(2, 3, 2, 2, 2), 0.4)
torch.einsum('ij,jk->ik', x(2, 3), c(3, 4)), torch.einsum('bij,bkj->bik', x(2, 3, 4), c(2, 2, 4)), torch.einsum('ii->i', x(3, 3)), torch.einsum('...j,j', x(2, 3), c(3)), torch.einsum(x(2, 3), [0, 1], c(3), [1], [0])
torch.tensordot(x(2, 3, 4), c(4, 3, 2), dims=([1, 2], [1, 0])), torch.tensordot(x(2, 3), c(3, 2), 1), torch.chain_matmul(x(2, 3), c(3, 4), c(4, 2))
torch.block_diag(x(2, 3), c(1, 2), x(3)), torch.cartesian_prod(x(2), c(3)), torch.meshgrid(x(2), c(3), indexing='xy'), torch.broadcast_tensors(x(2, 1), c(3))
torch.unique(i((4, 3), 4), return_inverse=True, return_counts=True), torch.unique(i((4, 2), 2), dim=0, return_counts=True), torch.unique_consecutive(i((9,), 3), return_inverse=True, return_counts=True)
torch.split(x(7, 2), 3), torch.split(x(7, 2), [2, 5]), torch.vander(c(3), 4, increasing=True), torch.unravel_index(torch.tensor([5, 11]), (3, 4)), torch.nonzero(c(3, 4) > 0, as_tuple=True)
torch.cdist(x(3, 4), c(2, 4)), torch.cdist(x(3, 4), c(2, 4), p=1.0), torch.cdist(x(3, 4), c(2, 4), p=3.0, compute_mode='donot_use_mm_for_euclid_dist')
torch.gradient(x(5, 4), spacing=2.0, dim=1), torch.gradient(x(5, 4), spacing=[c(5).cumsum(0).sort().values, c(4).sort().values], edge_order=2), torch.gradient(x(6), edge_order=2)
torch.histogramdd(c(9, 2), [3, 2], range=[-1.5, 1.5, -1.0, 1.0], density=True), torch.lu(c(3, 3))[0], torch.stft(c(32), 8, 3, 6, torch.hann_window(6), return_complex=True)
torch.istft(torch.stft(x(32), 8, 3, return_complex=True, window=torch.ones(8)), 8, 3, window=torch.ones(8), length=30)
torch.linalg.multi_dot([x(2, 3), c(3, 4), c(4, 2)]), torch.linalg.cond(c(3, 3)), torch.linalg.matrix_norm(x(3, 4), 'nuc'), torch.linalg.norm(x(3, 4), 1, dim=(0, 1)), torch.linalg.vander(x(3), N=4)
torch.nan_to_num(torch.tensor([math.nan, math.inf, -math.inf, 1.0]), 0.5, 9.0), torch.trapezoid(x(3, 4), c(4).sort().values), torch.cumulative_trapezoid(x(3, 4), dx=0.3), torch.cov(x(3, 5), correction=0), torch.corrcoef(x(3, 5))
[getattr(torch.signal.windows, n)(7, dtype=torch.float64) for n in 'bartlett blackman cosine hamming hann nuttall'.split()], [getattr(torch.signal.windows, n)(6, sym=False, dtype=torch.float64) for n in 'bartlett blackman cosine hamming hann nuttall'.split()]
[f(7, dtype=torch.float64, **o) for f, o in ((torch.signal.windows.exponential, {"tau": 2.0}), (torch.signal.windows.gaussian, {"std": 1.5}), (torch.signal.windows.kaiser, {"beta": 5.0}), (torch.signal.windows.general_cosine, {"a": [0.4, 0.3, 0.2]}), (torch.signal.windows.general_hamming, {"alpha": 0.6}))]
torch.svd_lowrank(c(6, 4), 2)[1], torch.pca_lowrank(c(6, 4), 2)[1], torch.broadcast_shapes((2, 1), (3,))
[init.calculate_gain(n) for n in 'linear conv2d sigmoid tanh relu selu leaky_relu'.split()], init.calculate_gain('leaky_relu', 0.3)
init.uniform_(e(4, 3), -0.3, 0.7), init.normal_(e(4, 3), 0.2, 0.6), init.constant_(e(3), 0.4), init.ones_(e(2)), init.zeros_(e(2)), init.eye_(e(3, 4)), init.trunc_normal_(e(5, 3), 0.1, 0.8, -0.5, 0.9)
init.dirac_(e(4, 3, 3)), init.dirac_(e(4, 2, 3, 2), 2), init.xavier_uniform_(e(4, 3), 1.4), init.xavier_normal_(e(4, 3, 2), 0.7), init.orthogonal_(e(4, 3), 1.3).abs(), init.sparse_(e(5, 4), 0.4, 0.1)
init.kaiming_uniform_(e(4, 3, 2), 0.3, 'fan_out', 'leaky_relu'), init.kaiming_normal_(e(4, 3, 2), nonlinearity='relu'), init._calculate_fan_in_and_fan_out(e(4, 3, 2)), init.kaiming_uniform_(e(4, 3), mode='fan_in', nonlinearity='tanh')
clipped(1.0, 2.0), clipped(0.5, 1.0), clipped(0.3, math.inf), clipped(100.0, 2.0), clipped(1.0, 2.0, foreach=True), U.get_total_norm([c(3), c(2, 2)], 3.0), U.clip_grad_value_([graded(c(4))], 0.4), valued(0.4)
U.parameters_to_vector([x(2, 3), x(2)]), to_vector(), U.rnn.pad_sequence([x(3, 2), x(1, 2), x(2, 2)], padding_value=0.5), U.rnn.pad_sequence([x(3), x(1)], True, padding_side='left')
U.rnn.pack_padded_sequence(x(4, 3, 2), [4, 2, 1]), U.rnn.pack_padded_sequence(x(3, 4, 2), torch.tensor([2, 4, 1]), batch_first=True, enforce_sorted=False), U.rnn.pack_sequence([x(3, 2), x(2, 2)])
U.rnn.pad_packed_sequence(U.rnn.pack_padded_sequence(2 * x(3, 4, 2), torch.tensor([2, 4, 1]), True, False), True, -1.0, 5), U.rnn.unpad_sequence(2 * x(4, 2, 3), torch.tensor([4, 2])), U.rnn.unpack_sequence(U.rnn.pack_sequence([2 * x(3, 2), 2 * x(2, 2)]))
packed(nn.LSTM(2, 3)), packed(nn.GRU(2, 3, bidirectional=True)), packed(nn.RNN(2, 3, 2))
fused(nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3)), fused(nn.ConvTranspose2d(2, 3, 2), nn.BatchNorm2d(3), True), linear_fused()
reparametrized(lambda m: torch.nn.utils.parametrizations.weight_norm(m, dim=1))
reparametrized(lambda m: torch.nn.utils.parametrizations.orthogonal(m)), reparametrized(lambda m: torch.nn.utils.parametrizations.spectral_norm(m, n_power_iterations=3))
torch.func.grad(lambda v: (v * v.sin()).sum())(c(3)), torch.func.jacrev(lambda v: v.cumsum(0) * v)(c(3)), torch.func.hessian(lambda v: (v**3).prod())(c(3)), torch.func.jvp(lambda v: v.exp(), (c(3),), (c(3),)), torch.func.vjp(lambda v: v.exp(), c(3))[1](c(3))
torch.func.vmap(lambda a, b: a @ b)(c(3, 2, 2), c(3, 2)), torch.func.vmap(lambda a: a.cumsum(0), in_dims=1, out_dims=1)(c(3, 2))
torch.autograd.functional.jacobian(lambda v: v.cumsum(0) * v, c(3)), torch.autograd.functional.hessian(lambda v: (v**3).prod(), c(3)), torch.autograd.functional.vhp(lambda v: (v**3).sum(), c(3), c(3)), torch.autograd.functional.hvp(lambda v: (v**3).sum(), c(3), c(3)), torch.autograd.functional.jvp(lambda v: v**3, c(3), c(3))
torch.utils.checkpoint.checkpoint(lambda v: v.sin() * v, x(4), use_reentrant=False), torch.utils.checkpoint.checkpoint_sequential([nn.Tanh(), nn.Softplus(), nn.Sigmoid()], 2, x(3, 2), use_reentrant=False)
scaled(65536.0, 2), scaled(8.0, 1), averaged(torch.optim.swa_utils.get_ema_multi_avg_fn(0.7)), averaged(None), averaged(torch.optim.swa_utils.get_swa_multi_avg_fn())
torch.combinations(c(4), 2), torch.combinations(c(3), 2, with_replacement=True), torch.logspace(-1, 2, 4), torch.linspace(0, 1, 5), torch.triu_indices(3, 4, 1), torch.tril_indices(3, 4, -1)
"""


def helpers(torch: Any, leaves: list[Any]) -> dict[str, Any]:
    nn, utils = torch.nn, torch.nn.utils

    def c(*shape: int) -> Any:
        return wave(torch, *shape, phase=0.5, dtype=torch.float64)

    def x(*shape: int) -> Any:
        leaves.append(wave(torch, *shape, dtype=torch.float64).requires_grad_())
        return leaves[-1]

    def i(shape: tuple[int, ...], n: int) -> Any:
        return torch.tensor([(7 * k * k + 3 * k) % n for k in range(math.prod(shape))]).reshape(shape)

    def e(*shape: int) -> Any:
        return torch.zeros(shape, dtype=torch.float64)

    def graded(g: Any) -> Any:
        p = torch.zeros_like(g).requires_grad_()
        p.grad = g.clone()
        return p

    def clipped(limit: float, kind: float, **options: Any) -> Any:
        ps = [graded(c(3)), graded(c(2, 2))]
        return utils.clip_grad_norm_(ps, limit, kind, **options), [p.grad for p in ps]

    def valued(limit: float) -> Any:
        p = graded(c(4))
        utils.clip_grad_value_([p], limit)
        return p.grad

    def to_vector() -> Any:
        ps = [torch.zeros(2, 3), torch.zeros(2)]
        utils.vector_to_parameters(c(8), ps)
        return ps

    def filled(module: Any) -> Any:
        for k, t in enumerate(module.state_dict().values()):
            if t.is_floating_point():
                t.copy_(wave(torch, *t.shape, phase=0.2 * k).abs() + 0.1)
        return module.double()

    def packed(module: Any) -> Any:
        given = utils.rnn.pack_padded_sequence(x(4, 3, 2), torch.tensor([2, 4, 1]), enforce_sorted=False)
        out, state = filled(module)(given)
        return utils.rnn.pad_packed_sequence(out), state

    def fused(conv: Any, norm: Any, transpose: bool = False) -> Any:
        conv, norm = filled(conv).eval(), filled(norm).eval()
        weights = utils.fusion.fuse_conv_bn_weights(
            conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias, transpose
        )
        made = utils.fusion.fuse_conv_bn_eval(conv, norm, transpose)
        return [w.detach() for w in weights], made(c(1, 2, 3, 4)), norm(conv(c(1, 2, 3, 4)))

    def linear_fused() -> Any:
        linear, norm = filled(nn.Linear(2, 3)).eval(), filled(nn.BatchNorm1d(3)).eval()
        return utils.fusion.fuse_linear_bn_eval(linear, norm)(c(4, 2))

    def reparametrized(change: Callable[[Any], Any]) -> Any:
        torch.manual_seed(5)
        module = change(filled(nn.Linear(3, 3, bias=False)))
        torch.manual_seed(6)
        out = [module(c(2, 3)) for _ in range(2)]
        return out, sorted(module.state_dict()), module.eval()(c(2, 3))

    def scaled(scale: float, interval: int) -> Any:
        scaler = torch.amp.GradScaler(
            "cpu", init_scale=scale, growth_interval=interval, growth_factor=3.0, backoff_factor=0.25
        )
        p = torch.ones(3, requires_grad=True)
        optimizer = torch.optim.SGD([p], lr=0.1)
        track = []
        for t in range(6):
            optimizer.zero_grad()
            scaler.scale((p * (math.inf if t == 3 else 0.5)).sum()).backward()
            scaler.step(optimizer)
            scaler.update()
            track.append((scaler.get_scale(), p.detach().clone()))
        return track

    def averaged(how: Any) -> Any:
        module = filled(nn.BatchNorm1d(3))
        average = torch.optim.swa_utils.AveragedModel(module, multi_avg_fn=how)
        for _ in range(4):
            module(c(5, 3))
            with torch.no_grad():
                module.weight.mul_(0.8).add_(0.3)
            average.update_parameters(module)
        torch.optim.swa_utils.update_bn([c(5, 3), c(5, 3) * 2], average)
        return average.state_dict()

    return {**locals(), "math": math, "torch": torch, "F": nn.functional, "init": nn.init, "U": utils}


def evaluated(expression: str) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        leaves: list[Any] = []
        names = helpers(torch, leaves)
        torch.manual_seed(4)
        result = eval(expression, names)
        ends = [t for t in floats(result) if t.requires_grad]
        if not ends:
            return result
        total = sum((t * wave(torch, *t.shape, phase=0.9).to(t.dtype)).sum() for t in ends)
        grads = torch.autograd.grad(total, leaves, allow_unused=True) if leaves else ()
        return result, grads

    return run


CASES: dict[str, Callable[[Any], Any]] = {e: evaluated(e) for e in EXPRESSIONS.strip().splitlines()}
