"""C++ extensions: twenty lines over the public headers, compiled, imported and called."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

import flambeau
from flambeau.utils import cpp_extension

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++")

SOURCE = """
#include <flambeau/extension.h>
using namespace flambeau;

Tensor scaled_sum(const Tensor& x, const Tensor& y, double a) { return x * a + y.exp(); }
std::tuple<Tensor, int64_t> doubled(Tensor x, std::optional<std::string> tag) { return {x.add_(x), x.numel()}; }
void refuse(int64_t n) { throw Error(FLAMBEAU_VALUE_ERROR, "refuse: got " + std::to_string(n)); }
double first(const Tensor& x) { return x.contiguous().data_ptr<float>()[0]; }
std::vector<Tensor> several(const std::vector<Tensor>& xs) {
  std::vector<Tensor> out;
  for (auto& x : xs) out.push_back(x.neg());
  return out;
}
Tensor cube(const Tensor& x) {
  Tensor y; { NoGrad off; y = x * x * x; }
  using Tensors = std::vector<Tensor>;
  set_gradient("Cube", {x}, {y}, [x](const Tensors& g) -> Tensors { return {g[0] * x * x * 3}; });
  return y;
}
FLAMBEAU_EXTENSION(sample_extension, m) {
  m.def("scaled_sum", &scaled_sum, "x * a + exp(y)", {"x", "y", "a"}).def("doubled", &doubled).def("refuse", &refuse);
  m.def("first", &first).def("several", &several).def("cube", &cube);
}
"""


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("extension")
    source = folder / "sample.cpp"
    source.write_text(SOURCE)
    begin = time.perf_counter()
    module: Any = cpp_extension.load(
        "sample_extension", [str(source)], extra_cflags=["-O1"], build_directory=str(folder)
    )
    print(f"compiled in {time.perf_counter() - begin:.1f} s")
    return module


def test_functions_and_methods(extension: Any) -> None:
    x, y = flambeau.tensor([1.0, 2.0]), flambeau.zeros(2)
    assert extension.scaled_sum(x, y, 3).tolist() == [4.0, 7.0]
    assert extension.scaled_sum(x, a=0.5, y=y).tolist() == [1.5, 2.0]
    assert extension.doubled(x) == (x, 2) and x.tolist() == [2.0, 4.0]
    assert extension.first(x[1:]) == 4.0
    assert [t.tolist() for t in extension.several([x, y])] == [[-2.0, -4.0], [0.0, 0.0]]
    assert extension.scaled_sum.__doc__ == "x * a + exp(y)"


def test_errors(extension: Any) -> None:
    with pytest.raises(ValueError, match="refuse: got 3"):
        extension.refuse(3)
    with pytest.raises(TypeError, match=r"scaled_sum\(\): argument 'y' \(position 2\) must be Tensor, not int"):
        extension.scaled_sum(flambeau.ones(1), 2, 3.0)
    with pytest.raises(TypeError, match="missing argument 3"):
        extension.scaled_sum(flambeau.ones(1), flambeau.ones(1))
    with pytest.raises(TypeError, match="takes 1 arguments"):
        extension.refuse(1, 2)
    with pytest.raises(RuntimeError, match="add"):
        extension.scaled_sum(flambeau.ones(2), flambeau.ones(3), 1.0)


def test_gradients(extension: Any) -> None:
    x = flambeau.tensor([0.5, -1.5], dtype=flambeau.float64, requires_grad=True)
    y = flambeau.tensor([0.1, 0.2], dtype=flambeau.float64, requires_grad=True)
    assert flambeau.autograd.gradcheck(lambda x, y: extension.scaled_sum(x, y, 3.0), (x, y))
    assert flambeau.autograd.gradcheck(extension.cube, (x,)) and flambeau.autograd.gradgradcheck(extension.cube, (x,))
    assert extension.cube(x).grad_fn.name() == "CubeBackward"


def test_load_inline_and_reuse(tmp_path: Path) -> None:
    text = "Tensor thrice(const Tensor& x) { return x * 3; }"
    module: Any = cpp_extension.load_inline("inline_sample", text, functions="thrice", build_directory=str(tmp_path))
    assert module.thrice(flambeau.ones(1)).item() == 3
    begin = time.perf_counter()
    cpp_extension.load_inline("inline_sample", text, functions="thrice", build_directory=str(tmp_path))
    assert time.perf_counter() - begin < 0.5
    with pytest.raises(RuntimeError, match="building broken failed"):
        cpp_extension.load_inline("broken", "nonsense", build_directory=str(tmp_path))


def test_setuptools_extension() -> None:
    pytest.importorskip("setuptools")
    made = cpp_extension.CppExtension("x", ["x.cpp"], extra_compile_args=["-O3"])
    assert cpp_extension.include_paths()[0] in made.include_dirs and "-std=c++20" in made.extra_compile_args
    assert cpp_extension.BuildExtension is not None


def test_table_version() -> None:
    assert "PyCapsule" in repr(flambeau._C._api) or "capsule" in repr(flambeau._C._api)
