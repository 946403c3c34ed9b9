"""Streams and events of CUDA devices. Work on one stream runs in order; between streams, events say what waits."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau import _C

__all__ = [
    "Event",
    "ExternalStream",
    "Stream",
    "StreamContext",
    "current_stream",
    "default_stream",
    "set_stream",
    "stream",
]


def _need(what: str) -> None:
    if flambeau.cuda.device_count() == 0:
        raise RuntimeError(f"cuda.{what}: CUDA is not available here. {_C._cuda_problem()}")


class Stream:
    """A stream of a device's pool, which has 32 of each priority and hands them out in turn.

    Args:
        device: of the stream; by default the current one.
        priority: negative ones go first, down to what the device knows.
    """

    def __init__(self, device: Any = None, priority: int = 0, **kwargs: Any) -> None:
        _need("Stream")
        self.device_index = flambeau.cuda._index(device)
        self.priority = priority
        handle = kwargs.get("stream_id")
        self.cuda_stream = _C._cuda_new_stream(self.device_index, priority) if handle is None else handle
        self._before: list[Any] = []

    @property
    def device(self) -> Any:
        """The device whose work this orders."""
        return flambeau.device("cuda", self.device_index)

    @property
    def stream_id(self) -> int:
        """The driver's handle; 0 is the default stream."""
        return int(self.cuda_stream)

    device_type = 1

    @classmethod
    def priority_range(cls) -> tuple[int, int]:
        """(least, greatest) of the priorities."""
        return 0, -5

    def query(self) -> bool:
        """Whether everything put on the stream is done."""
        return bool(_C._cuda_stream_query(self.device_index, self.cuda_stream))

    def synchronize(self) -> None:
        """Wait for everything put on the stream."""
        _C._cuda_stream_synchronize(self.device_index, self.cuda_stream)

    def record_event(self, event: Event | None = None) -> Event:
        """An event at this point of the stream."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """What comes next on the stream runs after the event."""
        event.wait(self)

    def wait_stream(self, stream: Stream) -> None:
        """What comes next on this stream runs after what is on the other one now."""
        self.wait_event(stream.record_event())

    @property
    def _as_parameter_(self) -> Any:
        import ctypes

        return ctypes.c_void_p(self.cuda_stream)

    def __enter__(self) -> Stream:
        context = StreamContext(self)
        context.__enter__()
        self._before.append(context)
        return self

    def __exit__(self, *exception: object) -> None:
        self._before.pop().__exit__(*exception)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Stream)
            and self.cuda_stream == other.cuda_stream
            and self.device_index == other.device_index
        )

    def __hash__(self) -> int:
        return hash((self.cuda_stream, self.device_index))

    def __repr__(self) -> str:
        return f"<torch.cuda.Stream device={self.device} cuda_stream={self.cuda_stream:#x}>"


class ExternalStream(Stream):
    """A stream that somebody else made, by its handle."""

    def __init__(self, stream_ptr: int, device: Any = None, **kwargs: Any) -> None:
        super().__init__(device, stream_id=stream_ptr)


class Event:
    """A point in a stream.

    Args:
        enable_timing: `elapsed_time` between two such events is in milliseconds.
        blocking: `synchronize` sleeps rather than looks again and again.
        interprocess: not available.
    """

    def __init__(
        self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False, external: bool = False
    ) -> None:
        _need("Event")
        if interprocess:
            raise NotImplementedError(
                "cuda.Event: interprocess=True is not available; the nearest alternative is synchronize() in the "
                "process that records"
            )
        self.enable_timing, self.blocking = enable_timing, blocking
        self._event: Any = None
        self._device = -1

    @property
    def device(self) -> Any:
        """The device of the stream it was recorded on; None before."""
        return flambeau.device("cuda", self._device) if self._device >= 0 else None

    def record(self, stream: Stream | None = None) -> None:
        """Put it at this point of a stream, by default the current one."""
        stream = current_stream() if stream is None else stream
        if self._event is None:
            self._device = stream.device_index
            self._event = _C._cuda_event(self._device, self.enable_timing, self.blocking)
        if stream.device_index != self._device:
            raise RuntimeError(
                f"cuda.Event: event device cuda:{self._device} does not match recording stream's device "
                f"cuda:{stream.device_index}"
            )
        _C._cuda_event_record(self._event, stream.cuda_stream)

    def wait(self, stream: Stream | None = None) -> None:
        """What comes next on a stream, by default the current one, runs after this event."""
        stream = current_stream() if stream is None else stream
        if self._event is not None:
            _C._cuda_event_wait(self._event, stream.cuda_stream)

    def query(self) -> bool:
        """Whether everything before it is done."""
        return self._event is None or bool(_C._cuda_event_query(self._event))

    def synchronize(self) -> None:
        """Wait for everything before it."""
        if self._event is not None:
            _C._cuda_event_synchronize(self._event)

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds between this event and a later one; both were made with `enable_timing`."""
        for event in (self, end_event):
            if not event.enable_timing:
                raise ValueError("cuda.Event: both events must be created with argument 'enable_timing=True'")
            if event._event is None:
                raise ValueError("cuda.Event: both events must be recorded before calculating elapsed time")
        return float(_C._cuda_event_elapsed(self._event, end_event._event))

    def __repr__(self) -> str:
        return f"<torch.cuda.Event {'uninitialized' if self._event is None else id(self._event)}>"


def current_stream(device: Any = None) -> Stream:
    """The stream on which the calling thread puts its work for a device."""
    flambeau.cuda._lazy_init("cuda.current_stream")
    index = flambeau.cuda._index(device)
    return Stream(index, stream_id=_C._cuda_current_stream(index))


def default_stream(device: Any = None) -> Stream:
    """The device's default stream, which waits for the others and they for it."""
    flambeau.cuda._lazy_init("cuda.default_stream")
    return Stream(device, stream_id=0)


def set_stream(stream: Stream | None) -> None:
    """Make a stream, and its device, the current ones of the calling thread; None changes nothing."""
    if stream is None:
        flambeau.cuda._lazy_init("cuda.set_stream")
        return
    _C._cuda_set_device(stream.device_index)
    _C._cuda_set_stream(stream.device_index, stream.cuda_stream)


class StreamContext:
    """Context in which a stream is the current one; None changes nothing."""

    def __init__(self, stream: Stream | None = None) -> None:
        self.stream = stream
        self._device = self._handle = 0

    def __enter__(self) -> None:
        if self.stream is None:
            return
        self._device = _C._cuda_current_device()
        self._handle = _C._cuda_current_stream(self.stream.device_index)
        set_stream(self.stream)

    def __exit__(self, *exception: object) -> None:
        if self.stream is None:
            return
        _C._cuda_set_stream(self.stream.device_index, self._handle)
        _C._cuda_set_device(self._device)


def stream(stream: Stream | None) -> StreamContext:
    """Context in which a stream is the current one; None changes nothing."""
    return StreamContext(stream)
