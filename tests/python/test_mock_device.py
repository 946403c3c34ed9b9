"""The mock device: copies, operators, autograd, streams, allocator, failures, by the same call path as the CPU."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import flambeau
from flambeau import _C


@pytest.fixture(autouse=True)
def quiet_device() -> Iterator[None]:
    _C._mock_set_stream(0)
    _C._mock_synchronize()
    _C._mock_clear_log()
    yield
    _C._mock_set_stream(0)
    _C._mock_synchronize()


def kinds() -> list[str]:
    return [line.split(" ")[0] for line in _C._mock_log()]


def launches() -> list[str]:
    return [line.split(" ")[1] for line in _C._mock_log() if line.startswith("launch")]


def test_copies_keep_values_of_every_type() -> None:
    for dtype in (
        flambeau.float32,
        flambeau.bfloat16,
        flambeau.int64,
        flambeau.uint8,
        flambeau.bool,
        flambeau.complex64,
    ):
        x = flambeau.tensor([0, 1, 3, 7]).to(dtype)
        there = x.to("mock")
        assert there.device == flambeau.device("mock", 0)
        assert there.dtype == dtype
        back = there.cpu()
        assert back.device.type == "cpu"
        assert back.tolist() == x.tolist()


def test_copies_of_strided_tensors_and_casts() -> None:
    x = flambeau.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    there = x.t().to("mock")
    assert there.cpu().tolist() == x.t().tolist()
    assert there.t().cpu().tolist() == x.tolist()
    assert x.to("mock").to(flambeau.int64).cpu().tolist() == [[1, 2, 3], [4, 5, 6]]
    target = flambeau.zeros(3, 2)
    target.copy_(there)
    assert target.tolist() == x.t().tolist()
    there.fill_(2)
    assert there.cpu().tolist() == [[2.0, 2.0]] * 3
    there[1].zero_()
    assert there.tolist() == [[2.0, 2.0], [0.0, 0.0], [2.0, 2.0]]


def test_pointwise_operators_run_as_launches() -> None:
    x = flambeau.tensor([-1.0, 2.0, 3.0]).to("mock")
    _C._mock_clear_log()
    y = (x + x * 2).relu()
    assert launches() == ["mul", "add", "relu"]
    assert "synchronize" not in kinds()  # nothing has waited
    assert y.tolist() == [0.0, 6.0, 9.0]
    assert "synchronize" in kinds()


def test_numbers_and_host_scalars_join() -> None:
    x = flambeau.ones(2, 2).to("mock")
    assert (x + flambeau.tensor(3.0)).tolist() == [[4.0, 4.0], [4.0, 4.0]]
    with pytest.raises(RuntimeError, match=r"^add: Expected all tensors to be on the same device.*mock:0 and cpu"):
        x + flambeau.ones(2, 2)


def test_sum_and_backward() -> None:
    x = flambeau.tensor([[1.0, -2.0], [3.0, 4.0]])
    there = x.to("mock").requires_grad_()
    assert there.sum().item() == 6.0
    (there * there).relu().sum().backward()
    assert there.grad is not None
    assert there.grad.device.type == "mock"
    assert there.grad.tolist() == (2 * x).tolist()
    there.cpu().sum().backward()
    assert there.grad.tolist() == (2 * x + 1).tolist()


def test_product() -> None:
    a, b = flambeau.tensor([[1.0, 2.0], [3.0, 4.0]]), flambeau.tensor([[0.5], [2.0]])
    assert flambeau.mm(a.to("mock"), b.to("mock")).tolist() == [[4.5], [9.5]]


def test_what_has_no_kernel_is_named() -> None:
    x = flambeau.ones(3, 3).to("mock")
    with pytest.raises(NotImplementedError, match=r"^sort: .* for float32 on device 'mock:0'.*'cpu'"):
        x.sort()


def test_shows_its_device() -> None:
    assert repr(flambeau.zeros(2, device="mock")) == "tensor([0., 0.], device='mock:0')"
    with pytest.raises(TypeError):
        flambeau.zeros(2, device="mock").numpy()


def test_failed_launch_rises_at_its_line() -> None:
    x = flambeau.ones(4).to("mock")
    _C._mock_fail("launch", 1)
    y = x + 1
    with pytest.raises(RuntimeError, match=r"^mul: the mock device refused the launch"):
        y * 2
    assert (y * 2).tolist() == [4.0] * 4


def test_failed_in_place_launch_leaves_the_target() -> None:
    x = flambeau.ones(4).to("mock")
    version = x._version
    _C._mock_fail("launch")
    with pytest.raises(RuntimeError, match=r"^add"):
        x += 1
    assert x.tolist() == [1.0] * 4
    assert x._version == version


def test_out_of_memory() -> None:
    _C._mock_fail("allocate", 0, 2)  # the second try, after the cache was given back, fails too
    with pytest.raises(flambeau.OutOfMemoryError, match=r"'mock:0' is out of memory: 40000 bytes were asked for"):
        flambeau.empty(10000, device="mock")
    with pytest.raises(flambeau.OutOfMemoryError):
        flambeau.empty(1 << 40, device="mock")
    _C._mock_fail("allocate")
    assert (
        flambeau.zeros(30001, device="mock").sum().item() == 0.0
    )  # once: the cache is given back and the request repeated


def test_blocks_are_used_again_on_their_stream() -> None:
    x = flambeau.empty(5000, device="mock")
    before = _C._mock_stats()
    del x
    flambeau.empty(5000, device="mock")
    after = _C._mock_stats()
    assert after["from_cache"] == before["from_cache"] + 1
    assert after["used"] == before["used"]


def test_a_block_used_on_two_streams_waits_for_both() -> None:
    side = _C._mock_new_stream()
    x = flambeau.full((7000,), 3.0, device="mock")
    ready = _C._mock_record_event()
    _C._mock_set_stream(side)
    _C._mock_wait_event(ready)
    y = x + 1
    _C._mock_record_stream(x, side)
    _C._mock_set_stream(0)
    del x
    z = flambeau.full((7000,), 9.0, device="mock")  # not the same block: the other stream still has to read it
    _C._mock_set_stream(side)
    assert y[0].item() == 4.0
    _C._mock_set_stream(0)
    assert z[0].item() == 9.0


def test_without_waiting_streams_do_not_see_each_other() -> None:
    side = _C._mock_new_stream()
    x = flambeau.zeros(10, device="mock")
    _C._mock_synchronize()
    x += 5
    event = _C._mock_record_event()
    assert not _C._mock_event_done(event)
    _C._mock_set_stream(side)
    assert x[0].item() == 0.0
    _C._mock_wait_event(event)
    assert x[0].item() == 5.0
    assert _C._mock_event_done(event)


def test_order_of_calls() -> None:
    _C._mock_empty_cache()
    _C._mock_clear_log()
    x = flambeau.ones(300).to("mock")
    y = x + x
    y.cpu()
    del x, y
    _C._mock_empty_cache()
    assert kinds() == [
        "allocate",
        "launch",
        "allocate",
        "launch",
        "copy",
        "synchronize",
        "synchronize",
        "release",
        "release",
    ]


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(NotImplementedError, match=r"'cuda'.*nearest alternative is 'cpu'"):
        flambeau.zeros(2, device="cuda")
