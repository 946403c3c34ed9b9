"""Settings of the compiler: kept and given back. There is no compiler, and nothing follows from them."""

from types import SimpleNamespace as _SimpleNamespace

from flambeau._config_module import settings as _settings

compile_threads = 1
conv_1x1_as_mm = False
coordinate_descent_check_all_directions = False
coordinate_descent_tuning = False
epilogue_fusion = True
fallback_random = False
force_fuse_int_mm_with_mul = False
freezing = False
fx_graph_cache = True
fx_graph_remote_cache = None
max_autotune = False
max_autotune_gemm = False
max_autotune_gemm_backends = "ATEN,TRITON,CPP"
shape_padding = True
use_mixed_mm = True
cpp = _SimpleNamespace(threads=-1, simdlen=None, enable_kernel_profile=False, descriptive_names="original_aten")
cuda = _SimpleNamespace(arch=None, version=None, compile_opt_level="-O1")
triton = _SimpleNamespace(
    cudagraphs=False, cudagraph_trees=True, unique_kernel_names=True, descriptive_names="original_aten"
)

_settings(__name__)
