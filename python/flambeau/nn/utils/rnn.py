"""Sequences of different lengths: packing, padding and their inverses.

A PackedSequence holds the elements of a batch of sequences by time step; the sequences stand in order of falling
length, so that step t consists of the first ``batch_sizes[t]`` sequences.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import flambeau
from flambeau._C import Tensor, aten

PackedSequence_ = namedtuple("PackedSequence_", ["data", "batch_sizes", "sorted_indices", "unsorted_indices"])
PackedSequence_.__annotations__ = {
    "data": Tensor,
    "batch_sizes": Tensor,
    "sorted_indices": Any,
    "unsorted_indices": Any,
}


class PackedSequence(PackedSequence_):
    """A batch of sequences without padding: what :func:`pack_padded_sequence` returns and RNNs take.

    ``data`` (sum of lengths, …), ``batch_sizes`` (longest length) on the CPU, ``sorted_indices`` and
    ``unsorted_indices`` (batch) the order by falling length and its inverse, or None when no sorting was needed.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Any = None,
        sorted_indices: Any = None,
        unsorted_indices: Any = None,
    ) -> Any:
        if batch_sizes is None and isinstance(data, tuple | list) and len(data) == 2:
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is not None:
            if batch_sizes.device.type != "cpu":
                raise ValueError(
                    f"batch_sizes should always be on CPU, but got device {batch_sizes.device}: PackedSequence objects "
                    "are made by pack_padded_sequence or pack_sequence"
                )
        elif not (isinstance(data, tuple | list) and len(data) == 2):
            raise AssertionError("PackedSequence: without batch_sizes, data is a pair (data, batch_sizes)")
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _moved(self, move: Any) -> PackedSequence:
        data = move(self.data)
        if data is self.data:
            return self
        device = data.device

        def placed(indices: Any) -> Any:
            return None if indices is None else indices.to(device)

        return type(self)(data, self.batch_sizes, placed(self.sorted_indices), placed(self.unsorted_indices))

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Moves or converts ``data`` as ``Tensor.to`` does; indices move along."""
        return self._moved(lambda data: data.to(*args, **kwargs))

    def pin_memory(self) -> PackedSequence:
        """All tensors but ``batch_sizes`` in pinned memory."""
        return self._moved(lambda data: data.pin_memory())

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Moves to a CUDA device."""
        return self._moved(lambda data: data.cuda(*args, **kwargs))

    def cpu(self) -> PackedSequence:
        """Moves to the CPU."""
        return self._moved(lambda data: data.cpu())

    def double(self) -> PackedSequence:
        """Data as float64."""
        return self.to(dtype=flambeau.double)

    def float(self) -> PackedSequence:
        """Data as float32."""
        return self.to(dtype=flambeau.float)

    def half(self) -> PackedSequence:
        """Data as float16."""
        return self.to(dtype=flambeau.half)

    def long(self) -> PackedSequence:
        """Data as int64."""
        return self.to(dtype=flambeau.long)

    def int(self) -> PackedSequence:
        """Data as int32."""
        return self.to(dtype=flambeau.int)

    def short(self) -> PackedSequence:
        """Data as int16."""
        return self.to(dtype=flambeau.short)

    def char(self) -> PackedSequence:
        """Data as int8."""
        return self.to(dtype=flambeau.int8)

    def byte(self) -> PackedSequence:
        """Data as uint8."""
        return self.to(dtype=flambeau.uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a CUDA device."""
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        """Whether the data is in pinned memory."""
        return self.data.is_pinned()


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes ``permutation``; None stays None."""
    if permutation is None:
        return None
    inverse = flambeau.empty_like(permutation, memory_format=flambeau.contiguous_format)
    inverse.scatter_(0, permutation, flambeau.arange(0, permutation.numel(), device=permutation.device))
    return inverse


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Packs padded sequences (T, B, …), or (B, T, …) with ``batch_first``, of the given lengths.

    With ``enforce_sorted`` the lengths must fall, otherwise RuntimeError; without, sequences are sorted here.
    """
    if not isinstance(lengths, Tensor):
        lengths = flambeau.as_tensor(lengths, dtype=flambeau.int64, device="cpu")
    else:
        lengths = lengths.to(dtype=flambeau.int64)
    sorted_indices = None
    if not enforce_sorted:
        lengths, sorted_indices = flambeau.sort(lengths, descending=True)
        sorted_indices = sorted_indices.to(input.device)
        input = input.index_select(0 if batch_first else 1, sorted_indices)
    data, batch_sizes = aten._pack_padded_sequence(input, lengths, batch_first)
    return PackedSequence(data, batch_sizes, sorted_indices, None)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Padded sequences (T, B, …) and their lengths (B); ``total_length`` pads to more than the longest one.

    Raises ValueError when ``total_length`` is shorter than that.
    """
    longest = sequence.batch_sizes.size(0)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {longest}"
            )
        longest = total_length
    padded, lengths = aten._pad_packed_sequence(
        sequence.data, sequence.batch_sizes, batch_first, padding_value, longest
    )
    order = sequence.unsorted_indices
    if order is not None:
        return padded.index_select(0 if batch_first else 1, order), lengths[order.cpu()]
    return padded, lengths


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Stacks sequences (L, …) of different lengths: (T, B, …), or (B, T, …) with ``batch_first``."""
    if isinstance(sequences, Tensor):
        sequences = sequences.unbind(0)
    elif not hasattr(sequences, "__iter__"):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    return aten.pad_sequence(tuple(sequences), batch_first, padding_value, padding_side)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The inverse of :func:`pad_sequence`: a list of sequences of the given lengths."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [row[: int(length)] for row, length in zip(padded_sequences, lengths, strict=False)]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Packs a list of sequences (L, …)."""
    lengths = flambeau.as_tensor([sequence.size(0) for sequence in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The inverse of :func:`pack_sequence`."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
