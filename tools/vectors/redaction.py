"""Write the vectors of docs/spec/redaction.md."""

from __future__ import annotations

import dataclasses
import hashlib
import struct
import sys
import zlib

from pathlib import Path
from typing import Final

import numpy as np

from tamizdat.redaction import codec, commitment, jpeg, picture, png, proof, text


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


SEED: Final = bytes(range(32))
DATE: Final = b"2026:11:26 12:00:00\x00"


def exif() -> bytes:
    """Write EXIF with an orientation (turn by a quarter) and a date."""
    head = b"Exif\x00\x00MM\x00*" + struct.pack(">IH", 8, 2)
    main = struct.pack(">HHIHHHHII", 0x0112, 3, 1, 6, 0, 0x8769, 4, 1, 38) + bytes(4)
    below = struct.pack(">HHHIII", 1, 0x9003, 2, 20, 56, 0)
    return head + main + below + DATE


def original() -> bytes:
    """Make a small JPEG of drawn lots: 70 x 100 pixels, 4:2:0, with EXIF."""
    plain = tuple(range(1, 65))
    components = tuple(codec.Component(id=n, h=s, v=s, quantiser=plain) for n, s in ((1, 2), (2, 1), (3, 1)))
    header = codec.Header(width=70, height=100, transform=1, components=components)
    across, down = header.grid
    drawn = np.frombuffer(
        hashlib.shake_256(b"vectors of redaction").digest(across * down * header.tile_blocks * 64), "u1"
    )
    tiles = np.where(drawn < 8, drawn.astype(np.int16) - 4, 0).reshape(across * down, -1)
    made = codec.build(header, tiles.astype(np.int16))
    # What lies beyond the edge is not written, and so not read.
    segments = jpeg.segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), jpeg.segment(0xE1, exif())
    return b"\xff\xd8" + b"".join(segments) + made.write()


def main() -> None:
    """Write all vectors."""
    raw = original()
    _jpegs(raw)
    _grey()
    root = commitment.commit(SEED, raw).root
    redacted = picture.redact(SEED, raw, hide=[(10, 10, 20, 20)], disclose=["date"])
    _proofs(root, redacted)
    cropped = picture.redact(SEED, raw, crop=(0, 0, 70, 70))
    _write("crop-whole", "whole", "a part of the picture, its metadata hidden", root, cropped.proof, cropped.file)
    _crops(root, cropped)
    _pngs()
    _texts()


