"""Recurrent networks: RNN, LSTM, GRU over whole sequences (plain or packed), and their cells."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

import flambeau
from flambeau._C import Tensor, aten

from .. import init
from ..parameter import Parameter
from ..utils.rnn import PackedSequence
from .module import Module

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _permuted(tensor: Tensor, permutation: Tensor | None) -> Tensor:
    """States in another order of the batch (dimension 1)."""
    return tensor if permutation is None else tensor.index_select(1, permutation)


class RNNBase(Module):
    """Parameters and checks common to the recurrent networks.

    For layer k and, with suffix ``_reverse``, the second direction: ``weight_ih_l{k}`` (gates·hidden, input),
    ``weight_hh_l{k}`` (gates·hidden, hidden or proj), ``bias_ih_l{k}``, ``bias_hh_l{k}`` (gates·hidden), and
    ``weight_hr_l{k}`` (proj, hidden) with a projection. All start uniform in ±1/√hidden_size.
    """

    mode: str

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if isinstance(dropout, bool) or not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout is applied after every layer but the last, so non-zero dropout expects num_layers greater "
                f"than 1, but got dropout={dropout} and num_layers={num_layers}",
                stacklevel=2,
            )
        if not isinstance(hidden_size, int):
            raise TypeError(f"hidden_size is an int, got {hidden_size!r}")
        if hidden_size <= 0 or num_layers <= 0:
            raise ValueError(f"hidden_size ({hidden_size}) and num_layers ({num_layers}) must be greater than zero")
        if not 0 <= proj_size < hidden_size:
            raise ValueError(f"proj_size is from 1 to hidden_size - 1, or 0 for no projection; got {proj_size}")
        if mode not in _GATES:
            raise ValueError(f"mode is one of {', '.join(_GATES)}, got {mode!r}")
        self.batch_first = batch_first
        self.hidden_size = hidden_size
        self.input_size = input_size
        self.num_layers = num_layers
        self.bias = bias
        self.mode = mode
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        directions = 2 if bidirectional else 1
        state_size = proj_size or hidden_size
        rows = _GATES[mode] * hidden_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[:directions]:
                width = input_size if layer == 0 else state_size * directions
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, state_size)}
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if proj_size > 0:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                names = []
                for kind, shape in shapes.items():
                    name = f"{kind}_l{layer}{suffix}"
                    self.register_parameter(name, Parameter(flambeau.empty(shape, device=device, dtype=dtype)))
                    names.append(name)
                self._all_weights.append(names)
        self._flat_weights_names = [name for names in self._all_weights for name in names]
        self.reset_parameters()

    @property
    def _flat_weights(self) -> list[Any]:
        # Looked up anew at each call, so that parametrized and replaced weights take part.
        return [getattr(self, name) for name in self._flat_weights_names]

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = {k: v for k, v in state.items() if k not in ("_flat_weights", "_flat_weight_refs")}
        super().__setstate__(state)
        self.__dict__.setdefault("proj_size", 0)
        if "_flat_weights_names" not in self.__dict__:
            self._flat_weights_names = [name for names in self._all_weights for name in names]

    def flatten_parameters(self) -> None:
        """Does nothing: weights need not lie in one block of memory."""

    def reset_parameters(self) -> None:
        """Draws all parameters anew, uniform in ±1/√hidden_size."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """RuntimeError for a wrong number of dimensions or features, ValueError for another dtype."""
        weight = getattr(self, self._flat_weights_names[0])
        if input.dtype != weight.dtype and not flambeau.is_autocast_enabled():
            raise ValueError(f"input must have the type {weight.dtype}, got type {input.dtype}")
        wanted = 3 if batch_sizes is None else 2
        if input.dim() != wanted:
            raise RuntimeError(f"input must have {wanted} dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"{type(self).__name__}: input has {input.size(-1)} features in its last dimension, input_size is "
                f"{self.input_size}"
            )

    def _state_shape(self, input: Tensor, batch_sizes: Tensor | None, width: int) -> tuple[int, int, int]:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.size(0) if self.batch_first else input.size(1)
        return self.num_layers * (2 if self.bidirectional else 1), batch, width

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """(layers · directions, batch, hidden or proj)."""
        return self._state_shape(input, batch_sizes, self.proj_size or self.hidden_size)

    def check_hidden_size(
        self, hx: Tensor, expected_hidden_size: tuple[int, int, int], msg: str = "Expected hidden size {}, got {}"
    ) -> None:
        """RuntimeError for a state of another shape."""
        if tuple(hx.size()) != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """The checks of input and state before a forward pass."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The state in another order of the batch."""
        return _permuted(hx, permutation)

    def _initial_state(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        shape = self.get_expected_hidden_size(input, batch_sizes)
        return flambeau.zeros(shape, dtype=input.dtype, device=input.device)

    def _operator(self) -> Any:
        if self.mode == "GRU":
            return aten.gru
        return aten.rnn_tanh if self.mode == "RNN_TANH" else aten.rnn_relu

    def _call_operator(self, input: Tensor, batch_sizes: Tensor | None, hx: Any) -> tuple[Tensor, Any]:
        """Runs the network's operator; returns the output and the state."""
        settings = (
            self._flat_weights, self.bias, self.num_layers, self.dropout, self.training, self.bidirectional,
        )  # fmt: skip
        if batch_sizes is None:
            return self._operator()(input, hx, *settings, self.batch_first)
        return self._operator()(input, batch_sizes, hx, *settings)

    def _unbatched_state(self, hx: Any) -> Any:
        """Checks a state given with a 2-D input and gives it a batch dimension."""
        if hx.dim() != 2:
            raise RuntimeError(f"{type(self).__name__}: the state of a 2-D (unbatched) input is 2-D, got {hx.dim()}-D")
        return hx.unsqueeze(1)

    def _check_batched_state(self, hx: Any) -> None:
        if hx.dim() != 3:
            raise RuntimeError(f"{type(self).__name__}: the state of a 3-D (batched) input is 3-D, got {hx.dim()}-D")

    def _squeezed_state(self, hx: Any) -> Any:
        return hx.squeeze(1)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """``input`` (L, N, input), (N, L, input) with ``batch_first``, (L, input) or a PackedSequence; ``hx`` the first
        state, zeros when left out. Returns the outputs (…, directions · hidden) and the last state."""
        if isinstance(input, PackedSequence):
            data, batch_sizes, sorted_indices, unsorted_indices = input
            if hx is None:
                hx = self._initial_state(data, batch_sizes)
            else:
                hx = self.permute_hidden(hx, sorted_indices)
            self.check_forward_args(data, hx, batch_sizes)
            output, hidden = self._call_operator(data, batch_sizes, hx)
            packed = PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices)
            return packed, self.permute_hidden(hidden, unsorted_indices)
        if input.dim() not in (2, 3):
            raise ValueError(f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        batched = input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if not batched:
            input = input.unsqueeze(batch_dim)
            hx = None if hx is None else self._unbatched_state(hx)
        elif hx is not None:
            self._check_batched_state(hx)
        if hx is None:
            hx = self._initial_state(input, None)
        self.check_forward_args(input, hx, None)
        output, hidden = self._call_operator(input, None, hx)
        if not batched:
            return output.squeeze(batch_dim), self._squeezed_state(hidden)
        return output, hidden

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.proj_size != 0:
            parts.append(f"proj_size={self.proj_size}")
        if self.num_layers != 1:
            parts.append(f"num_layers={self.num_layers}")
        if self.bias is not True:
            parts.append(f"bias={self.bias}")
        if self.batch_first is not False:
            parts.append(f"batch_first={self.batch_first}")
        if self.dropout != 0:
            parts.append(f"dropout={self.dropout}")
        if self.bidirectional is not False:
            parts.append(f"bidirectional={self.bidirectional}")
        return ", ".join(parts)


def _no_projection(kwargs: dict[str, Any]) -> None:
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or with relu (``nonlinearity``).

    Arguments: input_size, hidden_size, num_layers, nonlinearity, bias, batch_first, dropout, bidirectional.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        if len(args) > 3:
            nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__("RNN_TANH" if nonlinearity == "tanh" else "RNN_RELU", *args, **kwargs)
        self.nonlinearity = nonlinearity


class GRU(RNNBase):
    """Gated recurrent units (Cho et al. 2014).

    Arguments: input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter and Schmidhuber 1997), with a projection when ``proj_size`` > 0.

    Arguments: input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size.
    The state is a pair (h, c).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """(layers · directions, batch, hidden)."""
        return self._state_shape(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        self.check_input(input, batch_sizes)
        expected = (self.get_expected_hidden_size(input, batch_sizes), self.get_expected_cell_size(input, batch_sizes))
        for place in (0, 1):
            self.check_hidden_size(hidden[place], expected[place], f"Expected hidden[{place}] size {{}}, got {{}}")

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        return _permuted(hx[0], permutation), _permuted(hx[1], permutation)

    def _initial_state(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        kind: Any = {"dtype": input.dtype, "device": input.device}
        return (
            flambeau.zeros(self.get_expected_hidden_size(input, batch_sizes), **kind),
            flambeau.zeros(self.get_expected_cell_size(input, batch_sizes), **kind),
        )

    def _operator(self) -> Any:
        return aten.lstm

    def _call_operator(self, input: Tensor, batch_sizes: Tensor | None, hx: Any) -> tuple[Tensor, Any]:
        output, hidden, cell = super()._call_operator(input, batch_sizes, list(hx))  # type: ignore[misc]
        return output, (hidden, cell)

    def _unbatched_state(self, hx: Any) -> Any:
        if hx[0].dim() != 2 or hx[1].dim() != 2:
            raise RuntimeError(
                f"For unbatched 2-D input, hx and cx should also be 2-D but got ({hx[0].dim()}-D, {hx[1].dim()}-D) "
                "tensors"
            )
        return hx[0].unsqueeze(1), hx[1].unsqueeze(1)

    def _check_batched_state(self, hx: Any) -> None:
        if hx[0].dim() != 3 or hx[1].dim() != 3:
            raise RuntimeError(
                f"For batched 3-D input, hx and cx should also be 3-D but got ({hx[0].dim()}-D, {hx[1].dim()}-D) "
                "tensors"
            )

    def _squeezed_state(self, hx: Any) -> Any:
        return hx[0].squeeze(1), hx[1].squeeze(1)


class RNNCellBase(Module):
    """Parameters of one step: ``weight_ih``, ``weight_hh``, ``bias_ih``, ``bias_hh``, uniform in ±1/√hidden_size."""

    weight_ih: Any
    weight_hh: Any
    bias_ih: Any
    bias_hh: Any

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.input_size = input_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(flambeau.empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(flambeau.empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            if bias:
                setattr(self, name, Parameter(flambeau.empty(rows, device=device, dtype=dtype)))
            else:
                self.register_parameter(name, None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all parameters anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _check_dims(self, input: Tensor, states: Any) -> bool:
        """Whether the input is batched. ValueError for wrong numbers of dimensions."""
        name = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for place, state in enumerate(states):
            if state.dim() not in (1, 2):
                what = f"hx[{place}]" if len(states) > 1 else "hidden"
                raise ValueError(f"{name}: Expected {what} to be 1D or 2D, got {state.dim()}D instead")
        return input.dim() == 2

    def _step(self, operator: Any, input: Tensor, state: Any) -> Any:
        return operator(input, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def _single_state_step(self, operator: Any, input: Tensor, hx: Tensor | None) -> Tensor:
        batched = self._check_dims(input, () if hx is None else (hx,))
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            hx = flambeau.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
        elif not batched:
            hx = hx.unsqueeze(0)
        result = self._step(operator, input, hx)
        return result if batched else result.squeeze(0)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    """One step of :class:`RNN`: (N, input), (N, hidden) to (N, hidden), or without N."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        operator = aten.rnn_tanh_cell if self.nonlinearity == "tanh" else aten.rnn_relu_cell
        return self._single_state_step(operator, input, hx)


class GRUCell(RNNCellBase):
    """One step of :class:`GRU`: (N, input), (N, hidden) to (N, hidden), or without N."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._single_state_step(aten.gru_cell, input, hx)


class LSTMCell(RNNCellBase):
    """One step of :class:`LSTM`: (N, input) and a pair of (N, hidden) to the next pair, or without N."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:
        batched = self._check_dims(input, () if hx is None else hx)
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            zeros = flambeau.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
            hx = (zeros, zeros)
        elif not batched:
            hx = (hx[0].unsqueeze(0), hx[1].unsqueeze(0))
        hidden, cell = self._step(aten.lstm_cell, input, list(hx))
        return (hidden, cell) if batched else (hidden.squeeze(0), cell.squeeze(0))
