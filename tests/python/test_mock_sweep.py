"""Every operator of the table on the mock device while work is pending there: its result is the CPU's and lies on the
device, or it is refused by name. An operator that reads the device's bytes itself, or before they are written, is wrong
here; tests/known_gaps.txt names those that are."""

from __future__ import annotations

from typing import Any

import pytest
from samples import map_tensors, samples_of
from test_operators import OPERATORS, SAMPLED, attempt, copied, function, plain, same, tensors_in, tolerance, unstable

import flambeau
from flambeau import _C

Tensor = flambeau.Tensor
TAKES = [n for n in SAMPLED if any(tensors_in(args) or tensors_in(kwargs) for args, kwargs in samples_of(n))]


def pending(t: Any) -> Any:
    """The tensor on the device, where the launch that writes its values has not run yet."""
    if t.is_sparse or (t.dtype.is_complex and t.dtype.itemsize < 8):
        pytest.skip("no such tensors there")
    there = t.detach().to("mock")
    made = flambeau.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="mock")
    made.fill_(77)  # what is there while the copy waits: nothing that an index or a length may be
    _C._mock_synchronize()
    made.copy_(there)
    return made


def leave_garbage() -> None:
    """Blocks that the allocator hands out again hold 77 everywhere."""
    for size in (1, 20, 60, 120, 250, 500, 1000):
        blocks = [flambeau.full((size,), 77.0, device="mock") for _ in range(3)]
        _C._mock_synchronize()
        del blocks


def there(value: Any) -> Any:
    return map_tensors(value, pending)


def refused(name: str, error: Exception) -> bool:
    """Whether an exception says which operator the device has not."""
    return isinstance(error, NotImplementedError) or "on the same device" in str(error)


@pytest.mark.parametrize("name", TAKES)
def test_on_the_mock_device(name: str) -> None:
    base = OPERATORS[name]["base"]
    for i, (args, kwargs) in enumerate(samples_of(name)):
        given = copied(args)
        flambeau.manual_seed(0)
        expected = attempt(lambda: function(name)(*given, **copied(kwargs)))
        if isinstance(expected, Exception):
            continue
        if expected is None and base.endswith("_"):
            expected = given[0]
        leave_garbage()
        moved_args, moved_kwargs = there(args), there(kwargs)
        flambeau.manual_seed(0)
        got = attempt(lambda: function(name)(*moved_args, **moved_kwargs))
        if isinstance(got, Exception):
            assert refused(name, got), f"sample {i}: {type(got).__name__}: {got}"
            continue
        if got is None and base.endswith("_"):
            got = moved_args[0]
        homes = {t.device.type for t in tensors_in(got)}
        of_cpu = {t.device.type for t in tensors_in(expected)}
        assert homes <= {"mock"} or not of_cpu or base in ("to", "_to_copy", "_cast_copy"), (
            f"sample {i}: the result is on {homes}"
        )
        _C._mock_synchronize()
        shown, wanted = plain(map_tensors(got, lambda t: t.cpu())), plain(expected)
        if unstable(name):
            continue
        difference = same(wanted, shown, "float32", tolerance(name))
        assert not difference, f"sample {i}: {difference}"
