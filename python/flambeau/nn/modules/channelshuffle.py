"""ChannelShuffle: interleaves groups of channels."""

from __future__ import annotations

from flambeau._C import Tensor

from .. import functional
from .module import Module


class ChannelShuffle(Module):
    """Interleaves ``groups`` groups of the channels of (N, C, …) (Zhang et al. 2018)."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return functional.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
