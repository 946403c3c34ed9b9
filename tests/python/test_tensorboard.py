"""utils.tensorboard, read back by the tensorboard package; without it, a named error."""

from __future__ import annotations

import subprocess
import sys

import pytest

import flambeau


def test_without_the_package_the_error_names_it():
    code = (
        "import sys; sys.modules['tensorboard'] = None\n"
        "import flambeau.utils.tensorboard as t\n"
        "try: t.SummaryWriter\n"
        "except ModuleNotFoundError as e: print(e)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install tensorboard" in done.stdout


def test_what_is_logged_is_read_back(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from flambeau.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", flambeau.tensor(2.5), 3)
        writer.add_scalars("both/x", {"a": 1, "b": 2}, 1)
        writer.add_histogram("weights", flambeau.tensor([1.0, 2, 2, 3]), 1, bins=3)
        writer.add_text("note", "hello")
        writer.add_image("picture", flambeau.rand(3, 4, 5))
        writer.add_images("pictures", flambeau.rand(9, 1, 4, 5))
        writer.add_hparams({"lr": 0.1, "kind": "sgd"}, {"loss": 1.0}, run_name="trial")
        writer.add_embedding(flambeau.ones(3, 2), metadata=["a", "b", "c"])
        with pytest.raises(NotImplementedError, match="add_graph"):
            writer.add_graph(flambeau.nn.Linear(2, 2))
    read = EventAccumulator(str(tmp_path / "run"))
    read.Reload()
    tags = read.Tags()
    assert tags["scalars"] == ["loss"] and tags["histograms"] == ["weights"]
    assert sorted(tags["images"]) == ["picture", "pictures"] and tags["tensors"] == ["note/text_summary"]
    (event,) = read.Scalars("loss")
    assert (event.step, event.value) == (3, 2.5)
    counted = read.Histograms("weights")[0].histogram_value
    assert (counted.num, counted.sum, list(counted.bucket)) == (4, 8, [0, 1, 2, 1])
    assert {p.name for p in (tmp_path / "run").iterdir() if p.is_dir()} == {"00000", "both_x_a", "both_x_b", "trial"}
    trial = EventAccumulator(str(tmp_path / "run" / "trial"))
    trial.Reload()
    assert trial.Scalars("loss")[0].value == 1.0
    assert (tmp_path / "run" / "00000" / "default" / "metadata.tsv").read_text() == "a\nb\nc\n"
