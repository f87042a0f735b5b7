"""
What was packed with zlib, unpacked in the sandbox, and PNG's filters undone there.

It is NOT zlib's leniency: data that give more than they may, break off, or are followed by anything are refused. The C
source of the module beside this file is packed.c.
"""

from __future__ import annotations

import dataclasses

from typing import Final

import numpy as np
import numpy.typing as npt

from tamizdat.redaction.codec import machine


BROKEN: Final = 8  # the number of packed.c: no other flaw of the data is one of their length

_A_SECOND: Final = 16 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Unpacked:
    """
    Bytes in the sandbox's memory: where they are, and how many.

    Attributes:
        flaw: The number of what is wrong with the data; 0 where nothing is.
    """

    runner: machine.Machine = dataclasses.field(repr=False)
    flaw: int
    address: int
    length: int

    def view(self) -> npt.NDArray[np.uint8]:
        """View them where they are; whoever holds the view holds the memory."""
        return self.runner.bytes_at(self.address, self.length)

    def unfilter(self, rows: int, length: int, pixel: int) -> int:
        """Undo the filters of *rows* of *length* bytes, each with its filter's number before it; 0 where all are known."""
        return self.runner.call("unfilter", self.address, rows, length, pixel)


def unpack(data: bytes, most: int) -> Unpacked:
    """
    Unpack *data*, which may give *most* bytes.

    Raises:
        FormatError: ``jpeg-limit``: there is no room for it.
        AdapterError: ``codec-missing``, ``codec-time``.
    """
    # What is packed lies there too, and slow machines take their time over much.
    seconds = machine.SECONDS + (len(data) + most) / _A_SECOND
    runner = machine.Machine("packed", memory=machine.MAX_MEMORY + len(data), seconds=seconds)
    source, room = runner.place(data), runner.reserve(most)
    flaw = runner.call("inflate", source, len(data), room, most)
    return Unpacked(runner, flaw, room, runner.ask("filled"))
