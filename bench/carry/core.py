"""The age core as a whole process: `python -m bench.carry.core encrypt RECIPIENT FILE`, or `decrypt KEYFILE FILE`, to standard output."""

from __future__ import annotations

import os
import sys

from pathlib import Path

from tamizdat.adapters.machine import SystemEntropy
from tamizdat.primitives.age import recipients
from tamizdat.primitives.age.file import Reader, Writer


def main(verb: str, key: str, name: str) -> None:
    """Encrypt or decrypt one file."""
    out = open(1, "wb", buffering=0)  # noqa: SIM115 -- standard output, as it is
    with Path(name).open("rb", buffering=0) as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        if verb == "encrypt":
            with Writer(out, [recipients.read_recipient(key)], entropy=SystemEntropy()) as writer:
                room = memoryview(bytearray(1 << 20))
                while count := stream.readinto(room):
                    writer.write(room[:count])
        else:
            identities = recipients.read_identity_file(Path(key).read_text("ascii"))
            out.writelines(Reader(stream, identities).chunks())


if __name__ == "__main__":
    main(*sys.argv[1:])
