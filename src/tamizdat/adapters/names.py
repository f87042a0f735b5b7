"""What a store takes for a name: segments that can never lead out of it."""

from __future__ import annotations

from tamizdat.primitives.errors import AdapterError


def checked(name: str) -> str:
    """
    Give *name* back.

    >>> checked("log/checkpoint")
    'log/checkpoint'

    Raises:
        AdapterError: A segment is empty, ``.`` or ``..``, or has a NUL, or a backslash.
    """
    if any(part in {"", ".", ".."} for part in name.split("/")) or "\0" in name or "\\" in name:
        raise AdapterError(
            "store-name",
            f"{name!r} is no name a store takes",
            mend="Tell the maintainers: this is a fault in Tamizdat.",
        )
    return name