def _texts() -> None:
    letter = b"Dated the 20th.\n\nA witness says: they came at night.\nMore follows.\n\nThe end.\n"
    root = commitment.commit(SEED, letter).root
    redacted = text.redact(SEED, letter, [(0, None), (1, 1)])
    made, file = redacted.proof, redacted.file

    def flaw(name: str, expect: str, comment: str, proof_file: bytes, published: bytes) -> None:
        assert (proof_file, published) != (made, file) or expect == "whole", name  # noqa: S101 -- a vector must show something
        body = root + struct.pack(">I", len(proof_file)) + proof_file + published
        vectors.write("redaction", f"text-{name}", expect, comment, body)

    flaw("whole", "whole", "a paragraph and a word are hidden", made, file)
    flaw("version", "text-proof", "a version that is not known", b"TTP2" + made[4:], file)
    flaw("state", "text-proof", "a paragraph in a state that is not known", made[:16] + b"\x03" + made[17:], file)
    flaw("torn", "text-proof", "half of the proof is gone", made[: len(made) // 2], file)
    flaw("latin", "text-bytes", "a letter that is not UTF-8", made, file + b"\xe9")
    flaw("word", "text-root", "a word is another", made, file.replace(b"night", b"noon!"))
    flaw("bar", "text-hidden", "a name stands where a bar should", made, file.replace(text.BAR + b" ", b"soldier "))
    flaw("paragraph", "text-count", "a paragraph more", made, file + b"\nAnd so on.\n")
    flaw("words", "text-count", "a word more where one is hidden", made, file.replace(b"says", b"then says"))


def _pngs() -> None:
    """A picture of 40 x 40 pixels, each of three bytes, in which every filter is used."""
    lots = hashlib.shake_256(b"vectors of redaction, png").digest(40 * 120)
    rows = b"".join(bytes([y % 5]) + lots[120 * y : 120 * y + 120] for y in range(40))
    ihdr = struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)

    def file(*chunks: tuple[str, bytes]) -> bytes:
        return png.SIGNATURE + b"".join(png.chunk(*one) for one in (*chunks, ("IEND", b"")))

    def data(raw: bytes) -> tuple[str, bytes]:
        return "IDAT", zlib.compress(raw, 9)

    whole = file(("IHDR", ihdr), ("eXIf", exif()[6:]), data(rows))
    vectors.write("redaction", "png-whole", "whole", "40 x 40 pixels, every filter, EXIF", whole)
    vectors.write("redaction", "png-check", "png-chunk", "a check sum is wrong", whole[:30] + b"\x00" + whole[31:])
    vectors.write("redaction", "png-torn", "png-chunk", "the last byte is gone", whole[:-1])
    vectors.write("redaction", "png-twice", "png-chunk", "two heads", file(("IHDR", ihdr), ("IHDR", ihdr), data(rows)))
    vectors.write(
        "redaction", "png-interlaced", "png-kind", "interlaced", file(("IHDR", ihdr[:-1] + b"\x01"), data(rows))
    )
    vectors.write(
        "redaction",
        "png-moving",
        "png-kind",
        "a picture that moves",
        file(("IHDR", ihdr), ("acTL", bytes(8)), data(rows)),
    )
    vectors.write(
        "redaction",
        "png-filter",
        "png-data",
        "a filter that is not known",
        file(("IHDR", ihdr), data(b"\x05" + rows[1:])),
    )
    vectors.write("redaction", "png-short", "png-data", "a row is missing", file(("IHDR", ihdr), data(rows[:-121])))
    vectors.write("redaction", "png-more", "png-data", "a byte too many", file(("IHDR", ihdr), data(rows + b"\x00")))
    large = struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0)
    vectors.write("redaction", "png-large", "png-limit", "65,535 x 65,535 pixels", file(("IHDR", large), data(rows)))
    root = commitment.commit(SEED, whole).root
    redacted = picture.redact(SEED, whole, hide=[(0, 0, 10, 10)], disclose=["date"])
    _write("png-whole", "whole", "a box of a PNG is hidden", root, redacted.proof, redacted.file)
    read = png.read(redacted.file)
    read.tiles[3, 0] ^= 1
    other = read.publish(redacted.shown)
    _write("png-pixel", "redaction-root", "one bit of one pixel is another", root, redacted.proof, other)
    read = png.read(redacted.file)
    titled = read.publish(redacted.shown).replace(
        png.chunk("IEND", b""), png.chunk("tEXt", b"Title\x00Elsewhere") + png.chunk("IEND", b"")
    )
    _write("png-text", "redaction-segment", "a text that nobody committed to", root, redacted.proof, titled)


