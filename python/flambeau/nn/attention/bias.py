"""Causal masks by name: a bias that says where its triangle is aligned and becomes a mask when it is used."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Any

import flambeau

__all__ = ["CausalBias", "CausalVariant", "causal_lower_right", "causal_upper_left"]


class CausalVariant(IntEnum):
    """Which corner the triangle of a causal mask starts from, where queries and keys are not equally many."""

    UPPER_LEFT = auto()
    LOWER_RIGHT = auto()


class CausalBias(flambeau.Tensor):
    """A causal mask for ``attn_mask`` of `scaled_dot_product_attention`; its numbers are made when it is used.

    Args:
        variant: the corner in which the mask is aligned.
        seq_len_q, seq_len_kv: numbers of queries and of keys.
    """

    def __new__(cls, variant: CausalVariant, seq_len_q: int, seq_len_kv: int) -> CausalBias:
        return flambeau.empty(0).as_subclass(cls)

    def __init__(self, variant: CausalVariant, seq_len_q: int, seq_len_kv: int) -> None:
        if not isinstance(variant, CausalVariant):
            raise AssertionError(f"CausalBias: the variant is {variant!r}, one of CausalVariant is wanted")
        self.variant, self.seq_len_q, self.seq_len_kv = variant, seq_len_q, seq_len_kv

    @property
    def shape(self) -> Any:  # type: ignore[override]
        """Queries × keys."""
        return flambeau.Size((self.seq_len_q, self.seq_len_kv))

    def size(self, dim: int | None = None) -> Any:
        """The shape, or one of its numbers."""
        return self.shape if dim is None else self.shape[dim]

    def _materialize(self, device: Any = None) -> Any:
        """The mask as a tensor of truth values: true where a query sees a key."""
        offset = self.seq_len_kv - self.seq_len_q if self.variant == CausalVariant.LOWER_RIGHT else 0
        ones = flambeau.ones(self.seq_len_q, self.seq_len_kv, dtype=flambeau.bool, device=device)
        return ones.tril(offset)

    def __repr__(self, **options: Any) -> str:
        return repr(self._materialize())

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is not flambeau.nn.functional.scaled_dot_product_attention:
            return super().__torch_function__(func, types, args, kwargs)
        names = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")
        kwargs.update(zip(names, args, strict=False))
        bias = kwargs["attn_mask"]
        if kwargs.get("is_causal"):
            raise ValueError("scaled_dot_product_attention: attn_mask is a CausalBias, so is_causal must be False")
        square = bias.seq_len_q == bias.seq_len_kv
        if square or bias.variant == CausalVariant.UPPER_LEFT:
            kwargs.update(attn_mask=None, is_causal=True)
        else:
            kwargs["attn_mask"] = bias._materialize(kwargs["query"].device)
        return func(**kwargs)


def _sizes(name: str, size: tuple[int, ...]) -> tuple[int, int]:
    if len(size) != 2:
        raise AssertionError(f"{name}: sizes {size}, the numbers of queries and of keys are wanted")
    return size[0], size[1]


def causal_upper_left(*size: int) -> CausalBias:
    """A causal mask of queries × keys aligned at the first query and the first key."""
    return CausalBias(CausalVariant.UPPER_LEFT, *_sizes("causal_upper_left", size))


def causal_lower_right(*size: int) -> CausalBias:
    """A causal mask of queries × keys aligned at the last query and the last key, as when decoding with a cache."""
    return CausalBias(CausalVariant.LOWER_RIGHT, *_sizes("causal_lower_right", size))
