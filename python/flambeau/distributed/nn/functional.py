"""Collectives with gradients. Not there; see `flambeau.distributed._rooms`."""

from flambeau.distributed._rooms import absent

absent(
    globals(),
    classes=(),
    functions=("all_gather", "all_reduce", "all_to_all", "broadcast", "gather", "reduce", "reduce_scatter", "scatter"),
)