def _jpegs(raw: bytes) -> None:
    def flaw(name: str, expect: str, comment: str, old: bytes, new: bytes) -> None:
        assert old in raw, name  # noqa: S101 -- a vector that shows nothing must not be written
        vectors.write("redaction", f"jpeg-{name}", expect, comment, raw.replace(old, new, 1))

    frame = raw.index(b"\xff\xc0")
    scan = raw.index(b"\xff\xda")
    data = raw[scan + 14 : -2]
    vectors.write("redaction", "jpeg-whole", "whole", "70 x 100 pixels, 4:2:0", raw)
    flaw("start", "jpeg-start", "the first byte is gone", b"\xff\xd8", b"\xd8")
    flaw("dqt-length", "jpeg-segment", "a table of quantisers is cut short", b"\xff\xdb\x00\x43", b"\xff\xdb\x00\x42")
    flaw("between", "jpeg-marker", "a zero between two segments", b"\xff\xdb", b"\x00\xff\xdb")
    flaw("reserved", "jpeg-marker", "a reserved marker", b"\xff\xdb", b"\xff\x02\x00\x02\xff\xdb")
    flaw("arithmetic", "jpeg-kind", "arithmetic codes", b"\xff\xc0", b"\xff\xc9")
    flaw("twelve", "jpeg-kind", "twelve bits a sample", raw[frame : frame + 5], raw[frame : frame + 4] + b"\x0c")
    flaw("sampling", "jpeg-frame", "sampling by three", b"\x01\x22\x00", b"\x01\x32\x00")
    flaw("twice", "jpeg-frame", "two components of one name", b"\x02\x11\x00\x03", b"\x02\x11\x00\x02")
    flaw(
        "no-height",
        "jpeg-frame",
        "a height that is to follow",
        raw[frame : frame + 7],
        raw[frame : frame + 5] + b"\x00\x00",
    )
    flaw("quantiser", "jpeg-table", "a quantiser of zero", b"\x43\x00\x01\x02", b"\x43\x00\x00\x02")
    flaw(
        "ones",
        "jpeg-table",
        "a code that is all ones",
        b"\xff\xda",
        b"\xff\xc4\x00\x15\x00\x02" + bytes(15) + b"\x00\x01\xff\xda",
    )
    flaw(
        "spectrum",
        "jpeg-scan",
        "a scan that leaves out the last coefficient",
        b"\x00\x3f\x00" + data,
        b"\x00\x3e\x00" + data,
    )
    flaw(
        "order",
        "jpeg-scan",
        "components out of the frame's order",
        b"\x02\x11\x03\x11\x00\x3f",
        b"\x03\x11\x02\x11\x00\x3f",
    )
    flaw("code", "jpeg-data", "a code that is in no table", data[:8], b"\xff\x00" * 4)
    flaw("extra", "jpeg-extra", "two bytes more than the picture needs", b"\xff\xd9", b"\x00\x00\xff\xd9")
    flaw(
        "no-restart",
        "jpeg-extra",
        "no restart marker where one was announced",
        b"\xff\xda",
        b"\xff\xdd\x00\x04\x00\x02\xff\xda",
    )
    flaw("large", "jpeg-limit", "65,535 x 65,535 pixels", raw[frame : frame + 9], raw[frame : frame + 5] + b"\xff" * 4)
    vectors.write("redaction", "jpeg-torn", "jpeg-short", "the last byte is gone", raw[:-1])
    vectors.write("redaction", "jpeg-data-torn", "jpeg-short", "the data end too soon", raw[:-6] + b"\xff\xd9")
    vectors.write("redaction", "jpeg-no-scan", "jpeg-unfinished", "no scan at all", raw[:scan] + b"\xff\xd9")


def _grey() -> None:
    """An even grey of 24 x 16 pixels, by hand: every code is one bit, a zero."""
    table = jpeg.segment(0xDB, b"\x00" + b"\x01" * 64)
    codes = jpeg.segment(0xC4, b"\x00\x01" + bytes(15) + b"\x00") + jpeg.segment(
        0xC4, b"\x10\x01" + bytes(15) + b"\x00"
    )
    restarts = [
        jpeg.segment(0xDD, b"\x00\x01"),
        _frame(0xC0),
        codes,
        jpeg.segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
    ]
    head = b"\xff\xd8" + table + b"".join(restarts)

    def rows(*numbers: int) -> bytes:
        return b"".join(b"\x3f\xff" + bytes([0xD0 + number]) for number in numbers)

    vectors.write(
        "redaction",
        "jpeg-restarts",
        "whole",
        "a restart after each block",
        head + rows(0, 1, 2, 3, 4) + b"\x3f\xff\xd9",
    )
    vectors.write(
        "redaction",
        "jpeg-restart-last",
        "whole",
        "one restart more than needed, as Photoshop writes",
        head + rows(0, 1, 2, 3, 4, 5) + b"\xff\xd9",
    )
    vectors.write(
        "redaction",
        "jpeg-restart-order",
        "jpeg-restart",
        "restarts out of order",
        head + rows(0, 1, 3, 2, 4) + b"\x3f\xff\xd9",
    )
    begin = b"\xff\xd8" + table + _frame(0xC2) + codes
    first = jpeg.segment(0xDA, b"\x01\x01\x00\x00\x00\x01") + b"\x03"
    more = jpeg.segment(0xDA, b"\x01\x01\x00\x00\x00\x10") + b"\xab"
    rest = jpeg.segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + b"\x03"
    vectors.write(
        "redaction",
        "jpeg-progressive",
        "whole",
        "three scans; the second gives DC its last bit",
        begin + first + more + rest + b"\xff\xd9",
    )
    vectors.write(
        "redaction",
        "jpeg-progressive-half",
        "jpeg-unfinished",
        "the last bit of DC is never given",
        begin + first + rest + b"\xff\xd9",
    )
    vectors.write(
        "redaction", "jpeg-progressive-order", "jpeg-scan", "AC before DC", begin + rest + first + more + b"\xff\xd9"
    )


