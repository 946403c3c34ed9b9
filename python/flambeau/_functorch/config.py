"""Settings of graph capture of gradients: kept and given back. Nothing follows from them."""

from flambeau._config_module import settings as _settings

activation_memory_budget = 1.0
donated_buffer = True
functionalize_rng_ops = False
recompute_views = False
view_replay_for_aliased_outputs = True

_settings(__name__)
