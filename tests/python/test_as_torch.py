"""`python -m flambeau` and `install_as_torch`: the same modules under both names, children included.

Everything runs in interpreters of its own, since PyTorch may have been imported in this one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

IDENTITY = """
    import importlib.metadata, importlib.util, sys
    import torch, torch.cuda, torch.utils._pytree as pytree
    from torch.backends import cudnn
    import flambeau, flambeau.utils._pytree
    assert torch is flambeau and torch.cuda is flambeau.cuda and pytree is flambeau.utils._pytree
    assert sys.modules["torch.utils"] is sys.modules["flambeau.utils"] and cudnn is flambeau.backends.cudnn
    assert torch.__version__ == "2.13.0+flambeau" == importlib.metadata.version("torch")
    assert importlib.util.find_spec("torch") is not None and importlib.util.find_spec("torch.jit") is not None
    assert importlib.util.find_spec("torch.no_such_module") is None
    assert torch.cuda.__spec__.name == torch.cuda.__name__ == "flambeau.cuda"
    try:
        import torch.no_such_module
    except ModuleNotFoundError as error:
        assert error.name == "torch.no_such_module"
    else:
        raise AssertionError("a module that is not there was imported")
"""

CHILDREN = """
    import multiprocessing, sys
    import torch

    def child(queue):
        queue.put((torch.__name__, torch.__version__ + "", "flambeau" in sys.modules))

    if __name__ == "__main__":
        for method in sys.argv[1:]:
            context = multiprocessing.get_context(method)
            queue = context.Queue()
            process = context.Process(target=child, args=(queue,))
            process.start()
            assert queue.get(timeout=60) == ("torch", "2.13.0+flambeau", True), method
            process.join(60)
            assert process.exitcode == 0, method
        print("done", len(sys.argv))
"""


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False, **options
    )


def test_identity_in_a_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(IDENTITY) + "print(sys.argv, __name__, __file__)\n")
    result = run("-m", "flambeau", str(script), "a", "--b")
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{[str(script), 'a', '--b']} __main__ {script}\n"


def test_identity_by_call_and_by_code():
    code = textwrap.dedent(IDENTITY)
    result = run("-c", "import flambeau._as_torch as f; f.install_as_torch(); f.install_as_torch()\n" + code)
    assert result.returncode == 0, result.stderr
    result = run("-m", "flambeau", "-c", code + "print(sys.argv)", "x")
    assert result.returncode == 0 and result.stdout == "['-c', 'x']\n", result.stderr


@pytest.mark.parametrize("by", ["file", "code"])
def test_future_statements_are_the_program_s_own(tmp_path, by):
    code = "def f(x: int) -> str: ...\nprint(f.__annotations__ == {'x': int, 'return': str})\n"
    (tmp_path / "program.py").write_text(code)
    result = run("-m", "flambeau", *([str(tmp_path / "program.py")] if by == "file" else ["-c", code]))
    assert result.stdout == "True\n", result.stderr


def test_a_module(tmp_path):
    (tmp_path / "program.py").write_text("import sys, torch\nprint(torch.__name__, __name__, sys.argv[1:])\n")
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *filter(None, [environment.get("PYTHONPATH")])])
    result = run("-m", "flambeau", "-m", "program", "x", env=environment)
    assert result.returncode == 0 and result.stdout == "torch __main__ ['x']\n", result.stderr


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children(tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(CHILDREN))
    result = run("-m", "flambeau", str(script), method)
    assert result.returncode == 0 and result.stdout == "done 2\n", result.stderr


def test_refusals(tmp_path):
    assert run("-m", "flambeau").returncode == 2
    assert run("-m", "flambeau", str(tmp_path / "missing.py")).returncode == 2
    code = (
        "import sys, types; sys.modules['torch'] = types.ModuleType('torch')\n"
        "from flambeau._as_torch import install_as_torch; install_as_torch()"
    )
    result = run("-c", code)
    assert result.returncode == 1 and "imported already" in result.stderr


def test_exit_status_and_errors_pass_through(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("raise SystemExit(7)\n")
    assert run("-m", "flambeau", str(script)).returncode == 7
    script.write_text("1 / 0\n")
    result = run("-m", "flambeau", str(script))
    assert result.returncode == 1 and "ZeroDivisionError" in result.stderr


PROGRAM = """
    import importlib.metadata, importlib.util, subprocess, sys
    import torch.nn.functional as F
    import torch
    from torch import nn
    import flambeau

    assert torch is flambeau and nn is flambeau.nn and F is flambeau.nn.functional
    assert sys.modules["torch.nn"] is sys.modules["flambeau.nn"] and torch.nn.Linear is flambeau.nn.Linear
    assert importlib.metadata.version("torch") == torch.__version__ == "2.13.0+flambeau"
    assert importlib.metadata.distribution("torch").metadata["Name"] == "torch"
    assert importlib.util.find_spec("torch").origin
    if len(sys.argv) > 1:
        print("child")
    else:
        subprocess.run([sys.executable, __file__, "again"], check=True)
        code = "import importlib.metadata as m; print(m.version('torch')); import torch.optim; print(torch.__version__)"
        subprocess.run([sys.executable, "-c", code], check=True)
