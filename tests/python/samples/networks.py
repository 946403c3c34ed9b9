"""Samples of attention, recurrent networks and packed sequences."""

from __future__ import annotations

from typing import Any

from . import calls


def _weights(s: Any, gates: int) -> list[Any]:
    return [s((gates * 3, 2), high=1), s((gates * 3, 3), high=1), s((gates * 3,)), s((gates * 3,))]


def _cell(gates: int) -> Any:
    return lambda s: [s((2, 2)), s((2, 3)), *_weights(s, gates)]


def _padded(gates: int) -> Any:
    return lambda s: [s((4, 2, 2)), s((1, 2, 3)), _weights(s, gates), True, 1, 0.0, False, False, False]


def _packed(gates: int) -> Any:
    return lambda s: [s((5, 2)), s.lib.tensor([2, 2, 1]), s((1, 2, 3)), _weights(s, gates), True, 1, 0.0, False, False]


GATES = {"gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
SAMPLES: dict[str, Any] = {
    "scaled_dot_product_attention": lambda s: calls(
        (s((1, 2, 3, 4)), s((1, 2, 5, 4)), s((1, 2, 5, 2))),
        (s((1, 2, 3, 4)), s((1, 2, 3, 4)), s((1, 2, 3, 4)), None, 0.0, True),
        (s((1, 2, 3, 4)), s((1, 1, 5, 4)), s((1, 1, 5, 2)), s((3, 5)), {"enable_gqa": True, "scale": 0.5}),
    ),
    "_scaled_dot_product_flash_attention_for_cpu": lambda s: [s((1, 2, 3, 4)), s((1, 2, 5, 4)), s((1, 2, 5, 4))],
    "_scaled_dot_product_flash_attention_for_cpu_backward": lambda s: [
        s((1, 1, 2, 2), dtype="float32"),
        s((1, 1, 2, 2), dtype="float32"),
        s((1, 1, 3, 2), dtype="float32"),
        s((1, 1, 3, 2), dtype="float32"),
        s((1, 1, 2, 2), dtype="float32"),
        s((1, 1, 2), dtype="float32", low=4, high=8),
        0.0,
        False,
    ],
    "_lstm_gates": lambda s: [s((2, 12)), s((2, 3))],
    "_lstm_gates_backward": lambda s: [s((2, 3)), s((2, 3)), s((2, 12), low=0.1, high=0.9), s((2, 3)), s((2, 3))],
    "_lstm_layer": lambda s: calls(
        (s((6, 12)), s((3, 3)), s((3, 3)), s((12, 3)), s((12,)), [3, 2, 1], False),
        (s((6, 12)), s((3, 3)), s((3, 3)), s((12, 3)), None, [3, 2, 1], True),
    ),
    "_lstm_layer_backward": lambda s: [
        s((4, 3)),
        s((2, 3)),
        None,
        s((2, 3)),
        s((2, 3)),
        s((12, 3)),
        s((4, 3), low=-0.9, high=0.9),
        s((4, 3)),
        s((4, 12), low=0.1, high=0.9),
        [2, 2],
        False,
    ],
    "lstm.input": lambda s: [
        s((4, 2, 2)),
        [s((1, 2, 3)), s((1, 2, 3))],
        _weights(s, 4),
        True,
        1,
        0.0,
        False,
        False,
        False,
    ],
    "lstm.data": lambda s: [
        s((5, 2)),
        s.lib.tensor([2, 2, 1]),
        [s((1, 2, 3)), s((1, 2, 3))],
        _weights(s, 4),
        True,
        1,
        0.0,
        False,
        False,
    ],
    "lstm_cell": lambda s: [s((2, 2)), [s((2, 3)), s((2, 3))], *_weights(s, 4)],
    **{f"{name}.input": _padded(gates) for name, gates in GATES.items()},
    **{f"{name}.data": _packed(gates) for name, gates in GATES.items()},
    **{f"{name}_cell": _cell(gates) for name, gates in GATES.items()},
    "_pack_padded_sequence": lambda s: [s((4, 3, 2)), s.lib.tensor([4, 2, 1]), False],
    "_pad_packed_sequence": lambda s: [s((7, 2)), s.lib.tensor([3, 2, 1, 1]), True, 0.5, 5],
    "pad_sequence": lambda s: [[s((3, 2)), s((1, 2))], True, 0.5, "left"],
}

TYPES = dict.fromkeys(SAMPLES, "float32 bfloat16")
ROUNDS_ONCE = dict.fromkeys(
    ("lstm.input", "lstm.data", *(f"{n}.{form}" for n in GATES for form in ("input", "data"))),
    "PyTorch rounds the states and gates of each step",
)
NO_GRADIENT = {"_lstm_layer": "states and activations of the steps are results for its own gradient; see lstm"}
