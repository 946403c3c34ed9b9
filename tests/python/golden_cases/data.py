"""Samplers, datasets and loaders of `utils.data`: the order and form of what they give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

EXPRESSIONS = """
list(D.SequentialSampler(range(5))), list(D.RandomSampler(range(9))), list(D.RandomSampler(range(5), replacement=True, num_samples=11)), list(D.RandomSampler(range(4), num_samples=9))
list(D.RandomSampler(range(9), generator=torch.Generator().manual_seed(2))), list(D.SubsetRandomSampler([3, 1, 4, 1, 5, 9]))
list(D.WeightedRandomSampler([0.1, 0.4, 0.0, 2.0], 9)), list(D.WeightedRandomSampler([0.1, 0.4, 1.0, 2.0], 3, replacement=False)), len(D.WeightedRandomSampler([1, 2], 7))
list(D.BatchSampler(D.SequentialSampler(range(8)), 3, False)), list(D.BatchSampler(D.SequentialSampler(range(8)), 3, True)), len(D.BatchSampler(range(8), 3, False)), len(D.BatchSampler(range(8), 3, True))
[list(D.DistributedSampler(range(10), 3, r, shuffle=False)) for r in range(3)], [list(D.DistributedSampler(range(10), 3, r, drop_last=True, shuffle=False)) for r in range(3)]
[list(D.DistributedSampler(range(10), 3, r, seed=4)) for r in range(3)], len(D.DistributedSampler(range(10), 3, 0)), epoch(D.DistributedSampler(range(10), 2, 1)), list(D.DistributedSampler(range(2), 5, 4))
[list(s) for s in D.random_split(range(10), [3, 7])], [list(s) for s in D.random_split(range(11), [0.3, 0.3, 0.4])], [list(s) for s in D.random_split(range(6), [2, 4], torch.Generator().manual_seed(3))]
[D.ConcatDataset([t(3), t(2), t(4)])[k] for k in (0, 2, 3, 4, 8, -1, -5)], len(D.ConcatDataset([t(3), t(2)])), D.ConcatDataset([t(3), t(2)]).cumulative_sizes, [D.Subset(t(6), [4, 0, 2])[k] for k in range(3)]
D.StackDataset(t(3), range(3))[1], D.StackDataset(a=t(3), b=range(3))[2], len(D.StackDataset(t(3), range(3))), D.TensorDataset(torch.arange(6).view(3, 2), torch.arange(3))[1:], list(D.ChainDataset([stream(2), stream(3)]))
[b for b in D.DataLoader(t(7), 3)], [b for b in D.DataLoader(t(7), 3, drop_last=True)], len(D.DataLoader(t(7), 3)), len(D.DataLoader(t(7), 3, drop_last=True)), len(D.DataLoader(t(7), batch_size=None))
[b for b in D.DataLoader(t(7), 3, shuffle=True)], [b for b in D.DataLoader(t(7), 3, shuffle=True, generator=torch.Generator().manual_seed(6))], [b for b in D.DataLoader(t(5), 2, sampler=[4, 2, 0])], [b for b in D.DataLoader(t(5), batch_sampler=[[1, 2], [0]])]
[b for b in D.DataLoader(stream(5), 2)], [b for b in D.DataLoader(stream(5), 2, drop_last=True)], [b for b in D.DataLoader(stream(3), None)], [b for b in D.DataLoader(t(5), 2, collate_fn=lambda b: len(b))], [b for b in D.DataLoader(t(3), batch_size=None)]
[sorted(b.tolist()) for b in D.DataLoader(list(range(7)), 3, num_workers=2)], [b for b in D.DataLoader(sharded(7), 2, num_workers=2)], [b for b in D.DataLoader(list(range(7)), 3, num_workers=1, shuffle=True, prefetch_factor=1)]
seeded_by_worker(), torch.rand(2)
D.default_collate([1, 2, 3]), D.default_collate([1.5, 2.0]), D.default_collate([{'a': 1, 'b': (2.0, 'x')}, {'a': 3, 'b': (4.0, 'y')}]), D.default_collate([torch.ones(2), torch.zeros(2)]), D.default_collate([True, False]), D.default_collate(['a', 'b'])
D.default_collate([[1, 2], [3, 4]]), D.default_collate([(torch.ones(1), 2), (torch.zeros(1), 3)]), D.default_convert([1, (2.0, 'x'), {'k': 3}])
""".strip()


def helpers(torch: Any) -> dict[str, Any]:
    D = torch.utils.data

    class Stream(D.IterableDataset):
        def __init__(self, count: int, sharded: bool = False) -> None:
            self.count, self.sharded = count, sharded

        def __iter__(self) -> Iterator[Any]:
            worker = D.get_worker_info()
            first, step = (worker.id, worker.num_workers) if self.sharded and worker else (0, 1)
            return iter(range(first, self.count, step))

    class Drawn(D.Dataset):
        def __len__(self) -> int:
            return 6

        def __getitem__(self, k: int) -> Any:
            return k, torch.rand(2), torch.initial_seed() - D.get_worker_info().seed

    def t(count: int) -> Any:
        return D.TensorDataset(torch.arange(count) * 10, torch.arange(count) / 2)

    def epoch(sampler: Any) -> Any:
        made = [list(sampler)]
        sampler.set_epoch(3)
        return [*made, list(sampler)]

    def seeded_by_worker() -> Any:
        return list(D.DataLoader(Drawn(), 2, num_workers=2, generator=torch.Generator().manual_seed(8)))

    return {
        "D": D, "torch": torch, "t": t, "epoch": epoch, "stream": Stream, "sharded": lambda n: Stream(n, True),
        "seeded_by_worker": seeded_by_worker,
    }  # fmt: skip


def evaluated(expression: str) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        names = helpers(torch)
        torch.manual_seed(4)
        return eval(expression, names)

    return run


CASES: dict[str, Callable[[Any], Any]] = {e: evaluated(e) for e in EXPRESSIONS.splitlines()}
