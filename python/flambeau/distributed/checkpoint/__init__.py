"""Checkpoints of distributed states. Not there; see `flambeau.distributed._rooms`."""

from flambeau.distributed._rooms import absent

absent(
    globals(),
    classes=("FileSystemWriter", "FileSystemReader", "DefaultLoadPlanner", "DefaultSavePlanner"),
    functions=("save", "load", "async_save"),
)
