"""Plain pickle and deep copies of tensors, parameters and storages."""

from __future__ import annotations

import copy
import pickle

import pytest

import flambeau
from flambeau import _tensor_pickle


def again(reduction):
    function, arguments = reduction[:2]
    return function(*arguments)


def test_copies_share_storage_as_originals_do():
    base = flambeau.arange(6, dtype=flambeau.float32)
    memo: dict = {}
    first = _tensor_pickle.deepcopy_tensor(base, memo)
    view = _tensor_pickle.deepcopy_tensor(base[2:], memo)
    assert _tensor_pickle.deepcopy_tensor(base, memo) is first
    view[0] = 9
    assert first.tolist() == [0, 1, 9, 3, 4, 5] and base.tolist() == [0, 1, 2, 3, 4, 5]


def test_copies_keep_gradient_and_attributes():
    tensor = flambeau.ones(2, requires_grad=True)
    tensor.sum().backward()
    tensor.tag = ["a"]
    result = _tensor_pickle.deepcopy_tensor(tensor, {})
    assert result.requires_grad and result.grad.tolist() == [1, 1] and result.grad is not tensor.grad
    assert result.tag == ["a"] and result.tag is not tensor.tag
    with pytest.raises(RuntimeError, match="deepcopy"):
        _tensor_pickle.deepcopy_tensor(tensor * 2, {})


def test_reductions_come_back():
    class Sub(flambeau.Tensor):
        pass

    tensors = [
        flambeau.arange(4)[1:],
        flambeau.tensor([1j]).conj(),
        flambeau.tensor([1, 2]).to(flambeau.uint16),
        flambeau.ones(2, requires_grad=True),
    ]
    for tensor in tensors:
        result = again(_tensor_pickle.reduce_tensor(tensor))
        assert result.tolist() == tensor.tolist() and result.dtype == tensor.dtype
        assert result.requires_grad == tensor.requires_grad
    sub = flambeau.ones(2).as_subclass(Sub)
    sub.note = 3
    result = again(_tensor_pickle.reduce_tensor(sub))
    assert type(result) is Sub and result.note == 3
    parameter = flambeau.nn.Parameter(flambeau.ones(2))
    parameter.note = 4
    result = again(_tensor_pickle.reduce_parameter(parameter))
    assert type(result) is type(parameter) and result.note == 4


def test_tensors_and_storages_pickle():
    tensor = flambeau.arange(3)
    assert pickle.loads(pickle.dumps(tensor)).tolist() == [0, 1, 2]
    assert copy.deepcopy([tensor, tensor[1:]])[1].tolist() == [1, 2]
    storage = flambeau.FloatStorage([1, 2])
    assert pickle.loads(pickle.dumps(storage)).tolist() == [1, 2]
    assert copy.deepcopy(storage).data_ptr() != storage.data_ptr()


def test_small_types_of_the_core_pickle(monkeypatch):
    import copyreg

    monkeypatch.setattr(copyreg, "dispatch_table", dict(copyreg.dispatch_table))
    _tensor_pickle.register_with_copyreg()
    values = [flambeau.float32, flambeau.strided, flambeau.channels_last, flambeau.device("cpu"), flambeau.Size([2])]
    assert copy.deepcopy(values) == values
    for value in values:
        function, arguments = copyreg.dispatch_table[type(value)](value)
        assert function(*arguments) == value
    generator = flambeau.Generator()
    generator.manual_seed(3)
    assert copy.deepcopy(generator).get_state().tolist() == generator.get_state().tolist()


def test_attributes_travel():
    tensor = flambeau.ones(2)
    tensor.note = 5
    assert again(_tensor_pickle.reduce_tensor(tensor)).note == 5
