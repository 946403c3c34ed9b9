"""The messages that TensorBoard shows: each function makes a Summary of a tag and a value."""

from __future__ import annotations

import io
import json
import logging
import struct
import wave
from typing import Any

import numpy

from . import _need_tensorboard

_need_tensorboard()

from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata  # noqa: E402
from tensorboard.compat.proto.tensor_pb2 import TensorProto  # noqa: E402
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto  # noqa: E402
from tensorboard.compat.proto.types_pb2 import DataType  # noqa: E402
from tensorboard.plugins.custom_scalar import layout_pb2  # noqa: E402
from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData  # noqa: E402
from tensorboard.plugins.text.plugin_data_pb2 import TextPluginData  # noqa: E402

from ._convert_np import make_np  # noqa: E402
from ._utils import _prepare_video, convert_to_HWC  # noqa: E402

__all__ = [
    "audio", "custom_scalars", "histogram", "histogram_raw", "hparams", "image", "image_boxes", "make_histogram",
    "make_image", "make_video", "mesh", "pr_curve", "pr_curve_raw", "scalar", "tensor_proto", "text", "video",
]  # fmt: skip

logger = logging.getLogger(__name__)


def _shape(*sizes: int) -> Any:
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])


def _metadata(plugin: str, content: bytes = b"") -> Any:
    return SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin, content=content))


def _one(tag: str, **content: Any) -> Any:
    return Summary(value=[Summary.Value(tag=tag, **content)])


# --- numbers ----------------------------------------------------------------------------------------------------------
def scalar(
    name: str, tensor: Any, collections: Any = None, new_style: bool = False, double_precision: bool = False
) -> Any:
    """One number.

    Args:
        new_style: as a tensor rather than in the older field for numbers.
        double_precision: as a float64, in the new style.
    """
    values = make_np(tensor).squeeze()
    if values.ndim != 0:
        raise AssertionError(f"tensorboard.scalar: a value of shape {values.shape}, one number is wanted")
    number = float(values)
    if not new_style:
        return _one(name, simple_value=number)
    if double_precision:
        value = TensorProto(double_val=[number], dtype="DT_DOUBLE")
    else:
        value = TensorProto(float_val=[number], dtype="DT_FLOAT")
    return _one(name, tensor=value, metadata=_metadata("scalars"))


# The type in a message, the field of its numbers, and how they are written there.
_TENSOR_FIELDS: dict[str, tuple[str, str]] = {
    "float16": ("DT_HALF", "half_val"),
    "bfloat16": ("DT_BFLOAT16", "half_val"),
    "float32": ("DT_FLOAT", "float_val"),
    "float64": ("DT_DOUBLE", "double_val"),
    "int8": ("DT_INT8", "int_val"),
    "uint8": ("DT_UINT8", "int_val"),
    "int16": ("DT_INT16", "int_val"),
    "int32": ("DT_INT32", "int_val"),
    "int64": ("DT_INT64", "int64_val"),
    "complex32": ("DT_COMPLEX64", "scomplex_val"),
    "complex64": ("DT_COMPLEX64", "scomplex_val"),
    "complex128": ("DT_COMPLEX128", "dcomplex_val"),
    "bool": ("DT_BOOL", "bool_val"),
}


def tensor_proto(tag: str, tensor: Any) -> Any:
    """A tensor of any number type, with its shape."""
    import flambeau

    kind = str(tensor.dtype).rpartition(".")[2]
    if tensor.numel() * tensor.itemsize >= 1 << 31:
        raise ValueError(f"tensorboard.tensor_proto: {tensor.numel() * tensor.itemsize} bytes, a message holds 2³¹")
    if kind not in _TENSOR_FIELDS:
        raise ValueError(f"tensorboard.tensor_proto: dtype {tensor.dtype}; {', '.join(_TENSOR_FIELDS)} are written")
    dtype, field = _TENSOR_FIELDS[kind]
    flat = tensor.detach().cpu().reshape(-1)
    if field == "half_val":
        values = flat.contiguous().view(flambeau.int16).to(flambeau.int32).bitwise_and(0xFFFF).tolist()
    elif flat.is_complex():
        values = flambeau.view_as_real(flat.to(flambeau.complex128)).reshape(-1).tolist()
    else:
        values = flat.tolist()
    proto = TensorProto(dtype=getattr(DataType, dtype), tensor_shape=_shape(*tensor.shape), **{field: values})
    return _one(tag, tensor=proto, metadata=_metadata("tensor"))


