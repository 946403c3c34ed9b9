"""Tensors spread over devices. Not there; see `flambeau.distributed._rooms`."""

from flambeau.distributed._rooms import absent

absent(
    globals(),
    classes=("DTensor", "Shard", "Replicate", "Partial", "Placement", "DeviceMesh"),
    functions=("distribute_tensor", "distribute_module", "init_device_mesh"),
)
