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
            assert queue.get(timeout=60) == ("flambeau", "2.13.0+flambeau", True), method
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


def test_a_module(tmp_path):
    (tmp_path / "program.py").write_text("import sys, torch\nprint(torch.__name__, __name__, sys.argv[1:])\n")
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *filter(None, [environment.get("PYTHONPATH")])])
    result = run("-m", "flambeau", "-m", "program", "x", env=environment)
    assert result.returncode == 0 and result.stdout == "flambeau __main__ ['x']\n", result.stderr


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
