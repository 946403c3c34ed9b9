"""Profiles of operators, and flop counts by module; golden counts are PyTorch 2.13's."""

from __future__ import annotations

import json
import threading

import pytest

import flambeau
from flambeau import nn, profiler
from flambeau.autograd import profiler as basic
from flambeau.utils.flop_counter import FlopCounterMode


def _names(events):
    return [event.name for event in events]


def test_operators_ranges_and_backward_passes_nest():
    x = flambeau.randn(4, 3, requires_grad=True)
    with basic.profile(record_shapes=True) as p:
        with basic.record_function("mine"):
            y = nn.functional.layer_norm(x @ flambeau.ones(3, 2), (2,)).sum()
        y.backward()
    events = p.function_events
    mine = next(event for event in events if event.name == "mine")
    assert mine.is_user_annotation and mine.cpu_parent is None
    matmul = next(event for event in events if event.name == "aten::matmul")
    assert matmul.cpu_parent is mine and matmul.input_shapes == [[4, 3], [3, 2]]
    assert [child.name for child in matmul.cpu_children] == ["aten::mm"]
    ended = mine.time_range.end
    assert sum(event.time_range.start >= ended for event in events if event.name == "aten::mm") == 1  # of the gradient
    assert 0 <= matmul.self_cpu_time_total <= matmul.cpu_time_total <= mine.cpu_time_total


def test_times_are_those_of_the_work():
    a = flambeau.randn(600, 600)
    with profiler.profile() as p:
        for _ in range(3):
            flambeau.mm(a, a)
        a.add_(1)
    averages = {event.key: event for event in p.key_averages()}
    assert averages["aten::mm"].count == 3 and averages["aten::add_"].count == 1
    assert averages["aten::mm"].cpu_time_total > averages["aten::add_"].cpu_time_total > 0
    assert p.events().self_cpu_time_total == pytest.approx(sum(e.self_cpu_time_total for e in p.key_averages()))
    total = p.key_averages().total_average()
    assert total.count == 4 and total.key == "Total"


def test_memory_and_text():
    with basic.profile(profile_memory=True) as p:
        kept = flambeau.ones(1000) + 1
    add = next(event for event in p.function_events if event.name == "aten::add")
    assert add.cpu_memory_usage >= 4000 and kept.numel() == 1000
    text = p.key_averages().table(sort_by="count", row_limit=5)
    assert "aten::add" in text and "CPU Mem" in text and "Self CPU time total" in text
    assert str(basic.profile(enabled=False).__enter__()) == "<unfinished profile>"


def test_a_profile_inside_another_and_errors():
    with basic.profile() as outer:
        flambeau.ones(2)
        with basic.profile() as inner:
            flambeau.zeros(2)
        with pytest.raises(RuntimeError):
            flambeau.ones(2) @ flambeau.ones(3)
        flambeau.ones(2)
    assert "aten::ones" not in _names(inner.function_events) and "aten::zeros" in _names(inner.function_events)
    assert _names(outer.function_events).count("aten::ones") == 4
    last = outer.function_events[-1]
    assert last.cpu_parent is None or last.cpu_parent.cpu_parent is None  # the error left no call open
    assert not basic._profiler_enabled()
    flambeau.ones(2)


def test_other_threads_are_not_seen():
    with basic.profile() as p:
        thread = threading.Thread(target=lambda: flambeau.zeros(3))
        thread.start()
        thread.join()
    assert len(p.function_events) == 0
    with pytest.raises(AssertionError):
        basic.profile().key_averages()


def test_steps_of_a_schedule(tmp_path):
    ready = []
    plan = profiler.schedule(wait=1, warmup=1, active=2, repeat=2)
    handler = profiler.tensorboard_trace_handler(str(tmp_path))

    def on_ready(p):
        ready.append(_names(p.events()))
        handler(p)

    with profiler.profile(schedule=plan, on_trace_ready=on_ready) as p:
        for _ in range(9):
            flambeau.ones(2)
            p.step()
    assert [names.count("aten::ones") for names in ready] == [2, 2]
    assert ready[0][0] == "ProfilerStep#2"
    traces = list(tmp_path.iterdir())
    assert len(traces) == 2
    events = json.loads(traces[0].read_text())["traceEvents"]
    assert {"name", "ph", "ts", "dur", "tid"} <= set(events[0])


def test_steps_counted_by_parts():
    tracker = basic.KinetoStepTracker
    start = tracker.current_step()
    tracker.init_step_count("a")
    assert tracker.increment_step("a") == start + 1 == tracker.current_step()
    assert tracker.erase_step_count("a") and not tracker.erase_step_count("a")
    with pytest.raises(NotImplementedError, match="emit_nvtx"), basic.emit_nvtx():
        pass


def _by_name(counter):
    return {m: {str(op).split(".")[-1]: n for op, n in c.items()} for m, c in counter.get_flop_counts().items()}


def test_flops_of_a_small_network_by_module(capsys):
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 5))
    with FlopCounterMode(display=True) as counter:
        net(flambeau.randn(2, 3, 8, 8)).sum().backward()
    counts = _by_name(counter)
    assert counter.get_total_flops() == 79488
    assert counts["Sequential.0"] == {"convolution": 31104, "convolution_backward": 31104}
    assert counts["Sequential.3"] == {"addmm": 5760, "mm": 11520}
    assert sum(counts["Sequential"].values()) == sum(counts["Global"].values()) == 79488
    assert "79.488K" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        (lambda r: flambeau.einsum("bij,bjk->bik", r(2, 3, 4), r(2, 4, 5)), {"bmm": 240}),
        (lambda r: r(3, 4) @ r(4), {}),
        (lambda r: r(3) @ r(3), {}),
        (lambda r: nn.functional.linear(r(2, 3, 4), r(5, 4)), {"mm": 240}),
        (lambda r: flambeau.matmul(r(2, 1, 3, 4), r(5, 4, 6)), {"bmm": 1440}),
        (lambda r: flambeau.baddbmm(r(1), r(2, 3, 4), r(2, 4, 5)), {"baddbmm": 240}),
        (lambda r: nn.ConvTranspose1d(3, 4, 3)(r(1, 3, 5)), {"convolution": 360}),
        (lambda r: flambeau.tensordot(r(2, 3), r(3, 4), 1), {"mm": 48}),
        (lambda r: nn.MultiheadAttention(8, 2)(r(3, 2, 8), r(3, 2, 8), r(3, 2, 8)), {"addmm": 3072, "bmm": 576}),
    ],
)
def test_flops_of_calls(call, counts):
    with FlopCounterMode(display=False) as counter:
        call(flambeau.randn)
    assert _by_name(counter).get("Global", {}) == counts


def test_flops_of_several_passes_and_of_grouped_convolutions():
    conv = nn.Conv2d(4, 4, 3, groups=4, bias=False)
    x = flambeau.randn(1, 4, 5, 5, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        for _ in range(2):
            conv(x).sum().backward()
    one = 2 * 4 * 9 * 9
    assert _by_name(counter)["Conv2d"] == {"convolution": 2 * one, "convolution_backward": 4 * one}
