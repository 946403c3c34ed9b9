"""Files of an embedding for TensorBoard's projector: vectors and labels as tables, pictures in one sprite."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy

from ._convert_np import make_np
from ._utils import make_grid

__all__ = ["get_embedding_info", "make_mat", "make_sprite", "make_tsv", "write_pbtxt"]


def make_tsv(metadata: Any, save_path: str, metadata_header: Any = None) -> None:
    """Write labels, a line each; with a header, each label is a row of columns."""
    if not metadata_header:
        lines = [str(label) for label in metadata]
    else:
        if len(metadata_header) != len(metadata[0]):
            raise AssertionError(f"make_tsv: {len(metadata_header)} titles for {len(metadata[0])} columns")
        lines = ["\t".join(metadata_header), *("\t".join(str(cell) for cell in row) for row in metadata)]
    with open(os.path.join(save_path, "metadata.tsv"), "wb") as file:
        file.write(("\n".join(lines) + "\n").encode("utf8"))


def make_sprite(label_img: Any, save_path: str) -> None:
    """Write pictures (N, C, H, W) of 0 to 1 as a square of pictures."""
    from PIL import Image

    images = make_np(label_img)
    rows = math.ceil(math.sqrt(images.shape[0]))
    more = numpy.zeros((rows * rows - images.shape[0], *images.shape[1:]), dtype=images.dtype)
    grid = make_grid(numpy.concatenate([images, more]) * 255, ncols=rows).astype(numpy.uint8)
    Image.fromarray(grid.transpose(1, 2, 0)).save(os.path.join(save_path, "sprite.png"))


def get_embedding_info(metadata: Any, label_img: Any, subdir: str, global_step: Any, tag: str) -> Any:
    """The message that says where the files are."""
    from tensorboard.plugins.projector.projector_config_pb2 import EmbeddingInfo

    info = EmbeddingInfo()
    info.tensor_name = f"{tag}:{str(global_step).zfill(5)}"
    info.tensor_path = os.path.join(subdir, "tensors.tsv")
    if metadata is not None:
        info.metadata_path = os.path.join(subdir, "metadata.tsv")
    if label_img is not None:
        info.sprite.image_path = os.path.join(subdir, "sprite.png")
        info.sprite.single_image_dim.extend([label_img.shape[3], label_img.shape[2]])
    return info


def write_pbtxt(save_path: str, contents: str) -> None:
    """Write the projector's configuration."""
    with open(os.path.join(save_path, "projector_config.pbtxt"), "wb") as file:
        file.write(contents.encode("utf8"))


def make_mat(matlist: Any, save_path: str) -> None:
    """Write vectors, a line each."""
    with open(os.path.join(save_path, "tensors.tsv"), "wb") as file:
        for row in matlist:
            file.write(("\t".join(str(value.item()) for value in row) + "\n").encode("utf8"))
