"""The programs of examples/ in a shortened form, each to a stated quality."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def example(name):
    """The module of an example."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_regression_recovers_the_curve():
    assert example("regression").main([]) < 0.03


def test_gpt_learns_characters():
    bits = example("gpt").main(["--steps", "60", "--files", "10", "--write", "20"])
    assert bits < 4.2  # 6.6 before training


def test_lstm_agrees_with_its_subject():
    perplexity, right = example("lstm").main(["--steps", "300"])
    assert perplexity < 4.5
    assert right > 0.85


def test_policy_gradient_balances():
    assert example("policy_gradient").main(["--rounds", "20"]) > 35  # 20 by chance


class TestOnDigits:
    @pytest.fixture(autouse=True)
    def packages(self):
        pytest.importorskip("numpy")
        pytest.importorskip("sklearn")

    def test_vae_bound(self):
        assert example("vae").main(["--epochs", "8"]) > -29

    def test_gan_makes_digits(self):
        confidence, _ = example("gan").main(["--epochs", "4", "--judge-epochs", "6"])
        assert confidence > 0.4  # the judge is unsure of noise

    def test_resnet_accuracy(self):
        assert example("resnet").main(["--epochs", "2"]) > 0.85

    @pytest.mark.parametrize("start", ["fork", "spawn"])
    def test_hogwild_trains_one_network(self, start):
        command = [sys.executable, EXAMPLES / "hogwild.py", "--start", start, "--epochs", "6", "--processes", "3"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
        steps, right = re.search(r"([\d,]+) steps .* accuracy ([\d.]+) %", done.stdout).groups()
        assert int(steps.replace(",", "")) == 3 * 6 * 44  # none is lost
        assert float(right) > 90

    def test_per_sample_gradients_agree_and_train(self):
        worst, accuracy = example("per_sample_gradients").main(["--steps", "120"])
        assert worst < 1e-4
        assert accuracy > 0.7
