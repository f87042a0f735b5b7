"""
The checks of docs/spec/sidecar.md, each a ``.json``: of the picture or text itself, and of the newsroom's card.

A check is for every language alike: picture (base64), sidecar (text, or null where it stands in the picture), card words
(or null), now; and what must come out, as [kind, code, values].
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import struct
import zlib

from tamizdat.primitives import card as cards
from tamizdat.primitives import digest, words
from tamizdat.redaction import commitment, jpeg, picture, png
from tamizdat.redaction import text as texts
from tamizdat.wire import sidecar
from tamizdat.wire.sidecar import Sidecar
from tests import vectors
from tools.vectors.credentials import held, within
from tools.vectors.newsroom import (
    BOTH,
    CARD,
    DAY,
    EDITION,
    EDITOR,
    GOOD,
    GROUND,
    NEWSROOM,
    NORTH,
    NOW,
    RAW,
    SEED,
    SHOWN,
    WORDS,
    ground,
    signed,
)


def write() -> None:
    """Write them, for sidecar.py."""
    _good()
    _pictures()
    _cards()
    _files()
    _inside()
    _texts()


def case(
    name: str,
    comment: str,
    made: Sidecar | None = None,
    *,
    shown: bytes = SHOWN.file,
    spoken: str | None = WORDS,
    now: int = NOW,
    file: bool | None = None,
    has: tuple[str, ...],
) -> None:
    """Write one check, and make sure that it *has* the findings it is there for; *file*: its proof is to name this one, or none."""
    if made is not None and file is not None:
        made = sidecar.sign(dataclasses.replace(made, file=digest.sha256(shown) if file else b""), EDITION)
    held = made if made is not None else sidecar.read(sidecar.find(shown) or b"")
    found = sidecar.check(shown, held, card_words=spoken, now=now)
    codes = {one.code for one in found.all}
    assert codes >= set(has), (name, codes)  # noqa: S101 -- a vector must show what it is there for
    told = {
        "comment": comment,
        "picture": base64.b64encode(shown).decode("ascii"),
        "sidecar": None if made is None else sidecar.write(made).decode("ascii"),
        "card_words": spoken,
        "now": now,
        "verdict": found.verdict,
        "expect": [[one.kind, one.code, dict(one.params)] for one in found.all],
    }
    raw = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (vectors.SPECS / "sidecar" / f"{name}.json").write_text(raw, "utf-8")


def _good() -> None:
    all_ = ("unchanged-since", "hidden", "camera-date", "camera-place", "on-record", "witnessed", "stamped", "signed")
    case("good", "on the record, two outside witnesses, a stamp", signed(), has=(*all_, "card-known"))
    case("good-no-words", "the reader has no card words", signed(), spoken=None, has=(*all_, "card-unknown"))
    case("good-desk", "committed to at the desk", signed(committed="desk"), has=("committed-desk",))
    case(
        "alone",
        "no outside witness, no stamp",
        signed(policy="", record=GROUND.record(), stamps=()),
        has=("unchanged", "date-alone", "record-date"),
    )
    case(
        "waiting",
        "not on the record yet",
        signed(record=None, stamps=()),
        has=("unchanged", "record-waiting", "date-alone"),
    )
    whole = picture.redact(SEED, RAW)
    case(
        "whole",
        "nothing is hidden, nothing disclosed",
        signed(redaction=whole.proof),
        shown=whole.file,
        file=True,
        has=("nothing-hidden",),
    )
    cropped = picture.redact(SEED, RAW, crop=(0, 0, 64, 70))
    case(
        "crop",
        "a part of the picture, declared",
        signed(redaction=cropped.proof),
        shown=cropped.file,
        file=True,
        has=("part", "hidden"),
    )


def _pictures() -> None:
    read = jpeg.read(SHOWN.file)
    read.tiles[0, 0] += 1
    case("pixel", "one coefficient is another", signed(), shown=read.publish(SHOWN.shown), has=("redaction-root",))
    read = jpeg.read(SHOWN.file)
    read.tiles[4, 0] = 90
    case(
        "drawing",
        "something is drawn into the hidden part",
        signed(),
        shown=read.publish(SHOWN.shown),
        has=("redaction-hidden",),
    )
    case(
        "behind",
        "a file hangs behind the picture",
        signed(),
        shown=SHOWN.file + b"PK\x03\x04",
        has=("redaction-trailer",),
    )
    cut = jpeg.read(SHOWN.file).cropped(0, 0, 64, 64).publish(SHOWN.shown)
    case("cut", "it was cut, and the proof does not say so", signed(), shown=cut, has=("redaction-count",))
    uneven = jpeg.read(SHOWN.file).cropped(0, 0, 80, 96).publish(SHOWN.shown)
    case("cut-uneven", "it was cut within a square", signed(), shown=uneven, has=("redaction-crop",))
    titled = SHOWN.file[:2] + jpeg.segment(0xFE, b"Taken elsewhere") + SHOWN.file[2:]
    case("title", "somebody wrote a comment into it", signed(), shown=titled, has=("redaction-segment",))
    case("torn", "the end of the picture is gone", signed(), shown=SHOWN.file[:-9], has=("picture-damaged",))
    case("no-picture", "words in place of a picture", signed(), shown=b"words\n", has=("picture-damaged",))
    case(
        "proof-torn",
        "the end of the picture's proof is gone",
        signed(redaction=SHOWN.proof[:-1]),
        has=("proof-damaged",),
    )
    other = picture.redact(SEED, RAW, hide=[(0, 0, 8, 8)])
    case(
        "other-redaction", "the proof of another publication", signed(redaction=other.proof), has=("redaction-hidden",)
    )


def _cards() -> None:
    case("card-expired", "the card was good until a year ago", signed(), now=DAY + 700 * 86_400, has=("card-expired",))
    twin = cards.sign(dataclasses.replace(CARD, name="The Example Courrier"), NEWSROOM)
    own = " ".join(words.card_words(cards.fingerprint(twin)))
    case("card-other", "another card than the reader's", signed(), spoken=own, has=("card-other",))
    case(
        "card-altered",
        "a witness was struck off the card",
        signed(card=GOOD.card.replace(f"witness: {NORTH.verifier.vkey}\n", "")),
        has=("card-damaged",),
    )
    unsigned = dataclasses.replace(signed(), committed="desk")
    case("signature", "somebody changed where it was committed to", unsigned, has=("signature-false",))
    stranger = sidecar.sign(dataclasses.replace(GOOD, record=None, stamps=()), EDITOR)
    case("signature-other", "somebody put the newsroom's card to his own proof", stranger, has=("signature-false",))


def _texts() -> None:
    """A text has a sidecar like a picture's."""
    letter = b"Dated the 20th.\n\nThey came at night.\nMore follows.\n\nThe end.\n"
    root = commitment.commit(SEED, letter).root
    shown = texts.redact(SEED, letter, [(0, None), (1, 1)])
    made = signed(root=root, redaction=shown.proof, record=ground(root).record(*BOTH), stamps=())
    case(
        "text",
        "a text with a paragraph and a word hidden",
        made,
        shown=shown.file,
        file=True,
        has=("text-unchanged-since", "text-bars", "file-same"),
    )
    case("text-unsaid", "its proof names no file", made, shown=shown.file, file=False, has=("text-bars",))
    case("text-word", "a word of it is another", made, shown=shown.file.replace(b"night", b"noon!"), has=("text-root",))
    case(
        "text-bar",
        "a name in place of a bar",
        made,
        shown=shown.file.replace(texts.BAR + b" ", b"They "),
        has=("text-hidden",),
    )


