"""utils.benchmark: timers, tables of measurements, inputs by chance."""

from __future__ import annotations

import pytest

import flambeau
from flambeau.utils import benchmark


def _timer(**options):
    return benchmark.Timer("x + 1", "x = torch.ones(3)", label="add", sub_label="small", **options)


def test_measurements():
    measured = _timer(description="a").blocked_autorange(min_run_time=0.02)
    assert 1e-9 < measured.median < 1e-3 and len(measured.times) > 3
    assert measured.title == "add: small" and measured.as_row_name == "small" and measured.description == "a"
    assert "add: small" in repr(measured) and "1 thread" in repr(measured)
    once = _timer(num_threads=2).timeit(20)
    assert once.number_per_run == 20 and len(once.raw_times) == 1 and once.iqr == 0
    assert _timer().adaptive_autorange(min_run_time=0.005, max_run_time=0.1).mean > 0
    names = {"y": flambeau.ones(2)}
    assert benchmark.Timer("y.add(1)", globals=names).timeit(3).median > 0 and list(names) == ["y"]


def test_threads_are_set_for_the_statement_only():
    before, seen = flambeau.get_num_threads(), []
    benchmark.Timer("f()", globals={"f": lambda: seen.append(flambeau.get_num_threads())}, num_threads=3).timeit(1)
    assert set(seen) == {3} and flambeau.get_num_threads() == before


def test_tables():
    spec = benchmark.TaskSpec("s", "pass", label="add", sub_label="small", description="one")
    other = benchmark.TaskSpec("s", "pass", label="add", sub_label="large", description="two")
    table = benchmark.Compare([benchmark.Measurement(10, [3e-4], spec), benchmark.Measurement(1, [5e-4, 6e-4], other)])
    text = str(table)
    assert "30.0" in text and "550.0" in text and "microseconds" in text and "1 threads" in text
    assert text.splitlines()[1].split("|")[1:] == ["   one  ", "    two"]
    table.colorize(rowwise=True)
    table.trim_significant_figures()
    table.highlight_warnings()
    assert "small" in str(table)
    merged = benchmark.Measurement.merge([benchmark.Measurement(2, [4.0], spec), benchmark.Measurement(1, [3.0], spec)])
    assert [m.times for m in merged] == [[2.0, 3.0]]


def test_numbers_as_text():
    assert benchmark.select_unit(3e-5) == ("us", 1e-6) and benchmark.unit_to_english("us") == "microsecond"
    assert benchmark.trim_sigfig(1234.567, 3) == 1230 and benchmark.ordered_unique([3, 1, 3]) == [3, 1]


def test_inputs_by_chance():
    fuzzer = benchmark.Fuzzer(
        [
            benchmark.FuzzedParameter("k0", 2, 50, "loguniform"),
            [
                benchmark.FuzzedParameter("k1", distribution={3: 0.25, 4: 0.75}),
                benchmark.FuzzedParameter("d", 1, 2, "uniform"),
            ],
        ],
        [benchmark.FuzzedTensor("x", ("k0", "k1"), dim_parameter="d", probability_contiguous=0, max_elements=100)],
        constraints=[lambda k0, k1, **rest: k0 != k1],
        seed=3,
    )
    taken = list(fuzzer.take(20))
    assert len(taken) == 20
    for tensors, told, params in taken:
        x = tensors["x"]
        assert x.shape == (params["k0"], params["k1"])[: params["d"]] and x.numel() <= 100
        assert told["x"]["is_contiguous"] == x.is_contiguous() and params["k0"] != params["k1"]
    assert [p for _, _, p in fuzzer.take(20)] == [p for _, _, p in taken]
    assert any(not t["x"].is_contiguous() for t, _, _ in taken)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: benchmark.Timer("x", language="c++"), NotImplementedError),
        (lambda: _timer().collect_callgrind(), NotImplementedError),
        (lambda: _timer().repeat(), NotImplementedError),
        (lambda: benchmark.Compare([3]), ValueError),
        (lambda: benchmark.FuzzedParameter("a", 1, 2), AssertionError),
        (lambda: benchmark.FuzzedParameter("a", distribution={1: 0.5}), AssertionError),
    ],
)
def test_what_is_not_there_is_refused(call, error):
    with pytest.raises(error):
        call()