# --- histograms -------------------------------------------------------------------------------------------------------
def histogram_raw(
    name: str, min: float, max: float, num: Any, sum: float, sum_squares: float, bucket_limits: Any, bucket_counts: Any
) -> Any:
    """A histogram that has been counted already: limits are the upper ends of the bins."""
    counted = HistogramProto(
        min=min, max=max, num=num, sum=sum, sum_squares=sum_squares, bucket_limit=bucket_limits, bucket=bucket_counts
    )
    return _one(name, histo=counted)


def histogram(name: str, values: Any, bins: Any, max_bins: int | None = None) -> Any:
    """A histogram of numbers; `bins` as for `numpy.histogram`."""
    return _one(name, histo=make_histogram(make_np(values).astype(float), bins, max_bins))


def make_histogram(values: numpy.ndarray, bins: Any, max_bins: int | None = None) -> Any:
    """The counts without the empty bins at both ends, except one before the first that is not empty."""
    if values.size == 0:
        raise ValueError("tensorboard.histogram: there are no values")
    values = values.reshape(-1)
    counts, limits = numpy.histogram(values, bins=bins)
    if max_bins is not None and len(counts) > max_bins:
        together = len(counts) // max_bins
        rest = len(counts) % together
        if rest:
            counts = numpy.pad(counts, (0, together - rest))
        counts = counts.reshape(-1, together).sum(-1)
        ends = limits[::together]
        limits = ends if len(ends) == len(counts) + 1 else numpy.append(ends, limits[-1])
    filled = numpy.flatnonzero(counts)
    if not filled.size:
        raise ValueError("tensorboard.histogram: no value lies in a bin")
    first, last = int(filled[0]), int(filled[-1])
    kept = counts[first - 1 : last + 1] if first else numpy.concatenate([[0], counts[: last + 1]])
    return HistogramProto(
        min=values.min(),
        max=values.max(),
        num=len(values),
        sum=values.sum(),
        sum_squares=values.dot(values),
        bucket_limit=limits[first : last + 2].tolist(),
        bucket=kept.tolist(),
    )


# --- pictures and sounds ----------------------------------------------------------------------------------------------
def _calc_scale_factor(tensor: numpy.ndarray) -> int:
    return 1 if tensor.dtype == numpy.uint8 else 255


def make_image(tensor: numpy.ndarray, rescale: float = 1, rois: Any = None, labels: Any = None) -> Any:
    """A picture (H, W, C) of bytes as PNG; with boxes drawn, if `rois` are given."""
    from PIL import Image

    height, width, channels = tensor.shape
    picture = Image.fromarray(tensor)
    if rois is not None:
        picture = draw_boxes(picture, rois, labels=labels)
    if rescale != 1:
        size = (int(width * rescale), int(height * rescale))
        picture = picture.resize(size, getattr(Image, "Resampling", Image).LANCZOS)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return Summary.Image(
        height=picture.size[1], width=picture.size[0], colorspace=channels, encoded_image_string=file.getvalue()
    )


