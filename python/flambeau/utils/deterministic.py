"""Whether memory that is not written is filled, under `use_deterministic_algorithms`; it is never read here."""

from __future__ import annotations

fill_uninitialized_memory = True
