# ruff: noqa: F401
"""flambeau.nn.functional: the functions of neural networks.

Those whose arguments are exactly an operator's come from the operator table at the end of this file; the others are
defined by family in nn/_functional.
"""

from __future__ import annotations

from flambeau import _C

from ._functional.activation import (
    _get_softmax_dim as _get_softmax_dim,
)
from ._functional.activation import (
    _threshold as _threshold,
)
from ._functional.activation import (
    alpha_dropout,
    celu,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    elu,
    feature_alpha_dropout,
    glu,
    gumbel_softmax,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_softmax,
    mish,
    relu,
    relu6,
    rrelu,
    selu,
    sigmoid,
    silu,
    softmax,
    softmin,
    softsign,
    tanh,
    tanhshrink,
    threshold,
)
from ._functional.attention import (
    _canonical_mask as _canonical_mask,
)
from ._functional.attention import (
    _in_projection as _in_projection,
)
from ._functional.attention import (
    _in_projection_packed as _in_projection_packed,
)
from ._functional.attention import (
    _mha_shape_check as _mha_shape_check,
)
from ._functional.attention import (
    _none_or_dtype as _none_or_dtype,
)
from ._functional.attention import (
    multi_head_attention_forward,
)
from ._functional.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cosine_embedding_loss,
    cross_entropy,
    ctc_loss,
    gaussian_nll_loss,
    hinge_embedding_loss,
    huber_loss,
    kl_div,
    l1_loss,
    linear_cross_entropy,
    margin_ranking_loss,
    mse_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    nll_loss,
    poisson_nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from ._functional.matmul import ScalingType, SwizzleType, grouped_mm, scaled_mm
from ._functional.norm import (
    _no_grad_embedding_renorm_ as _no_grad_embedding_renorm_,
)
from ._functional.norm import (
    _verify_batch_size as _verify_batch_size,
)
from ._functional.norm import (
    _verify_spatial_size as _verify_spatial_size,
)
from ._functional.norm import (
    batch_norm,
    embedding,
    embedding_bag,
    group_norm,
    instance_norm,
    layer_norm,
    local_response_norm,
    normalize,
    rms_norm,
)
from ._functional.pooling import (
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
    fold,
    fractional_max_pool2d,
    fractional_max_pool2d_with_indices,
    fractional_max_pool3d,
    fractional_max_pool3d_with_indices,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
    unfold,
)
from ._functional.vision import (
    affine_grid,
    grid_sample,
    interpolate,
    pad,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)

# Pickles and printed names show the public place, not the file of the family.
for _value in list(globals().values()):
    if getattr(_value, "__module__", "").startswith(__package__ + "._functional"):
        _value.__module__ = __name__
del _value

logsigmoid = _C.aten.log_sigmoid
celu_ = _C.aten.celu_
elu_ = _C.aten.elu_
hardtanh_ = _C.aten.hardtanh_
leaky_relu_ = _C.aten.leaky_relu_
relu_ = _C.aten.relu_
rrelu_ = _C.aten.rrelu_
selu_ = _C.aten.selu_
threshold_ = _C.aten.threshold_
_C.export_operators("functional", globals())

_OF_OVERRIDES = frozenset(
    ["handle_torch_function", "has_torch_function", "has_torch_function_unary", "has_torch_function_variadic"]
)


def __getattr__(name: str) -> object:
    if name in _OF_OVERRIDES:  # programs take them from here, too
        from flambeau import overrides

        return getattr(overrides, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
