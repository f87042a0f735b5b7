"""
What a disk would not do, in our own words: which of the system's errors mean what to the person who must mend it.

It handles nothing; FileNotFoundError and FileExistsError are answers, and stay what they are.
"""

from __future__ import annotations

import contextlib
import errno

from collections.abc import Iterator
from typing import Final

from tamizdat.primitives.errors import AdapterError


_FAILURES: Final = {
    errno.ENOSPC: ("disk-full", "Make room on the disk, then run this command again."),
    errno.EDQUOT: ("disk-full", "Make room, or ask for more: your share of this disk is used up."),
    errno.EFBIG: ("disk-file-limit", "Use a disk that takes larger files (FAT holds at most 4 GB a file)."),
    errno.EACCES: ("disk-denied", "Use a folder that you may write to, or ask its owner."),
    errno.EPERM: ("disk-denied", "Use a folder that you may write to, or ask its owner."),
    errno.EROFS: ("disk-denied", "Use a disk that is not write-protected."),
}


@contextlib.contextmanager
def failures(name: str) -> Iterator[None]:
    """Say what the disk would not do with *name*; FileNotFoundError and FileExistsError stay what they are."""
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(name) from None
    except FileExistsError:
        raise FileExistsError(name) from None
    except OSError as error:
        code, mend = _FAILURES.get(
            error.errno or 0, ("disk-failed", "Look after the disk (is it still plugged in?), then try again.")
        )
        raise AdapterError(code, f"{name!r}: {error.strerror or error}", mend=mend) from error
