"""AdaptiveLogSoftmaxWithLoss: an approximate softmax over many classes of unequal frequency (Grave et al. 2017)."""

from __future__ import annotations

import itertools
from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import flambeau
from flambeau._C import Tensor

from .. import functional
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    """Classes are sorted by falling frequency and cut at ``cutoffs``: those before the first cutoff are scored by the
    head, the others by clusters, each with a narrower projection (by ``div_value`` a cluster).

    Raises ValueError unless cutoffs are increasing positive integers below ``n_classes``.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        kind: Any = {"device": device, "dtype": dtype}
        super().__init__()
        bounds = list(cutoffs)
        if not bounds:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if (
            bounds != sorted(bounds)
            or min(bounds) <= 0
            or max(bounds) > n_classes - 1
            or len(set(bounds)) != len(bounds)
            or any(int(bound) != bound for bound in bounds)
        ):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                f"value is between 1 and n_classes-1, got {bounds} for {n_classes} classes"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*bounds, n_classes]
        self.n_clusters = len(bounds)
        self.shortlist_size = bounds[0]
        self.head_size = bounds[0] + len(bounds)
        self.head_bias = head_bias
        self.div_value = div_value
        self.head = Linear(in_features, self.head_size, bias=head_bias, **kind)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            width = int(in_features // (div_value ** (i + 1)))
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, **kind), Linear(width, high - low, bias=False, **kind)
                )
            )

    def reset_parameters(self) -> None:
        """Draws head and clusters anew."""
        self.head.reset_parameters()
        for projection, output in self.tail:
            projection.reset_parameters()
            output.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> Any:
        """``input`` (N, in_features) or (in_features), ``target`` (N) or (): the log probability of each target, and
        the mean loss, as a named tuple (output, loss)."""
        target_dim = target_.dim()
        if target_dim == 1:
            if input_.size(0) != target_.size(0):
                raise RuntimeError(f"batch sizes differ: input {input_.size(0)}, target {target_.size(0)}")
            if input_.dim() != 2:
                raise RuntimeError(f"a 1D target goes with a 2D input, got one of size {tuple(input_.size())}")
        elif target_dim == 0:
            if input_.dim() != 1:
                raise RuntimeError(f"a 0D target goes with a 1D input, got one of size {tuple(input_.size())}")
        else:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        batched = target_dim > 0
        input = input_ if batched else input_.unsqueeze(0)
        target = target_ if batched else target_.unsqueeze(0)

        used = 0
        output = input.new_zeros(target.size(0))
        head_index = target.new_empty(target.size(0))
        bounds = [0, *self.cutoffs]
        for i, (low, high) in enumerate(itertools.pairwise(bounds)):
            rows = ((target >= low) & (target < high)).nonzero().squeeze()
            if rows.numel() == 0:
                continue
            if i == 0:
                head_index.index_copy_(0, rows, target[(target >= low) & (target < high)])
            else:
                relative = target[(target >= low) & (target < high)] - low
                scores = self.tail[i - 1](input.index_select(0, rows))
                head_index.index_fill_(0, rows, self.shortlist_size + i - 1)
                local = functional.log_softmax(scores, dim=1).gather(1, relative.unsqueeze(1))
                output.index_copy_(0, rows, local.squeeze(1))
            used += rows.numel()
        if used != target.size(0):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. "
            )
        head_output = self.head(input)
        output = output + functional.log_softmax(head_output, dim=1).gather(1, head_index.unsqueeze(1)).squeeze()
        loss = (-output).mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    def _get_full_log_prob(self, input: Tensor, head_output: Tensor) -> Tensor:
        head = functional.log_softmax(head_output, dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i in range(self.n_clusters):
            # a class's probability is its cluster's times its own within the cluster
            within = functional.log_softmax(self.tail[i](input), dim=1)
            parts.append(within + head[:, self.shortlist_size + i].unsqueeze(1))
        return flambeau.cat(parts, dim=1)

    def log_prob(self, input: Tensor) -> Tensor:
        """(N, in_features) to the log probabilities of all classes (N, n_classes)."""
        return self._get_full_log_prob(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """The most likely class of each row; clusters are computed only where one may win."""
        head_output = self.head(input)
        output = head_output.argmax(dim=1)
        in_cluster = output >= self.shortlist_size
        if not bool(in_cluster.any()):
            return output
        if bool(in_cluster.all()):
            return self._get_full_log_prob(input, head_output).argmax(dim=1)
        best = self._get_full_log_prob(input[in_cluster], head_output[in_cluster]).argmax(dim=1)
        output[in_cluster] = best
        return output
