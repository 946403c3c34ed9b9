"""`BlockMask`: which blocks of the score matrix attention has to look at, and a function that says the rest.

For each row of blocks there are a count and an order of columns whose first `count` are the blocks meant; "full" blocks
need no look at the function inside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau

DEFAULT_BLOCK_SIZE = 128
_TENSORS = (
    "kv_num_blocks", "kv_indices", "full_kv_num_blocks", "full_kv_indices",
    "q_num_blocks", "q_indices", "full_q_num_blocks", "full_q_indices",
)  # fmt: skip


def noop_mask(batch: Any, head: Any, token_q: Any, token_kv: Any) -> Any:
    """A mask function that lets everything through."""
    return batch.new_ones(size=(), dtype=flambeau.bool, device=batch.device)


def ordered(dense: Any) -> tuple[Any, Any]:
    """Counts (…, rows) and orders (…, rows, columns) of the blocks that are not 0, those first."""
    dense = dense.to(flambeau.int32)
    counts = dense.sum(-1)
    order = flambeau.argsort(dense, dim=-1, descending=True, stable=True)
    return counts.to(flambeau.int32).contiguous(), order.to(flambeau.int32).contiguous()


def dense_of(counts: Any, order: Any) -> Any:
    """The other way: blocks as 0 and 1 in int32, of shape (…, rows, columns)."""
    columns = order.shape[-1]
    meant = flambeau.arange(columns, device=order.device) < counts.unsqueeze(-1)
    dense = flambeau.zeros(order.shape, dtype=flambeau.int32, device=order.device)
    return dense.scatter(-1, order.long(), meant.to(flambeau.int32))


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])


class BlockMask:
    """A sparse mask of attention, by blocks of queries × keys.

    Made by `create_block_mask` or `from_kv_blocks`. ``mask_mod(b, h, q_idx, kv_idx)`` says of single scores, inside the
    blocks listed as partial, whether they count; blocks that are not listed don't.

    Args:
        seq_lengths: numbers of queries and keys.
        kv_num_blocks, kv_indices: (B, H, rows) and (B, H, rows, columns): partial blocks of each row of queries.
        full_kv_num_blocks, full_kv_indices: the same for full blocks, or None.
        q_num_blocks, …: the same by columns; only gradients on GPUs would want them.
        BLOCK_SIZE: queries and keys of a block.
        mask_mod: see above.
    """

    def __init__(
        self,
        seq_lengths: tuple[int, int],
        kv_num_blocks: Any,
        kv_indices: Any,
        full_kv_num_blocks: Any = None,
        full_kv_indices: Any = None,
        q_num_blocks: Any = None,
        q_indices: Any = None,
        full_q_num_blocks: Any = None,
        full_q_indices: Any = None,
        BLOCK_SIZE: tuple[int, int] = (DEFAULT_BLOCK_SIZE, DEFAULT_BLOCK_SIZE),
        mask_mod: Callable[..., Any] = noop_mask,
        **write_order: Any,
    ) -> None:
        if kv_indices.dim() < 2:
            raise RuntimeError(f"BlockMask: kv_indices has shape {tuple(kv_indices.shape)}, (…, rows, columns) wanted")
        if (full_kv_num_blocks is None) != (full_kv_indices is None):
            raise AssertionError("BlockMask: full_kv_num_blocks and full_kv_indices are given both or neither")
        self.seq_lengths = seq_lengths
        by_row = (kv_num_blocks, kv_indices, full_kv_num_blocks, full_kv_indices)
        given = (*by_row, q_num_blocks, q_indices, full_q_num_blocks, full_q_indices)
        for name, value in zip(_TENSORS, given, strict=True):
            setattr(self, name, value)
        self.BLOCK_SIZE, self.mask_mod = BLOCK_SIZE, mask_mod

    kv_num_blocks: Any
    kv_indices: Any
    full_kv_num_blocks: Any
    full_kv_indices: Any

    @classmethod
    def from_kv_blocks(
        cls,
        kv_num_blocks: Any,
        kv_indices: Any,
        full_kv_num_blocks: Any = None,
        full_kv_indices: Any = None,
        BLOCK_SIZE: int | tuple[int, int] = DEFAULT_BLOCK_SIZE,
        mask_mod: Callable[..., Any] | None = None,
        seq_lengths: tuple[int, int] | None = None,
        compute_q_blocks: bool = True,
        **write_order: Any,
    ) -> BlockMask:
        """From the blocks of each row; the columns' are computed, unless `compute_q_blocks` is False."""
        by_column: list[Any] = [None] * 4
        if kv_indices.dim() < 2:
            raise RuntimeError(f"BlockMask: kv_indices has shape {tuple(kv_indices.shape)}, (…, rows, columns) wanted")
        if (full_kv_num_blocks is None) != (full_kv_indices is None):
            raise AssertionError("BlockMask: full_kv_num_blocks and full_kv_indices are given both or neither")
        if compute_q_blocks:
            by_column[:2] = ordered(dense_of(kv_num_blocks, kv_indices).mT)
            if full_kv_indices is not None:
                by_column[2:] = ordered(dense_of(full_kv_num_blocks, full_kv_indices).mT)
        size = _pair(BLOCK_SIZE)
        if seq_lengths is None:
            seq_lengths = (kv_indices.shape[-2] * size[0], kv_indices.shape[-1] * size[1])
        tensors = (kv_num_blocks, kv_indices, full_kv_num_blocks, full_kv_indices, *by_column)
        return cls(
            seq_lengths, **dict(zip(_TENSORS, tensors, strict=True)), BLOCK_SIZE=size, mask_mod=mask_mod or noop_mask
        )

    def as_tuple(self, flatten: bool = True) -> tuple[Any, ...]:
        """Lengths, the eight tensors, three places that only GPUs fill, block sizes and the function."""
        lengths = self.seq_lengths if flatten else (self.seq_lengths,)
        sizes = self.BLOCK_SIZE if flatten else (self.BLOCK_SIZE,)
        return (*lengths, *(getattr(self, name) for name in _TENSORS), None, None, None, *sizes, self.mask_mod)

    @property
    def shape(self) -> tuple[int, ...]:
        """Batch, heads, queries, keys."""
        return (*self.kv_indices.shape[:-2], *self.seq_lengths)

    def numel(self) -> int:
        """How many scores there are."""
        return flambeau.Size(self.shape).numel()

    def sparsity(self) -> float:
        """Percent of the scores that need not be computed."""
        blocks = int(self.kv_num_blocks.sum())
        if self.full_kv_num_blocks is not None:
            blocks += int(self.full_kv_num_blocks.sum())
        return 100 * (1 - blocks * self.BLOCK_SIZE[0] * self.BLOCK_SIZE[1] / self.numel())

    def to_dense(self) -> Any:
        """The blocks as 0 and 1, of shape (B, H, rows, columns)."""
        dense = dense_of(self.kv_num_blocks, self.kv_indices)
        if self.full_kv_num_blocks is not None:
            dense = dense | dense_of(self.full_kv_num_blocks, self.full_kv_indices)
        return dense

    def scores_meant(self, batch: Any, head: Any, token_q: Any, token_kv: Any) -> Any:
        """The mask of the single scores whose numbers are given, as truth values, broadcast over the numbers."""
        rows, columns = token_q // self.BLOCK_SIZE[0], token_kv // self.BLOCK_SIZE[1]
        one = self.kv_indices.new_zeros(())
        batch_of = batch if self.kv_indices.dim() > 3 and self.kv_indices.shape[0] > 1 else one
        head_of = head if self.kv_indices.dim() > 2 and self.kv_indices.shape[-3] > 1 else one
        place = (batch_of, head_of, rows, columns)[4 - self.kv_indices.dim() :]
        meant = self.mask_mod(batch, head, token_q, token_kv)
        meant = meant & dense_of(self.kv_num_blocks, self.kv_indices).bool()[place]
        if self.full_kv_num_blocks is not None:
            meant = meant | dense_of(self.full_kv_num_blocks, self.full_kv_indices).bool()[place]
        return meant

    def __getitem__(self, index: Any) -> BlockMask:
        """Part of the batch, the heads or the rows of blocks. The function is only known for the whole."""
        index = index if isinstance(index, tuple) else (index,)
        index = tuple(slice(i, i + 1 or None) if isinstance(i, int) else i for i in index)
        rows = {name: None if (t := getattr(self, name)) is None else t[index] for name in _TENSORS[:4]}

        def unknown(batch: Any, head: Any, token_q: Any, token_kv: Any) -> Any:
            raise RuntimeError(
                "BlockMask: a part of a mask doesn't know what mask_mod says of it; set mask_mod of the part"
            )

        part = BlockMask.from_kv_blocks(**rows, BLOCK_SIZE=self.BLOCK_SIZE, mask_mod=unknown, compute_q_blocks=False)
        part.seq_lengths = self.seq_lengths
        return part

    def _adjust(self, new_q_len: int, new_kv_len: int) -> BlockMask:
        """The mask for fewer or more queries and keys; blocks that are added are empty."""
        rows, columns = (-(-new // size) for new, size in zip((new_q_len, new_kv_len), self.BLOCK_SIZE, strict=True))

        def resized(counts: Any, order: Any) -> tuple[Any, Any]:
            if counts is None:
                return None, None
            dense = dense_of(counts, order)[..., :rows, :columns]
            more = (0, columns - dense.shape[-1], 0, rows - dense.shape[-2])
            return ordered(flambeau.nn.functional.pad(dense, more))

        parts = (
            *resized(self.kv_num_blocks, self.kv_indices),
            *resized(self.full_kv_num_blocks, self.full_kv_indices),
        )
        return BlockMask.from_kv_blocks(
            *parts, BLOCK_SIZE=self.BLOCK_SIZE, mask_mod=self.mask_mod, seq_lengths=(new_q_len, new_kv_len)
        )

    def to(self, device: Any) -> BlockMask:
        """The mask with its tensors on a device."""
        moved: dict[str, Any] = {
            name: None if (t := getattr(self, name)) is None else t.to(device) for name in _TENSORS
        }
        return BlockMask(self.seq_lengths, **moved, BLOCK_SIZE=self.BLOCK_SIZE, mask_mod=self.mask_mod)

    def to_string(self, grid_size: int | tuple[int, int] = (20, 20), limit: int = 4) -> str:
        """A picture of the blocks of each head: a cell is the darker, the more of its blocks count.

        Args:
            grid_size: most rows and columns of cells; -1 for one cell a block.
            limit: most heads that are drawn.
        """
        dense = self.to_dense()
        heads = dense.reshape(-1, *dense.shape[-2:])
        most = (grid_size, grid_size) if isinstance(grid_size, int) else grid_size
        pictures = []
        for number, blocks in enumerate(heads[:limit]):
            step = [max(1, -(-n // m)) if m > 0 else 1 for n, m in zip(blocks.shape, most, strict=True)]
            rows = []
            for i in range(0, blocks.shape[0], step[0]):
                cells = [
                    float(blocks[i : i + step[0], j : j + step[1]].float().mean())
                    for j in range(0, blocks.shape[1], step[1])
                ]
                rows.append("".join(" ░▒▓█"[min(4, int(-(-share * 4 // 1)))] * 2 for share in cells))
            place: list[int] = []
            rest = number
            for size in reversed(dense.shape[:-2]):
                place.insert(0, rest % size)
                rest //= size
            pictures.append("\n".join([str(tuple(place)), *rows]))
        if len(heads) > limit:
            pictures.append(f"… and {len(heads) - limit} more")
        return "\n\n".join(pictures) + "\n"

    def __str__(self) -> str:
        return f"BlockMask(shape={self.shape}, sparsity={self.sparsity():.2f}%, \n{self.to_string()})"

    def __repr__(self) -> str:
        function = getattr(self.mask_mod, "__name__", repr(self.mask_mod))
        lines = [f"{name}={None if (t := getattr(self, name)) is None else t.shape}" for name in _TENSORS]
        lines += [f"BLOCK_SIZE={self.BLOCK_SIZE}", f"shape={self.shape}", f"sparsity={self.sparsity():.2f}%"]
        return "BlockMask(\n    " + ",\n    ".join([*lines, f"mask_mod={function}"]) + "\n)"