def _files() -> None:
    """The picture is the published one; the file around it may be another."""
    start = SHOWN.file.index(b"\xff\xda")
    packed = SHOWN.file[:start] + b"\xff" * 7 + SHOWN.file[start:]
    case("packed", "the picture is packed otherwise", signed(), shown=packed, has=("file-other", "unchanged-since"))
    case("unsaid", "its proof names no file", signed(), file=False, has=("file-unsaid", "unchanged-since"))
    strange = jpeg.segment(0xEB, b"JP" + bytes(14) + b"anybody may say anything here")
    case(
        "credentials",
        "somebody put credentials of his own into it",
        signed(),
        shown=SHOWN.file[:2] + strange + SHOWN.file[2:],
        has=("file-other", "unchanged-since"),
    )
    raw = _png()
    shown = picture.redact(SEED, raw, hide=[(0, 0, 8, 8)])
    root = commitment.commit(SEED, raw).root
    record = ground(root).record(*BOTH)
    made = signed(root=root, redaction=shown.proof, record=record, stamps=(), file=digest.sha256(shown.file))
    held = png.chunk("caBX", b"anybody may say anything here")
    for name, comment, count, code in (
        ("png", "a PNG", 0, "file-same"),
        ("png-credentials", "a PNG with somebody's credentials", 1, "file-other"),
        ("png-credentials-twice", "a PNG with two of them", 2, "redaction-segment"),
    ):
        case(name, comment, made, shown=shown.file[:33] + count * held + shown.file[33:], has=(code,))


def _png() -> bytes:
    """Write a small PNG by hand: 40 x 40 greys of two bits."""
    rows = b"".join(b"\0" + hashlib.shake_256(bytes([y])).digest(10) for y in range(40))
    parts = [("IHDR", struct.pack(">IIBBBBB", 40, 40, 2, 0, 0, 0, 0)), ("IDAT", zlib.compress(rows)), ("IEND", b"")]
    return png.SIGNATURE + b"".join(png.chunk(*one) for one in parts)


def _inside() -> None:
    desk = json.dumps(sidecar.value(signed(committed="desk", file=b"")), ensure_ascii=False).encode()
    case(
        "embedded",
        "the proof stands in the picture's credentials, in two pieces",
        shown=within(held(desk), 8_000),
        has=("committed-desk", "unchanged-since", "file-unsaid"),
    )
    case(
        "beside",
        "one stands in the picture, another beside it: the one beside it is checked",
        signed(),
        shown=within(held(desk)),
        file=True,
        has=("committed-field", "unchanged-since", "file-same"),
    )
