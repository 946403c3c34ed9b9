"""Samples of convolution, pooling, resizing and the folding of windows."""

from __future__ import annotations

from typing import Any

from . import calls

ONE, NONE = (1, 1), (0, 0)
SAMPLES: dict[str, Any] = {
    "convolution": lambda s: calls(
        (s((2, 4, 5, 4)), s((4, 2, 3, 2)), s((4,)), (2, 1), (1, 0), (1, 2), False, (0, 0), 2),
        (s((2, 4, 3, 3)), s((4, 3, 3, 2)), None, (2, 1), (1, 0), (1, 2), True, (1, 0), 2),
    ),
    "_convolution": lambda s: [
        s((1, 2, 4, 4)),
        s((3, 2, 2, 2)),
        None,
        ONE,
        NONE,
        ONE,
        False,
        NONE,
        1,
        False,
        False,
        True,
        True,
    ],
    "convolution_backward": lambda s: [
        s((2, 3, 3, 3)),
        s((2, 2, 4, 4)),
        s((3, 2, 2, 2)),
        (3,),
        ONE,
        NONE,
        ONE,
        False,
        NONE,
        1,
        (True, True, True),
    ],
    "conv1d": lambda s: calls((s((2, 2, 5)), s((3, 2, 2)), s((3,)), 2, 1), (s((2, 5)), s((3, 2, 2)))),
    "conv1d.padding": lambda s: [s((2, 2, 5)), s((3, 2, 2)), None, 1, "valid"],
    "conv2d": lambda s: [s((2, 2, 4, 4)), s((3, 2, 2, 2)), s((3,)), 1, 1],
    "conv2d.padding": lambda s: [s((2, 2, 4, 4)), s((3, 2, 3, 3)), s((3,)), 1, "same"],
    "conv3d": lambda s: [s((1, 2, 3, 3, 3)), s((2, 2, 2, 2, 2))],
    "conv3d.padding": lambda s: [s((1, 2, 3, 3, 3)), s((2, 2, 2, 2, 2)), None, 1, "valid"],
    "conv_transpose1d": lambda s: [s((2, 2, 4)), s((2, 3, 2)), s((3,)), 2],
    "conv_transpose2d.input": lambda s: [s((2, 2, 3, 3)), s((2, 3, 2, 2)), None, 2, 1, 1],
    "conv_transpose3d.input": lambda s: [s((1, 2, 2, 2, 2)), s((2, 2, 2, 2, 2))],
    "conv_tbc": lambda s: [s((4, 2, 2)), s((2, 2, 3)), s((3,)), 1],
    "_pool_scatter": lambda s: [s((1, 2, 2)), s.lib.tensor([[[0, 3], [1, 1]]]), 1, (1, 2, 4), False],
    "_pool_gather": lambda s: [s((1, 2, 4)), s.lib.tensor([[[0, 3], [1, 1]]]), 1, False],
    "_max_pool": lambda s: [s((2, 2, 5)), (2,), (2,), (0,), (1,), True, 1, False],
    "max_pool1d": lambda s: [s((2, 2, 6)), 3, 2, 1],
    "max_pool1d_with_indices": lambda s: [s((2, 6)), 2],
    "max_pool2d": lambda s: calls((s((2, 2, 5, 5)), 3, 2, 1, 1, True), (s((2, 5, 5)), (2, 1), 1, 0, (2, 1))),
    "max_pool2d_with_indices": lambda s: [s((2, 2, 4, 4)), 2],
    "max_pool2d_with_indices_backward": lambda s: [
        s((1, 1, 1, 2)),
        s((1, 1, 2, 4)),
        (2, 2),
        (2, 2),
        NONE,
        ONE,
        False,
        s.lib.tensor([[[[4, 3]]]]),
    ],
    "max_pool3d": lambda s: [s((1, 2, 4, 4, 4)), 2],
    "max_pool3d_with_indices": lambda s: [s((1, 2, 4, 4, 4)), 2],
    "max_pool3d_with_indices_backward": lambda s: [
        s((1, 1, 1, 1, 1)),
        s((1, 1, 2, 2, 2)),
        2,
        2,
        0,
        1,
        False,
        s.lib.tensor([[[[[3]]]]]),
    ],
    "_average_pool": lambda s: [s((2, 2, 6)), (2,), (2,), (0,), False, True, None, 1, False],
    "_average_pool_backward": lambda s: [s((2, 2, 3)), (2, 2, 6), (2,), (2,), (0,), False, True, None, 1, False],
    "avg_pool1d": lambda s: [s((2, 2, 6)), 3, 2, 1],
    "avg_pool2d": lambda s: calls((s((2, 2, 5, 5)), 3, 2, 1, True, False), (s((2, 4, 4)), 2, 2, 0, False, True, 3)),
    "avg_pool2d_backward": lambda s: [s((1, 1, 2, 2)), s((1, 1, 4, 4)), (2, 2), (2, 2), NONE, False, True, None],
    "avg_pool3d": lambda s: [s((1, 2, 4, 4, 4)), 2],
    "avg_pool3d_backward": lambda s: [s((1, 1, 1, 1, 1)), s((1, 1, 2, 2, 2)), 2, 2, 0, False, True, None],
    "_adaptive_average_pool": lambda s: [s((2, 2, 5)), (3,), False],
    "_adaptive_average_pool_backward": lambda s: [s((2, 2, 3)), (2, 2, 5), (3,), False],
    "_adaptive_max_pool": lambda s: [s((2, 2, 5)), (3,), False],
    **{f"adaptive_{kind}_pool1d": lambda s: [s((2, 2, 5)), 3] for kind in ("avg", "max")},
    **{
        f"{name}_pool2d": lambda s: [s((2, 2, 5, 4)), (3, 2)]
        for name in ("adaptive_avg", "adaptive_max", "_adaptive_avg")
    },
    **{
        f"{name}_pool3d": lambda s: [s((1, 2, 3, 3, 4)), (2, 1, 3)]
        for name in ("adaptive_avg", "adaptive_max", "_adaptive_avg")
    },
    "_adaptive_avg_pool2d_backward": lambda s: [s((1, 2, 2, 2)), s((1, 2, 3, 4))],
    "_adaptive_avg_pool3d_backward": lambda s: [s((1, 1, 1, 2, 2)), s((1, 1, 2, 3, 4))],
    "adaptive_max_pool2d_backward": lambda s: [s((1, 1, 1, 2)), s((1, 1, 2, 4)), s.lib.tensor([[[[4, 3]]]])],
    "adaptive_max_pool3d_backward": lambda s: [s((1, 1, 1, 1, 1)), s((1, 1, 2, 2, 2)), s.lib.tensor([[[[[3]]]]])],
    "fractional_max_pool2d": lambda s: [s((1, 2, 5, 5)), 2, (3, 3), s((1, 2, 2), low=0, high=0.9)],
    "fractional_max_pool2d_backward": lambda s: [
        s((1, 1, 1, 2)),
        s((1, 1, 2, 4)),
        2,
        (1, 2),
        s.lib.tensor([[[[4, 3]]]]),
    ],
    "fractional_max_pool3d": lambda s: [s((1, 2, 4, 4, 4)), 2, (2, 2, 2), s((1, 2, 3), low=0, high=0.9)],
    "fractional_max_pool3d_backward": lambda s: [
        s((1, 1, 1, 1, 1)),
        s((1, 1, 2, 2, 2)),
        2,
        1,
        s.lib.tensor([[[[[3]]]]]),
    ],
    "max_unpool2d": lambda s: [s((1, 1, 1, 2)), s.lib.tensor([[[[4, 3]]]]), (2, 4)],
    "max_unpool3d": lambda s: [s((1, 1, 1, 1, 2)), s.lib.tensor([[[[[4, 3]]]]]), (1, 2, 4), (1, 2, 2), (0, 0, 0)],
    "_resample": lambda s: [s((1, 2, 3)), (5,), "linear", False, (0.0,), False],
    "_resample_backward": lambda s: [s((1, 2, 5)), (1, 2, 3), "linear", False, (0.0,), False],
    **{f"{name}1d": lambda s: [s((1, 2, 4)), (6,)] for name in ("upsample_nearest", "_upsample_nearest_exact")},
    **{f"{name}2d": lambda s: [s((1, 2, 4, 3)), (6, 2)] for name in ("upsample_nearest", "_upsample_nearest_exact")},
    **{
        f"{name}3d": lambda s: [s((1, 1, 2, 3, 2)), (3, 2, 4)]
        for name in ("upsample_nearest", "_upsample_nearest_exact")
    },
    **{
        f"{name}1d.vec": lambda s: [s((1, 2, 4)), None, (1.5,)]
        for name in ("upsample_nearest", "_upsample_nearest_exact")
    },
    **{
        f"{name}2d.vec": lambda s: [s((1, 2, 4, 4)), None, (1.5, 0.5)]
        for name in ("upsample_nearest", "_upsample_nearest_exact")
    },
    **{
        f"{name}3d.vec": lambda s: [s((1, 1, 2, 3, 2)), (3, 2, 4), None]
        for name in ("upsample_nearest", "_upsample_nearest_exact")
    },
    **{
        f"{name}1d_backward": lambda s: [s((1, 2, 6)), (6,), (1, 2, 4)]
        for name in ("upsample_nearest", "_upsample_nearest_exact")
    },
    **{
        f"{name}2d_backward": lambda s: [s((1, 2, 6, 2)), (6, 2), (1, 2, 4, 3)]
        for name in ("upsample_nearest", "_upsample_nearest_exact")
    },
    **{
        f"{name}3d_backward": lambda s: [s((1, 1, 3, 2, 4)), (3, 2, 4), (1, 1, 2, 3, 2)]
        for name in ("upsample_nearest", "_upsample_nearest_exact")
    },
    "upsample_linear1d": lambda s: calls((s((1, 2, 4)), (6,), False), (s((1, 2, 4)), (3,), True)),
    "upsample_linear1d.vec": lambda s: [s((1, 2, 4)), None, False, (1.5,)],
    "upsample_linear1d_backward": lambda s: [s((1, 2, 6)), (6,), (1, 2, 4), False],
    **{
        name: lambda s: calls((s((1, 2, 4, 3)), (6, 2), False), (s((1, 2, 4, 3)), (3, 5), True))
        for name in (
            "upsample_bilinear2d",
            "upsample_bicubic2d",
            "_upsample_bilinear2d_aa",
            "_upsample_bicubic2d_aa",
            "_upsample_lanczos2d_aa",
        )
    },
    **{
        f"{name}.vec": lambda s: [s((1, 2, 4, 4)), None, False, (1.5, 0.5)]
        for name in (
            "upsample_bilinear2d",
            "upsample_bicubic2d",
            "_upsample_bilinear2d_aa",
            "_upsample_bicubic2d_aa",
            "_upsample_lanczos2d_aa",
        )
    },
    **{
        f"{name}_backward": lambda s: [s((1, 2, 6, 2)), (6, 2), (1, 2, 4, 3), False]
        for name in (
            "upsample_bilinear2d",
            "upsample_bicubic2d",
            "_upsample_bilinear2d_aa",
            "_upsample_bicubic2d_aa",
            "_upsample_lanczos2d_aa",
        )
    },
    "upsample_trilinear3d": lambda s: [s((1, 1, 2, 3, 2)), (3, 2, 4), False],
    "upsample_trilinear3d.vec": lambda s: [s((1, 1, 2, 3, 2)), (3, 2, 4), False, None],
    "upsample_trilinear3d_backward": lambda s: [s((1, 1, 3, 2, 4)), (3, 2, 4), (1, 1, 2, 3, 2), False],
    "im2col": lambda s: [s((1, 2, 4, 4)), 2, 1, 1, 2],
    "col2im": lambda s: [s((1, 8, 9)), (4, 4), 2, 1, 1, 2],
    "pixel_shuffle": lambda s: [s((1, 8, 2, 3)), 2],
    "pixel_unshuffle": lambda s: [s((1, 2, 4, 6)), 2],
    "channel_shuffle": lambda s: [s((1, 6, 2)), 3],
    "native_channel_shuffle": lambda s: [s((1, 6, 2)), 2],
    "grid_sampler": lambda s: [s((1, 2, 3, 4)), s((1, 2, 2, 2), low=-0.9, high=0.9), 0, 0, False],
    "grid_sampler_2d": lambda s: calls(
        (s((1, 2, 3, 4)), s((1, 2, 2, 2), low=-0.9, high=0.9), 2, 1, False),
        (s((1, 2, 3, 4)), s((1, 2, 2, 2), low=-0.9, high=0.9), 0, 2, True),
    ),
    "grid_sampler_2d_backward": lambda s: [
        s((1, 2, 2, 2)),
        s((1, 2, 3, 4)),
        s((1, 2, 2, 2), low=-0.9, high=0.9),
        0,
        0,
        False,
        (True, True),
    ],
    "grid_sampler_3d": lambda s: [s((1, 1, 3, 2, 4)), s((1, 1, 2, 2, 3), low=-0.9, high=0.9), 0, 0, False],
    "grid_sampler_3d_backward": lambda s: [
        s((1, 1, 1, 2, 2)),
        s((1, 1, 3, 2, 4)),
        s((1, 1, 2, 2, 3), low=-0.9, high=0.9),
        0,
        0,
        False,
        (True, True),
    ],
    "_affine_base_grid": lambda s: [s((1,)), (1, 1, 2, 3), False],
    "affine_grid_generator": lambda s: [s((1, 2, 3)), (1, 1, 2, 3), False],
}

REAL = "float32 bfloat16"
TYPES = {
    name: "float32 bfloat16 complex64" if "conv" in name or name in ("im2col", "col2im", "_pool_scatter") else REAL
    for name in SAMPLES
    if "shuffle" not in name
}
ROUNDS_ONCE = {
    **dict.fromkeys(
        ("grid_sampler_2d", "grid_sampler_3d"), "PyTorch rounds the places in the image to the type of the grid"
    ),
    "convolution": "PyTorch rounds the columns' partial sums of a transposed convolution",
}