"""


def test_programs_that_it_starts(tmp_path):
    """Through PYTHONPATH, ahead of a PyTorch that stands there too."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise AssertionError('another torch was imported')\n")
    script = tmp_path / "elsewhere" / "script.py"
    script.parent.mkdir()
    script.write_text(textwrap.dedent(PROGRAM))
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([*filter(None, [environment.get("PYTHONPATH")]), str(tmp_path)])
    result = run("-m", "flambeau", str(script), env=environment)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["child", "2.13.0+flambeau", "2.13.0+flambeau"]


def test_pytest_under_it(tmp_path):
    (tmp_path / "conftest.py").write_text("import torch\nassert torch.__version__.endswith('flambeau')\n")
    (tmp_path / "test_it.py").write_text(
        "import sys\nimport torch\nimport torch.nn as nn\n\n"
        "def test_it():\n    assert torch.__version__.endswith('flambeau') and nn is sys.modules['flambeau.nn']\n"
    )
    result = run("-m", "flambeau", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path), cwd=tmp_path)
    assert result.returncode == 0 and "1 passed" in result.stdout, result.stdout + result.stderr


POOL = """
    import multiprocessing, sys
    from concurrent.futures import ProcessPoolExecutor
    import torch

    class Pairs(torch.utils.data.Dataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            return torch.full((2,), float(index)), type(torch).__name__ + torch.__version__

    def doubled(tensor):
        import torch.nn
        return tensor * 2, torch.__version__

    def main():
        for method in ("spawn", "forkserver"):
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
                result, name = pool.submit(doubled, torch.arange(3.0)).result(60)
                assert result.tolist() == [0, 2, 4] and name.endswith("flambeau")
        loader = torch.utils.data.DataLoader(Pairs(), 3, num_workers=1, multiprocessing_context="spawn")
        seen = [(batch.sum().item(), names[0]) for batch, names in loader]
        assert seen == [(6.0, "module2.13.0+flambeau"), (24.0, "module2.13.0+flambeau")], seen
        print("done", __name__)

    if __name__ == "__main__":
        main()
"""


@pytest.mark.parametrize("how", ["file", "module", "folder"])
def test_pools_and_loaders(tmp_path, how):
    folder = tmp_path / "program"
    folder.mkdir()
    script = folder / ("__main__.py" if how == "folder" else "program.py")
    script.write_text(textwrap.dedent(POOL))
    if how == "folder":  # spawned processes cannot import the main module of a folder
        script.write_text("import torch, torch.nn\nassert torch.nn.Linear(1, 1)\nprint('done', __name__)\n")
    arguments = {"file": [str(script)], "module": ["-m", "program"], "folder": [str(folder)]}[how]
    result = run("-m", "flambeau", *arguments, cwd=folder)
    assert result.returncode == 0 and result.stdout == "done __main__\n", result.stderr


def test_distribution_beside_the_stand_in_has_our_version():
    from pathlib import Path

    import flambeau

    folder = Path(flambeau.__file__).parent / "_drop_in"
    (metadata,) = folder.glob("torch-*.dist-info/METADATA")
    assert metadata.parent.name == f"torch-{flambeau.__version__}.dist-info"
    assert f"Version: {flambeau.__version__}\n" in metadata.read_text()
