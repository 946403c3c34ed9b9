"""Where a loaded storage goes: location tags, `map_location`, and the registry that other devices add to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau

Restore = Callable[[Any, str], Any]
_registry: list[tuple[int, Callable[[Any], str | None], Callable[[Any, str], Any]]] = []


def register_package(
    priority: int, tagger: Callable[[Any], str | None], deserializer: Callable[[Any, str], Any]
) -> None:
    """Add a kind of device: `tagger(storage)` names a storage's place or answers None, `deserializer(storage, place)`
    brings a CPU storage there or answers None. Lower priorities are asked first."""
    _registry.append((priority, tagger, deserializer))
    _registry.sort(key=lambda item: item[0])


def location_tag(storage: Any) -> str:
    """The text under which a storage's device is written: "cpu", "meta", "cuda:0"."""
    for _, tagger, _ in _registry:
        tag = tagger(storage)
        if tag is not None:
            return tag
    raise RuntimeError(f"save: no rule says how to name the device of {type(storage).__name__} on {storage.device}")


def default_restore_location(storage: Any, location: str) -> Any:
    """Bring a CPU storage to the place called `location`."""
    for _, _, deserializer in _registry:
        placed = deserializer(storage, location)
        if placed is not None:
            return placed
    raise RuntimeError(
        f"load: don't know how to restore data location of {type(storage).__name__} (tagged with {location})"
    )


def _cpu_tag(storage: Any) -> str | None:
    return "cpu" if storage.device.type == "cpu" else None


def _cpu_restore(storage: Any, location: str) -> Any:
    return storage if location == "cpu" else None


def _meta_tag(storage: Any) -> str | None:
    return "meta" if storage.device.type == "meta" else None


def _meta_restore(storage: Any, location: str) -> Any:
    return flambeau.UntypedStorage(storage.nbytes(), device="meta") if location == "meta" else None


def _accelerator_tag(storage: Any) -> str | None:
    device = storage.device
    return device.type if device.index is None else f"{device.type}:{device.index}"


def _accelerator_restore(storage: Any, location: str) -> Any:
    kind = location.partition(":")[0]
    if kind not in ("cuda", "mps", "xpu", "hpu"):
        return None
    available = getattr(getattr(flambeau, kind, None), "is_available", None)
    if available is None or not available():
        raise RuntimeError(
            f"load: Attempting to deserialize object on a {kind.upper()} device ({location!r}), but "
            f"flambeau.{kind}.is_available() is False here; pass "
            "map_location='cpu' (or flambeau.device('cpu')) to bring them to the CPU"
        )
    target = flambeau.device(location)
    module = getattr(flambeau, kind)
    if target.index is not None and target.index >= module.device_count():
        raise RuntimeError(
            f"load: the file holds storages on {location!r}, but there are only "
            f"{module.device_count()} {kind} devices; map_location can bring them elsewhere"
        )
    return storage.to(device=target)


register_package(10, _cpu_tag, _cpu_restore)
register_package(20, _meta_tag, _meta_restore)
register_package(100, _accelerator_tag, _accelerator_restore)


def restore_for(map_location: Any) -> tuple[Callable[[str], str | None], Restore]:
    """Two functions for `load`: the place that a tag is sure to lead to (None when a user's function decides), and
    the function that brings a storage there."""
    if map_location is None:
        return (lambda location: location), default_restore_location
    if isinstance(map_location, dict):

        def mapped(location: str) -> str:
            target = map_location.get(location, location)
            return target if isinstance(target, str) else str(target)

        return mapped, lambda storage, location: default_restore_location(storage, mapped(location))
    if isinstance(map_location, bytes):
        map_location = map_location.decode("ascii")
    if isinstance(map_location, (str, flambeau.device)):
        fixed = str(map_location)
        return (lambda location: fixed), lambda storage, location: default_restore_location(storage, fixed)
    if not callable(map_location):
        raise TypeError(
            f"load: map_location is a {type(map_location).__name__}; a device, its name, a dict of names "
            "or a function (storage, location) is wanted"
        )

    def chosen(storage: Any, location: str) -> Any:
        answer = map_location(storage, location)
        if answer is None:
            return default_restore_location(storage, location)
        return answer.untyped() if hasattr(answer, "untyped") else answer

    return (lambda location: None), chosen
