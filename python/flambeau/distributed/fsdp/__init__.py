"""Fully sharded data parallelism. Not there; see `flambeau.distributed._rooms`."""

from flambeau.distributed._rooms import absent

absent(
    globals(),
    classes=(
        "FullyShardedDataParallel",
        "ShardingStrategy",
        "StateDictType",
        "MixedPrecision",
        "MixedPrecisionPolicy",
        "FullStateDictConfig",
        "ShardedStateDictConfig",
        "FullOptimStateDictConfig",
        "CPUOffload",
        "CPUOffloadPolicy",
        "OffloadPolicy",
        "BackwardPrefetch",
        "FSDPModule",
    ),
    functions=("fully_shard", "register_fsdp_forward_method"),
)
