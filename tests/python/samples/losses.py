"""Samples of losses against classes and margins, their backward operators, and the tables behind pointwise losses."""

from __future__ import annotations

from typing import Any

from . import calls


def classes(s: Any, *shape: int) -> Any:
    """Classes below 4, one of them ignored."""
    return s.lib.tensor([1, 3, 0, -100, 2, 1])[: __import__("math").prod(shape)].reshape(shape)


def _weight(s: Any) -> Any:
    return s((4,), low=0.5, high=2)


def _nll(s: Any) -> Any:
    return [s((4, 4)), classes(s, 4), _weight(s)]


def _nll2d(s: Any) -> Any:
    return [s((1, 4, 2, 3)), classes(s, 1, 2, 3), _weight(s)]


def _nll_backward(forward: str, make: Any) -> Any:
    """The gradient's arguments, with the total weight that the forward pass gave."""

    def sample(s: Any) -> Any:
        x, target, weight = make(s)
        loss, total = getattr(s.lib._C.aten, forward)(x, target, weight, 1, -100)
        return [s.lib.full_like(loss, 0.5), x, target, weight, 1, -100, total]

    return sample


def _scores(s: Any) -> Any:
    """Scores that differ by no multiple of 1/32, so not by a margin of 1."""
    scores = s((2, 4))
    return scores + s.lib.arange(4).to(scores.dtype) / 128


def _labels(s: Any) -> Any:
    return s.lib.tensor([[2, 0, -1, 1], [1, -1, 3, 0]])


def _multilabel_backward(s: Any) -> Any:
    x = _scores(s)
    loss, is_target = s.lib._C.aten.multilabel_margin_loss_forward(x, _labels(s), 1)
    return [s.lib.full_like(loss, 0.5), x, _labels(s), 1, is_target]


def _rows(s: Any) -> Any:
    return [s((4, 4)), classes(s, 4), _weight(s), -100, 0.125]


def _rows_backward(s: Any) -> Any:
    args = _rows(s)
    losses, lse = s.lib._C.aten._cross_entropy_rows(*args)
    return [s(losses.shape, dtype=losses.dtype), *args, lse]


def _log_probabilities(x: Any) -> Any:
    return x.log_softmax(-1)


def _ctc(s: Any) -> list[Any]:
    return [s.lib.log_softmax(s((5, 2, 4)), -1), s.lib.tensor([[1, 2, 2], [3, 1, 0]])]


def _ctc_gradient(s: Any) -> Any:
    return [s((2,)), *_ctc(s), [5, 4], [3, 2], 0, False]


SAMPLES: dict[str, Any] = {
    "nll_loss": lambda s: calls(
        (*_nll(s),), (s((4,)), s.lib.tensor(2)), (s((4, 4)), s.lib.tensor([1, 3, 0, 2]), None, 0, 1)
    ),
    "nll_loss_nd": lambda s: calls((*_nll(s),), (*_nll2d(s), 2)),
    "nll_loss2d": lambda s: calls((*_nll2d(s),), (*_nll2d(s), 0)),
    "nll_loss_forward": lambda s: [*_nll(s), 1, -100],
    "nll_loss2d_forward": lambda s: [*_nll2d(s), 1, -100],
    "nll_loss_backward": _nll_backward("nll_loss_forward", _nll),
    "nll_loss2d_backward": _nll_backward("nll_loss2d_forward", _nll2d),
    "cross_entropy_loss": lambda s: calls(
        (*_nll(s),), (*_nll2d(s), 2, -100, 0.125), (s((2, 4)), s((2, 4), low=0.1, high=0.9), _weight(s), 0)
    ),
    "_cross_entropy_rows": _rows,
    "_cross_entropy_rows_backward": _rows_backward,
    "multi_margin_loss": lambda s: calls(
        (s((3, 4)), s.lib.tensor([1, 3, 0])), (s((3, 4)), s.lib.tensor([1, 3, 0]), 2, 0.5, _weight(s), 0)
    ),
    "multilabel_margin_loss": lambda s: calls((_scores(s), _labels(s)), (_scores(s), _labels(s), 0)),
    "multilabel_margin_loss_forward": lambda s: [_scores(s), _labels(s), 1],
    "multilabel_margin_loss_backward": _multilabel_backward,
    "hinge_embedding_loss": lambda s: [s((2, 3)), s.lib.tensor([[1, -1, 1], [-1, 1, -1]]).to(s.type()), 0.5],
    "cosine_embedding_loss": lambda s: [s((2, 3)), s((2, 3)), s.lib.tensor([1, -1]), -0.5],
    "_ctc_loss": lambda s: [*_ctc(s), [5, 4], [3, 2]],
    "_ctc_loss_gradient": _ctc_gradient,
    "ctc_loss.IntList": lambda s: calls((*_ctc(s), [5, 4], [3, 2]), (*_ctc(s), [5, 4], [3, 2], 0, 0, True)),
    "ctc_loss.Tensor": lambda s: [*_ctc(s), s.lib.tensor([5, 4]), s.lib.tensor([3, 2]), 0, 2],
    "_mse_table": lambda s: [s((2, 3)), s((3,))],
    "_l1_table": lambda s: [s((2, 3)), s((3,))],
    "_smooth_l1_table": lambda s: [s((2, 3)), s((3,)), 45 / 64],
    "_huber_table": lambda s: [s((2, 3)), s((3,)), 45 / 64],
    "_soft_margin_table": lambda s: [s((2, 3)), s((3,))],
    "_bce_table": lambda s: [s((2, 3), low=0.1, high=0.9), s((3,), low=0.1, high=0.9)],
    "_bce_logits_table": lambda s: [s((2, 3)), s((3,), low=0.1, high=0.9)],
    "_bce_logits_pos_table": lambda s: [s((2, 3)), s((3,), low=0.1, high=0.9), s((3,), low=0.5, high=2)],
    "_kl_div_table": lambda s: calls((s((2, 3)), s((3,), low=0.1, high=0.9), False), (s((2, 3)), s((3,)), True)),
}
TYPES = {
    **dict.fromkeys(SAMPLES, "float32 bfloat16"),
    **{name: "float32" for name in SAMPLES if "ctc" in name},
}
OWN_RESULTS = dict.fromkeys(
    ("nll_loss_forward", "nll_loss2d_forward", "_cross_entropy_rows", "_ctc_loss", "multilabel_margin_loss_forward"), 1
)
CONSTANT = {
    **dict.fromkeys(("nll_loss", "nll_loss2d", "nll_loss_nd", "nll_loss_forward", "nll_loss2d_forward"), (2,)),
    **dict.fromkeys(("nll_loss_backward", "nll_loss2d_backward"), (3, 6)),
    **dict.fromkeys(("cross_entropy_loss", "_cross_entropy_rows"), (2,)),
    "hinge_embedding_loss": (1,),
    "multilabel_margin_loss_backward": (4,),
}
DOMAIN = dict.fromkeys(("_ctc_loss", "ctc_loss.IntList", "ctc_loss.Tensor"), _log_probabilities)
NO_SECOND_GRADIENT = dict.fromkeys(
    ("_ctc_loss", "ctc_loss.IntList", "ctc_loss.Tensor"), "the second derivative of ctc_loss is not implemented"
)
NO_GRADIENT = {"_ctc_loss_gradient": "the second derivative of ctc_loss is not implemented"}
