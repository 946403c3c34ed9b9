"""utils.tensorboard, read back by the tensorboard package; without it, a named error."""

from __future__ import annotations

import io
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
        writer.add_pr_curve_raw("raw", *[[1, 2]] * 4, [0.5, 1.0], flambeau.tensor([1.0, 0.5]), num_thresholds=2)
        writer.add_video("film", flambeau.rand(1, 5, 3, 8, 8), fps=2)
        writer.add_graph(flambeau.nn.Linear(2, 2), flambeau.ones(1, 2))
    read = EventAccumulator(str(tmp_path / "run"))
    read.Reload()
    tags = read.Tags()
    assert tags["scalars"] == ["loss"] and tags["histograms"] == ["weights"]
    assert (
        sorted(tags["images"]) == ["film", "picture", "pictures"]
        and tags["graph"]
        and sorted(tags["tensors"]) == ["note/text_summary", "raw"]
    )
    (event,) = read.Scalars("loss")
    assert (event.step, event.value) == (3, 2.5)
    counted = read.Histograms("weights")[0].histogram_value
    assert (counted.num, counted.sum, list(counted.bucket)) == (4, 8, [0, 1, 2, 1])
    assert {p.name for p in (tmp_path / "run").iterdir() if p.is_dir()} == {"00000", "both_x_a", "both_x_b", "trial"}
    trial = EventAccumulator(str(tmp_path / "run" / "trial"))
    trial.Reload()
    assert trial.Scalars("loss")[0].value == 1.0
    assert (tmp_path / "run" / "00000" / "default" / "metadata.tsv").read_text() == "a\nb\nc\n"


def test_a_film_has_its_frames_in_time():
    pytest.importorskip("tensorboard")
    image = pytest.importorskip("PIL.Image")
    from flambeau.utils.tensorboard import summary

    frames = flambeau.arange(5).reshape(1, 5, 1, 1, 1).expand(1, 5, 3, 8, 8).mul(50).to(flambeau.uint8)
    film = image.open(io.BytesIO(summary.video("film", frames, fps=4).value[0].image.encoded_image_string))
    assert film.n_frames == 5 and film.info["duration"] == 250 and film.size == (8, 8)
    for k in range(5):
        film.seek(k)
        assert abs(film.convert("RGB").getpixel((3, 3))[0] - 50 * k) <= 3


def test_hyperparameters_are_checked():
    pytest.importorskip("tensorboard")
    from flambeau.utils.tensorboard import summary

    given = {"lr": 0.1, "on": True, "name": "x"}
    summary.hparams(given, {"loss": 1.0}, {"lr": [0.1, 0.2], "on": [True], "name": ["x", "y"]})
    for domain in ({"other": [1]}, {"lr": [True]}, {"on": [1]}, {"name": [1.0]}):
        with pytest.raises(TypeError, match="domain"):
            summary.hparams(given, {"loss": 1.0}, domain)
    with pytest.raises(TypeError):
        summary.hparams([], {})
    with pytest.raises(NotImplementedError):
        summary.scalar("a", [1, 2])


def test_the_graph_of_a_model_is_its_calls_by_module():
    pytest.importorskip("tensorboard")
    from flambeau.utils.tensorboard._pytorch_graph import graph

    nn = flambeau.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.9))
            self.register_buffer("shift", flambeau.ones(4))

        def forward(self, x, y):
            hidden = self.layers(x) + self.shift
            hidden.mul_(2)
            return {"sum": (hidden * y).sum()} if y.dim() == 0 else [hidden, hidden + y]

    model = Model()
    made, _ = graph(model, (flambeau.ones(2, 3), flambeau.ones(2, 4)))
    assert model.training and model.layers[1].training
    nodes = {node.name: (node.op, list(node.input)) for node in made.node}
    assert len(nodes) == len(made.node)
    linear = "Model/Sequential[layers]/Linear[0]"
    assert nodes[f"{linear}/linear"] == ("aten::linear", ["input/x", f"{linear}/weight", f"{linear}/bias"])
    assert nodes["Model/mul_"] == ("aten::mul_", ["Model/add"])
    assert nodes["Model/add.2"] == ("aten::add", ["Model/mul_", "input/y"])
    assert nodes["output/output.1"] == ("IO Node", ["Model/mul_"])
    assert nodes["output/output.2"] == ("IO Node", ["Model/add.2"])
    assert [d.size for d in made.node[0].attr["_output_shapes"].list.shape[0].dim] == [2, 3]
    with pytest.raises(RuntimeError, match="dict"):
        graph(model, (flambeau.ones(2, 3), flambeau.ones(())))
    made, _ = graph(model, (flambeau.ones(2, 3), flambeau.ones(())), use_strict_trace=False)
    assert made.node[-1].input == ["Model/sum"]
    with pytest.raises(RuntimeError):
        graph(model, (flambeau.ones(2, 5), flambeau.ones(2, 4)))
    assert model.training
