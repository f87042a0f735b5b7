"""Makes docs/spec/sheet/*.vector, what single squares hold; always the same bytes. Run from the project root: python -m tools.vectors.sheet."""

from __future__ import annotations

from tamizdat.carry import part, sheet
from tests import vectors
from tools.vectors.part import at, made


def main() -> None:
    """Write them all."""
    raw = made(3000, 2, 3, 1024)[1, 0]
    packet = raw[1024:2048]
    text = sheet.encode(packet).encode()
    card = b"a card would stand here, with its signatures\n" * 50
    piece = sheet.write_card(card)[1]
    said = sheet.write_announcement(bytes(range(32))).encode()

    def changed(place: int, value: bytes) -> bytes:
        copy = bytearray(packet)
        at(place, value)(copy)
        copy[part.CHECKED : part.HEADER] = part.check(copy)
        return sheet.encode(bytes(copy)).encode()

    def vector(name: str, expect: str, comment: str, file: bytes) -> None:
        vectors.write("sheet", name, expect, comment, file)

    vector("block", "whole", "row 0 of sheet 2 of a set of 3,000 bytes, any 2 are enough", text)
    vector("piece", "whole", "the second piece of what is no card, but as long", piece)
    vector("announcement", "whole", "the announcement 00 01 .. 1f", said)
    vector("foreign", "sheet-foreign", "another program's square", b"https://www.example/")
    vector("foreign-words", "sheet-foreign", "24 words that are not of the list", b" ".join([b"zz"] * 24))
    vector("empty", "sheet-foreign", "nothing at all", b"")
    vector("letter", "sheet-base45", "a small letter in it", text[:100] + b"a" + text[101:])
    vector("odd", "sheet-base45", "a letter too few", text[:-1])
    vector("three", "sheet-base45", "three letters that are more than two bytes", text[:-3] + b":::")
    vector("damaged", "sheet-packet", "a letter is another", text[:99] + b"0" + text[100:])
    vector("short", "sheet-packet", "half of a packet", text[:768])
    vector("descriptor", "sheet-packet", "a descriptor", sheet.encode(raw[:1024]).encode())
    vector("large", "sheet-packet", "a packet of 4,096 bytes", sheet.encode(made(3000, 2, 3)[1, 0][4096:8192]).encode())
    vector("volume", "sheet-packet", "the second volume", changed(32, b"\0\0\0\1"))
    vector("row", "sheet-packet", "row 12", changed(12, b"\0\0\0\x0c"))
    vector("piece-zero", "sheet-piece", "piece 0", piece.replace(b"2/3", b"0/3"))
    vector("piece-more", "sheet-piece", "piece 4 of 3", piece.replace(b"2/3", b"4/3"))
    vector("piece-sign", "sheet-piece", "a number with a zero before it", piece.replace(b"2/3", b"02/3"))
    vector("piece-head", "sheet-piece", "its eight digits are seven", piece[:24] + piece[25:])
    vector("piece-long", "sheet-piece", "a byte too many", piece + b"!")
    vector("words-check", "sheet-words", "two words changed places", b" ".join(said.split(b" ")[::-1]))
    vector("words-capital", "sheet-words", "a capital letter", b"A" + said[1:])


if __name__ == "__main__":
    main()
