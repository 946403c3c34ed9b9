"""Meshes of devices. Not there; see `flambeau.distributed._rooms`."""

from flambeau.distributed._rooms import absent

absent(
    globals(),
    classes=("DeviceMesh",),
    functions=("init_device_mesh",),
)