def _frame(marker: int) -> bytes:
    return jpeg.segment(marker, struct.pack(">BHHBBBB", 8, 16, 24, 1, 1, 0x11, 0))


def _write(name: str, expect: str, comment: str, *files: bytes) -> None:
    root, proof_file, published = files
    vectors.write(
        "redaction",
        f"proof-{name}",
        expect,
        comment,
        root + struct.pack(">I", len(proof_file)) + proof_file + published,
    )


def _proofs(root: bytes, redacted: picture.Redacted) -> None:
    whole, file, raw = proof.read(redacted.proof), redacted.file, redacted.proof
    one = bytes([1]) + bytes(31)

    def changed(name: str, expect: str, comment: str, **changes: object) -> None:
        _write(name, expect, comment, root, proof.write(dataclasses.replace(whole, **changes)), file)  # type: ignore[arg-type]

    def spoiled(name: str, expect: str, comment: str, made: bytes, picture_file: bytes = file) -> None:
        _write(name, expect, comment, root, made, picture_file)

    spoiled("whole", "whole", "a box is hidden; date and orientation are shown", raw)
    _write("other-root", "redaction-root", "the root is another picture's", one, raw, file)
    spoiled("version", "redaction-magic", "a version that is not known", b"TJP2" + raw[4:])
    bare = jpeg.segment(0xE0, b"JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x00\x00")
    spoiled("jfif-twice", "redaction-segment", "a second JFIF segment", raw, file[:2] + bare + file[2:])
    spoiled("torn", "redaction-length", "the last byte is gone", raw[:-1])
    spoiled("longer", "redaction-length", "a byte follows", raw + b"\x00")
    spoiled("head", "redaction-length", "only the magic is there", raw[:4])
    spoiled("tile", "redaction-value", "tiles of 64 pixels", raw[:5] + b"\x00\x40" + raw[7:])
    changed("offset", "redaction-value", "a crop that begins within a tile", left=8)
    changed("twice", "redaction-value", "an item twice", items=(whole.items[0], whole.items[0]))
    changed("fill", "redaction-value", "a fill that no coefficient can have", fill=1024)
    changed("kind", "redaction-kind", "a proof for a PNG beside a JPEG", kind=proof.PNG)
    changed("wider", "redaction-crop", "an original wider than the picture, which ends within a tile", width=96)
    changed("seed-more", "redaction-count", "a seed too many", seeds=(*whole.seeds, one))
    changed("hash-less", "redaction-count", "a hash too few", hashes=whole.hashes[1:])
    changed("tiles-more", "redaction-count", "a tile that is not there", runs=(*whole.runs[:-1], whole.runs[-1] + 1))
    changed("tiles-less", "redaction-count", "a tile too few", runs=(*whole.runs[:-1], whole.runs[-1] - 1))
    changed("run-empty", "redaction-value", "a run of no tiles", runs=(*whole.runs, 0))
    changed("run-none", "redaction-value", "no run at all", runs=())
    # The head has 50 bytes, those of the runs are counted at 25; each of these few takes one.
    body = bytes(whole.runs)
    for name, why, other in (
        ("long", "a run written longer than it must be", body[:-1] + bytes([body[-1] | 128, 0])),
        ("torn", "the last run breaks off", body[:-1] + bytes([body[-1] | 128])),
        ("huge", "a run of more tiles than any picture has", body[:-1] + b"\xff\xff\xff\x00"),
    ):
        made = raw[:25] + struct.pack(">I", len(other)) + raw[29:50] + other + raw[50 + len(body) :]
        spoiled(f"run-{name}", "redaction-value", why, made)
    changed("seed", "redaction-root", "a seed is another", seeds=(one, *whole.seeds[1:]))
    changed("hash", "redaction-root", "a hash is another", hashes=(one, *whole.hashes[1:]))
    changed("file", "redaction-root", "the file's slot is another", file=one)
    item = dataclasses.replace(
        {i.path: i for _, i in whole.items}["exif:0/8769/9003"], raw=DATE.replace(b"6:11", b"5:11")
    )
    dated = tuple((place, item if old.path == item.path else old) for place, old in whole.items)
    changed("date", "redaction-root", "the date is a year earlier", items=dated)
    spoiled("trailer", "redaction-trailer", "a byte follows the picture", raw, file + b"\x00")
    comment = jpeg.segment(0xFE, b"taken elsewhere")
    spoiled("comment", "redaction-segment", "a comment that nobody committed to", raw, file[:20] + comment + file[20:])
    turned = file.replace(b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06", b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x03")
    spoiled("turned", "redaction-segment", "the picture stands on its head", raw, turned)
    start = file.index(b"\xff\xe1")
    upright = file[:start] + file[start + 2 + int.from_bytes(file[start + 2 : start + 4], "big") :]
    spoiled("unturned", "redaction-segment", "what turns the picture was taken out", raw, upright)
    other = jpeg.segment(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x00")
    late = file[:2] + other + file[20:-2] + file[2:20] + file[-2:]
    spoiled("late", "redaction-segment", "what says how colours are taken stands behind the scan", raw, late)
    _drawn(root, redacted, whole)


def _drawn(root: bytes, redacted: picture.Redacted, whole: proof.Proof) -> None:
    items = [item for _, item in whole.items]

    def drawn(name: str, expect: str, comment: str, hidden: bool, add: int) -> None:  # noqa: FBT001
        read = codec.read(redacted.file)
        read.tiles[int(np.flatnonzero(proof.flags(whole.runs) == hidden)[0]), 5] += add
        file = b"\xff\xd8" + b"".join(jpeg.segments(read.header, items)) + read.write()
        _write(name, expect, comment, root, redacted.proof, file)

    drawn("coefficient", "redaction-root", "one coefficient is larger by one", False, 1)  # noqa: FBT003
    drawn("drawn", "redaction-hidden", "something stands in a hidden tile", True, 1)  # noqa: FBT003
    read = codec.read(redacted.file)
    first = read.header.components[0]
    other = dataclasses.replace(first, quantiser=(2, *first.quantiser[1:]))
    header = dataclasses.replace(read.header, components=(other, *read.header.components[1:]))
    lighter = codec.build(header, read.tiles)
    file = b"\xff\xd8" + b"".join(jpeg.segments(header, items)) + lighter.write()
    _write(
        "quantiser", "redaction-root", "a quantiser is another: all is brighter or darker", root, redacted.proof, file
    )


def _crops(root: bytes, cropped: picture.Redacted) -> None:
    whole = proof.read(cropped.proof)
    moved = proof.write(dataclasses.replace(whole, top=whole.top + 32 if whole.top == 0 else whole.top - 32))
    _write("crop-moved", "redaction-crop", "the part is said to lie elsewhere", root, moved, cropped.file)


if __name__ == "__main__":
    main()
