"""The smaller rooms: multiprocessing, futures, profiler, custom operators, function modes, benchmark timers."""

import sys

import pytest

import flambeau
from flambeau import futures, library, multiprocessing, overrides, profiler
from flambeau.utils.benchmark import Timer
from flambeau.utils.collect_env import get_env_info


def add_in_place(index, queue, answers, shared):
    received = queue.get()
    received.add_(1)
    shared.add_(10)
    answers.put(received.sum().item())


def fail(index):
    raise ValueError(f"from process {index}")


def test_tensors_travel_without_copies():
    context = multiprocessing.get_context("spawn")
    queue, answers = context.Queue(), context.Queue()
    shared, sent = flambeau.zeros(3), flambeau.ones(1000)
    started = multiprocessing.spawn(add_in_place, (queue, answers, shared), nprocs=1, join=False)
    queue.put(sent)
    assert answers.get(timeout=120) == 2000
    while not started.join():
        pass
    assert sent.sum().item() == 2000
    assert shared.tolist() == [10, 10, 10]


def test_spawn_passes_the_first_error_on():
    with pytest.raises(multiprocessing.ProcessRaisedException, match="from process 0"):
        multiprocessing.spawn(fail, nprocs=1)


def test_sharing_strategies():
    assert multiprocessing.get_sharing_strategy() in multiprocessing.get_all_sharing_strategies()
    with pytest.raises(AssertionError):
        multiprocessing.set_sharing_strategy("pigeon")


def test_futures():
    first, second = futures.Future(), futures.Future()
    later = first.then(lambda future: future.value() + 1)
    both = futures.collect_all([first, second])
    first.set_result(1)
    second.set_exception(KeyError("gone"))
    assert later.wait() == 2
    assert both.done()
    with pytest.raises(KeyError):
        second.wait()
    with pytest.raises(RuntimeError):
        first.set_result(3)


def test_profile_sees_operators_and_ranges():
    x = flambeau.ones(4)
    with profiler.profile() as profile, profiler.record_function("mine"):
        (x + x).exp()
    names = {average.key: average.count for average in profile.key_averages()}
    assert names["mine"] == 1
    assert names["aten::exp"] == 1
    assert "mine" in profile.key_averages().table()


def test_schedule():
    plan = profiler.schedule(wait=1, warmup=1, active=2, repeat=1)
    actions = [plan(step).name for step in range(5)]
    assert actions == ["NONE", "WARMUP", "RECORD", "RECORD_AND_SAVE", "NONE"]


def test_modes_nest_and_stand_aside():
    seen = []

    class Named(overrides.TorchFunctionMode):
        def __init__(self, name):
            self.name = name

        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append((self.name, func.__name__))
            return func(*args, **(kwargs or {}))

    x = flambeau.ones(2)
    with Named("outer"), Named("inner"):
        flambeau.exp(x)
    flambeau.exp(x)
    assert seen == [("inner", "exp"), ("outer", "exp")]


def test_custom_operator_with_gradient_and_shapes():
    @library.custom_op("tests::triple", mutates_args=())
    def triple(x: flambeau.Tensor) -> flambeau.Tensor:
        return 3 * x

    triple.register_autograd(lambda ctx, gradient: 3 * gradient)

    @library.register_fake("tests::triple")
    def shape_of(x):
        return flambeau.empty_like(x)

    x = flambeau.ones(2, requires_grad=True)
    triple(x).sum().backward()
    assert x.grad.tolist() == [3, 3]
    assert triple(flambeau.empty(5, device="meta")).shape == (5,)


@pytest.mark.parametrize(
    "call",
    [
        lambda: flambeau.sparse_csr_tensor([0, 1], [0], [1.0]),
        lambda: flambeau.export.export(None),
        lambda: __import__("flambeau.distributed.fsdp", fromlist=["x"]).FullyShardedDataParallel(None),
    ],
)
def test_what_is_missing_says_so(call):
    with pytest.raises(NotImplementedError, match=r"not|yet"):
        call()


def test_timer_and_environment():
    measured = Timer("x + x", globals={"x": flambeau.ones(4)}).blocked_autorange(min_run_time=0.01)
    assert 0 < measured.median < 1
    facts = get_env_info()
    assert len(facts) > 17 and facts["Python"].startswith(sys.version.split()[0]) and all(facts.values())


def test_types_of_named_results():
    assert isinstance(flambeau.ones(2, 2).max(0), flambeau.return_types.max)
