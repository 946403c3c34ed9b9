"""Rooms that are not there: importable by any name of the list, refused by name when used."""

from __future__ import annotations

import abc
import importlib

import pytest

import flambeau
from flambeau import _absent_rooms


@pytest.mark.parametrize("room", sorted(_absent_rooms.rooms()))
def test_every_room_imports_and_has_its_names(room):
    module = importlib.import_module("flambeau." + room)
    for name in _absent_rooms._names_of(room):
        assert hasattr(module, name)


def test_an_attribute_is_enough_to_reach_a_room():
    assert flambeau.distributed.fsdp.wrap.ModuleWrapPolicy is not None
    assert flambeau.nn.quantized.Linear is flambeau.ao.nn.quantized.Linear
    with pytest.raises(AttributeError, match="no_such_room"):
        _ = flambeau.distributed.no_such_room
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("flambeau.distributed.no_such_room")


def test_one_class_under_all_its_names():
    fsdp = importlib.import_module("flambeau.distributed.fsdp")
    full = importlib.import_module("flambeau.distributed.fsdp.fully_sharded_data_parallel")
    assert fsdp.FullyShardedDataParallel is full.FullyShardedDataParallel
    assert fsdp.StateDictType.FULL_STATE_DICT.name == "FULL_STATE_DICT"
    assert not isinstance(3, fsdp.FullyShardedDataParallel)


@pytest.mark.parametrize(
    "call",
    [
        lambda: flambeau.distributed.fsdp.FullyShardedDataParallel(flambeau.nn.Linear(2, 2)),
        lambda: flambeau.distributed.fsdp.FullyShardedDataParallel.state_dict_type(None),
        lambda: flambeau.distributed.rpc.init_rpc("x"),
        lambda: flambeau.ao.quantization.quantize_dynamic(None),
        lambda: flambeau.onnx.utils.export(None),
        lambda: flambeau.export.export(None),
    ],
)
def test_use_is_refused_by_name(call):
    with pytest.raises(NotImplementedError, match=r"^(distributed|ao|onnx|export)\.\w"):
        call()


def test_classes_serve_as_bases_and_annotations():
    planner = importlib.import_module("flambeau.distributed.checkpoint.planner").LoadPlanner

    class Mine(planner, abc.ABC):
        def __init__(self, value: planner[int]):
            self.value = value

    assert Mine(3).value == 3
    errors = importlib.import_module("flambeau.distributed.elastic.multiprocessing.errors")
    assert issubclass(errors.ChildFailedError, Exception)

    @errors.record
    def main():
        return 5

    assert main() == 5
    assert flambeau.distributed.rpc.is_available() is False


def test_stubs_of_quantization_change_nothing():
    x = flambeau.ones(2)
    wrapped = flambeau.quantization.QuantWrapper(flambeau.nn.ReLU())
    assert flambeau.equal(wrapped(x), x)


def test_libraries_register_symbolic_functions_on_import():
    helper = importlib.import_module("flambeau.onnx.symbolic_helper")

    @helper.parse_args("v", "i")
    def symbolic(g, x, dim):
        return x

    flambeau.onnx.register_custom_op_symbolic("mine::op", symbolic, 11)
    flambeau.onnx.unregister_custom_op_symbolic("mine::op", 11)
    with pytest.raises(ValueError, match="domain::operator"):
        flambeau.onnx.register_custom_op_symbolic("mine", symbolic, 11)
