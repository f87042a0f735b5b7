"""
The packet that is due at a place: what its header must say, and whether what was read there is it. docs/spec/part.md.

It reads nothing, and does NOT look for a packet anywhere else: carry/rows.py does the first, carry/scan.py the second.
"""

from __future__ import annotations

from blake3 import blake3

from tamizdat.carry import part
from tamizdat.carry.survey import Plan


class Due:
    """
    What is due of the set that *plan* has.

    Args:
        plan: The set.
        tag_key: With it, packets whose tag is wrong are none.
        supposed: Where packets stand is only supposed; every byte of a header counts then. Where it is exact, flags and
            `used` were voted on.
    """

    def __init__(self, plan: Plan, tag_key: bytes | None, *, supposed: bool) -> None:
        self._plan = plan
        self._shape = plan.shape
        self._tag_key = tag_key
        self._supposed = supposed
        self._kept: tuple[tuple[int, int], bytes, bytes] = ((-1, -1), b"", b"")
        self._end: tuple[int, int | None] = (-1, None)

    def row(self, volume: int, stripe: int) -> int:
        """Give the number of a volume's row among those of all volumes."""
        return volume * (self._plan.volume_rows or 0) + stripe

    def used(self, row: int) -> int:
        """Give how many bytes of ciphertext a row holds: all but the last are full."""
        stripe, total = self._shape.stripe, self._plan.total
        return stripe if total is None else max(0, min(stripe, total - row * stripe))

    def head(self, index: int, volume: int, stripe: int) -> bytes:
        """Give the first 40 bytes of the packet that is due."""
        if self._kept[0] != (index, volume):
            header = part.Header(
                shape=self._shape, kind=part.BLOCK, index=index, volume=volume, stripe=0, used=self._shape.stripe
            )
            raw = part.write_head(header)
            self._kept = (index, volume), raw[:12], raw[16:]
        if self._end[0] != volume:
            self._end = volume, self._plan.rows(volume)
        if stripe + 1 == self._end[1]:
            row = self.row(volume, stripe)
            header = part.Header(
                shape=self._shape,
                kind=part.BLOCK,
                index=index,
                volume=volume,
                stripe=stripe,
                used=self.used(row),
                end_of_volume=True,
                end_of_set=row + 1 == self._plan.all_rows,
            )
            return part.write_head(header)
        return self._kept[1] + stripe.to_bytes(4, "big") + self._kept[2]

    def whole(self, head: memoryview, payload: memoryview, expected: bytes) -> bool:
        """Say whether a packet that was read in pieces is whole, and the one that is due."""
        if not self._same(head, expected):
            return False
        check = blake3(head[: part.CHECKED]).update(payload)
        if len(head) > part.HEADER:
            check.update(head[part.HEADER :])
        if check.digest(part.HEADER - part.CHECKED) != head[part.CHECKED : part.HEADER]:
            return False
        if self._tag_key is None or not self._shape.tagged:
            return True
        return part.tag_holds(b"".join((head[: part.HEADER], payload, head[part.HEADER :])), self._tag_key)

    def _same(self, head: memoryview, expected: bytes) -> bool:
        if self._supposed:
            return head[: part.CHECKED] == expected
        return head[:6] == expected[:6] and head[7:36] == expected[7:36]