def draw_boxes(disp_image: Any, boxes: Any, labels: Any = None) -> Any:
    """Draw boxes (xmin, ymin, xmax, ymax) into a picture of Pillow, with texts."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(disp_image)
    for number, box in enumerate(boxes):
        left, top, right, bottom = (float(edge) for edge in box)
        draw.line([(left, top), (left, bottom), (right, bottom), (right, top), (left, top)], width=2, fill="Red")
        if labels is not None:
            x0, y0, x1, y1 = draw.textbbox((left, bottom), str(labels[number]))
            draw.rectangle([(x0, y0), (x1, y1)], fill="Red")
            draw.text((left, bottom), str(labels[number]), fill="black")
    return disp_image


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "NCHW") -> Any:
    """A picture, or several in a grid: bytes, or floats from 0 to 1. `dataformats` names the axes."""
    picture = convert_to_HWC(make_np(tensor), dataformats)
    picture = (picture.astype(numpy.float32) * _calc_scale_factor(picture)).clip(0, 255).astype(numpy.uint8)
    return _one(tag, image=make_image(picture, rescale=rescale))


def image_boxes(
    tag: str, tensor_image: Any, tensor_boxes: Any, rescale: float = 1, dataformats: str = "CHW", labels: Any = None
) -> Any:
    """A picture with boxes (N, 4) drawn."""
    picture = convert_to_HWC(make_np(tensor_image), dataformats)
    picture = (picture.astype(numpy.float32) * _calc_scale_factor(picture)).clip(0, 255).astype(numpy.uint8)
    return _one(tag, image=make_image(picture, rescale=rescale, rois=make_np(tensor_boxes), labels=labels))


def video(tag: str, tensor: Any, fps: float = 4) -> Any:
    """Videos (N, T, C, H, W) as a GIF."""
    frames = _prepare_video(make_np(tensor))
    frames = (frames.astype(numpy.float32) * _calc_scale_factor(frames)).clip(0, 255).astype(numpy.uint8)
    return _one(tag, image=make_video(frames, fps))


def make_video(tensor: numpy.ndarray, fps: float) -> Any:
    """Frames (T, H, W, C) of bytes as a GIF that is shown again and again, each frame for 1 / fps seconds."""
    from PIL import Image

    _, height, width, channels = tensor.shape
    first, *rest = (Image.fromarray(frame[:, :, 0] if channels == 1 else frame) for frame in tensor)
    written = io.BytesIO()
    first.save(written, "GIF", save_all=True, append_images=rest, duration=1000 / fps, loop=0)
    return Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=written.getvalue())


def audio(tag: str, tensor: Any, sample_rate: int = 44100) -> Any:
    """A sound, numbers from -1 to 1 of one channel, as WAV of 16 bits."""
    samples = make_np(tensor).squeeze()
    if numpy.abs(samples).max(initial=0) > 1:
        logger.warning("tensorboard.audio: values beyond ±1 are cut off")
        samples = samples.clip(-1, 1)
    if samples.ndim != 1:
        raise AssertionError(f"tensorboard.audio: a sound of shape {samples.shape}, one channel is wanted")
    numbers = (samples * numpy.iinfo(numpy.int16).max).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sample_rate)
        out.writeframes(numbers.tobytes())
    sound = Summary.Audio(
        sample_rate=sample_rate,
        num_channels=1,
        length_frames=numbers.shape[-1],
        encoded_audio_string=file.getvalue(),
        content_type="audio/wav",
    )
    return _one(tag, audio=sound)


# --- texts and plugins ------------------------------------------------------------------------------------------------
def text(tag: str, text: str) -> Any:
    """A text, in Markdown."""
    value = TensorProto(dtype="DT_STRING", string_val=[text.encode("utf8")], tensor_shape=_shape(1))
    content = TextPluginData(version=0).SerializeToString()
    return _one(tag + "/text_summary", tensor=value, metadata=_metadata("text", content))


def custom_scalars(layout: dict[str, dict[str, Any]]) -> Any:
    """Charts of several numbers: {category: {title: [kind, tags]}}, where kind is "Multiline" or "Margin"."""
    categories = []
    for category, charts in layout.items():
        made = []
        for title, (kind, tags) in charts.items():
            if kind == "Margin":
                if len(tags) != 3:
                    raise AssertionError(f"custom_scalars: a margin chart wants value, lower and upper, got {tags}")
                series = layout_pb2.MarginChartContent.Series(value=tags[0], lower=tags[1], upper=tags[2])
                made.append(layout_pb2.Chart(title=title, margin=layout_pb2.MarginChartContent(series=[series])))
            else:
                made.append(layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=tags)))
        categories.append(layout_pb2.Category(title=category, chart=made))
    content = layout_pb2.Layout(category=categories).SerializeToString()
    value = TensorProto(dtype="DT_STRING", string_val=[content], tensor_shape=_shape())
    return _one("custom_scalars__config__", tensor=value, metadata=_metadata("custom_scalars"))


def pr_curve_raw(
    tag: str,
    tp: Any,
    fp: Any,
    tn: Any,
    fn: Any,
    precision: Any,
    recall: Any,
    num_thresholds: int = 127,
    weights: Any = None,
) -> Any:
    """A curve of precision and recall whose six rows, tensors, arrays or lists, have been computed already."""
    num_thresholds = min(num_thresholds, 127)
    rows = (tp, fp, tn, fn, precision, recall)
    data = numpy.stack([numpy.array(row) if isinstance(row, (list, tuple)) else make_np(row) for row in rows])
    content = PrCurvePluginData(version=0, num_thresholds=num_thresholds).SerializeToString()
    value = TensorProto(dtype="DT_FLOAT", float_val=data.reshape(-1).tolist(), tensor_shape=_shape(*data.shape))
    return _one(tag, tensor=value, metadata=_metadata("pr_curves", content))


def pr_curve(tag: str, labels: Any, predictions: Any, num_thresholds: int = 127, weights: Any = None) -> Any:
    """A curve of precision and recall of predictions from 0 to 1 for labels 0 and 1."""
    num_thresholds = min(num_thresholds, 127)
    rows = compute_curve(make_np(labels), make_np(predictions), num_thresholds=num_thresholds, weights=weights)
    tp, fp, tn, fn, precision, recall = rows
    return pr_curve_raw(tag, tp, fp, tn, fn, precision, recall, num_thresholds)


def compute_curve(labels: Any, predictions: Any, num_thresholds: int = 127, weights: Any = None) -> numpy.ndarray:
    """Rows of true and false positives, true and false negatives, precision and recall, a column a threshold."""
    least = 1e-7
    weights = 1.0 if weights is None else weights
    place = numpy.int32(numpy.floor(predictions * (num_thresholds - 1)))
    counts = []
    for chosen in (labels, 1 - labels):
        shown, _ = numpy.histogram(
            place, bins=num_thresholds, range=(0, num_thresholds - 1), weights=chosen.astype(float) * weights
        )
        counts.append(numpy.cumsum(shown[::-1])[::-1])
    tp, fp = counts
    tn, fn = fp[0] - fp, tp[0] - tp
    precision = tp / numpy.maximum(least, tp + fp)
    recall = tp / numpy.maximum(least, tp + fn)
    return numpy.stack((tp, fp, tn, fn, precision, recall))


def mesh(
    tag: str,
    vertices: Any,
    colors: Any,
    faces: Any,
    config_dict: Any,
    display_name: str | None = None,
    description: str | None = None,
) -> Any:
    """Points in space (batch, points, 3), with colours and triangles."""
    from tensorboard.plugins.mesh import metadata
    from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData

    kinds = ((vertices, MeshPluginData.VERTEX), (faces, MeshPluginData.FACE), (colors, MeshPluginData.COLOR))
    given = [(make_np(tensor), kind) for tensor, kind in kinds if tensor is not None]
    components = metadata.get_components_bitmask([kind for _, kind in given])
    values = []
    for data, kind in given:
        about = metadata.create_summary_metadata(
            tag, display_name, kind, components, data.shape, description, json_config=json.dumps(config_dict or {})
        )
        dtype = "DT_INT32" if kind == MeshPluginData.FACE else "DT_FLOAT"
        field = "int_val" if kind == MeshPluginData.FACE else "float_val"
        proto = TensorProto(dtype=dtype, tensor_shape=_shape(*data.shape), **{field: data.reshape(-1).tolist()})
        name = metadata.get_instance_name(tag, kind)
        values.append(Summary.Value(tag=name, tensor=proto, metadata=about))
    return Summary(value=values)


def hparams(
    hparam_dict: dict[str, Any] | None = None,
    metric_dict: dict[str, Any] | None = None,
    hparam_domain_discrete: dict[str, list[Any]] | None = None,
) -> tuple[Any, Any, Any]:
    """Three summaries: what the experiment varies and measures, one run's values, and that it has ended.

    Args:
        hparam_dict: numbers, truth values, texts or tensors of one number, by name.
        metric_dict: the names of what is measured.
        hparam_domain_discrete: the values that a name may have.
    """
    from google.protobuf import struct_pb2
    from tensorboard.plugins.hparams.api_pb2 import DataType, Experiment, HParamInfo, MetricInfo, MetricName, Status
    from tensorboard.plugins.hparams.metadata import (
        EXPERIMENT_TAG,
        PLUGIN_DATA_VERSION,
        PLUGIN_NAME,
        SESSION_END_INFO_TAG,
        SESSION_START_INFO_TAG,
    )
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo

    import flambeau

    for name, given in (("hparam_dict", hparam_dict), ("metric_dict", metric_dict)):
        if not isinstance(given, dict):
            raise TypeError(f"tensorboard.hparams: {name} is a {type(given).__name__}, a dict is wanted")
    assert hparam_dict is not None and metric_dict is not None
    domains = hparam_domain_discrete or {}
    if not isinstance(domains, dict) or not all(name in hparam_dict for name in domains):
        raise TypeError("tensorboard.hparams: hparam_domain_discrete wants names of hparam_dict and lists of values")
    start, infos = SessionStartInfo(), []
    kinds: list[tuple[type, str, Any]] = [
        (bool, "bool_value", DataType.DATA_TYPE_BOOL),
        (int, "number_value", DataType.DATA_TYPE_FLOAT64),
        (float, "number_value", DataType.DATA_TYPE_FLOAT64),
        (str, "string_value", DataType.DATA_TYPE_STRING),
    ]
    for name, value in hparam_dict.items():
        if value is None:
            continue
        if isinstance(value, flambeau.Tensor):
            value = make_np(value)[0]
        if isinstance(value, numpy.generic):
            value = value.item()
        kind = next(((field, code) for type_, field, code in kinds if isinstance(value, type_)), None)
        if kind is None:
            raise ValueError(f"tensorboard.hparams: {name} is {value!r}; a number, bool, str or tensor is wanted")
        setattr(start.hparams[name], kind[0], value)
        domain = None
        if name in domains:
            if not all(
                isinstance(each, type(value)) and isinstance(each, bool) is isinstance(value, bool)
                for each in domains[name]
            ):
                raise TypeError(
                    f"tensorboard.hparams: the domain of {name}, {domains[name]}, is to have values of its type, "
                    f"{type(value).__name__}"
                )
            domain = struct_pb2.ListValue(values=[struct_pb2.Value(**{kind[0]: each}) for each in domains[name]])
        infos.append(HParamInfo(name=name, type=kind[1], domain_discrete=domain))
    metrics = [MetricInfo(name=MetricName(tag=name)) for name in metric_dict]
    experiment = Experiment(hparam_infos=infos, metric_infos=metrics)

    def summary_of(tag: str, **content: Any) -> Any:
        data = HParamsPluginData(version=PLUGIN_DATA_VERSION, **content).SerializeToString()
        return _one(tag, metadata=_metadata(PLUGIN_NAME, data))

    return (
        summary_of(EXPERIMENT_TAG, experiment=experiment),
        summary_of(SESSION_START_INFO_TAG, session_start_info=start),
        summary_of(SESSION_END_INFO_TAG, session_end_info=SessionEndInfo(status=Status.Value("STATUS_SUCCESS"))),
    )


def half_to_int(f: float) -> int:
    """The bits of a number as float16."""
    return struct.unpack("<H", struct.pack("<e", f))[0]


def int_to_half(i: int) -> float:
    """The number that bits of float16 say."""
    return struct.unpack("<e", struct.pack("<H", i))[0]
