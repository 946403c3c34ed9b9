"""`Stream` and `Event` of any device. On the CPU work is done in order: streams are done, events have happened."""

from __future__ import annotations

import time
from typing import Any

import flambeau

__all__ = ["Event", "Stream"]


def _device(name: str, device: Any) -> Any:
    device = flambeau.device("cpu" if device is None else device)
    if device.type != "cpu":
        raise RuntimeError(f"{name}: device {device}, but there are streams of 'cpu' alone")
    return device


class Stream:
    """The order of work on a device; on the CPU, the order of the program."""

    def __init__(self, device: Any = None, *, priority: int = 0, **kwargs: Any) -> None:
        self.device = _device("Stream", device)
        self.stream_id, self.device_index, self.device_type = 0, -1, 1

    def query(self) -> bool:
        """True: everything has been done."""
        return True

    def synchronize(self) -> None:
        """Everything has been done."""

    def wait_event(self, event: Any) -> None:
        """Every event has happened."""

    def wait_stream(self, stream: Any) -> None:
        """Everything has been done."""

    def record_event(self, event: Event | None = None) -> Event:
        """An event that has happened."""
        event = Event(self.device) if event is None else event
        event.record(self)
        return event

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and self.device == other.device

    def __hash__(self) -> int:
        return hash((self.stream_id, self.device))

    def __repr__(self) -> str:
        return (
            f"torch.Stream device_type={self.device.type}, device_index={self.device_index}, stream_id={self.stream_id}"
        )


class Event:
    """A point in a stream; `elapsed_time` between two is in milliseconds."""

    def __init__(
        self, device: Any = None, *, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False
    ) -> None:
        self.device = _device("Event", device)
        self.event_id, self._timed = 0, enable_timing
        self._at: float | None = None

    def record(self, stream: Any = None) -> None:
        """Note the time."""
        self._at = time.perf_counter()

    def wait(self, stream: Any = None) -> None:
        """It has happened."""

    def query(self) -> bool:
        """True: it has happened."""
        return True

    def synchronize(self) -> None:
        """It has happened."""

    def elapsed_time(self, other: Event) -> float:
        """Milliseconds from this event to the other. ValueError unless both were made to be timed and recorded."""
        if not (self._timed and other._timed) or self._at is None or other._at is None:
            raise ValueError("Event.elapsed_time: both events have to be made with enable_timing=True and recorded")
        return (other._at - self._at) * 1e3

    def __repr__(self) -> str:
        return f"torch.Event device_type={self.device.type}, device_index=-1, event_flag={int(self._timed)}, event_id=0"


Stream.__module__ = Event.__module__ = "torch"
