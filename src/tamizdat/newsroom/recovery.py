"""
The recovery page: a second identity on paper, which opens everything sealed for the newsroom when its keys are lost.

The secret stands in lines of groups, two check signs at the end of each, so that a line typed wrongly is named.
It is NOT kept anywhere else: the files are to be printed and taken off the disk. The lines are docs/spec/card.md,
"The recovery page".
"""

from __future__ import annotations

import hashlib
import html
import io
import re
import string

from typing import Final

import segno

from tamizdat.primitives import card as cards
from tamizdat.primitives import text, words
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import Fault, FormatError, TamizdatError, TrustError
from tamizdat.primitives.ports import Entropy


PAGE: Final = "recovery-print-and-remove.html"
PLAIN: Final = "recovery-print-and-remove.txt"
LINE: Final = 16
GROUP: Final = 4
CHECK: Final = 2
DATA: Final = 58  # the letters of a 32-byte secret in Bech32, after its prefix
TEST: Final = b"a small thing sealed to try the recovery page"
_LETTERS: Final = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"  # Bech32 (BIP 173): no 1, B, I, O
_PREFIX: Final = {True: "AGE-SECRET-KEY-PQ-1", False: "AGE-SECRET-KEY-1"}
_WHOLE: Final = re.compile(r"AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{58}", re.ASCII)
_LABELLED: Final = re.compile(r"^\W*LINE\s*[0-9]+\s*[:.)]?", re.MULTILINE)
# What a person reads for what stands there: these four are no letters of a key.
_MISREAD: Final = str.maketrans("O1I", "0LL")
_MEND: Final = "Look at these lines on the printed page again; O is never a letter in it, 0 is."


def lines(secret: str) -> tuple[str, ...]:
    """
    Write a secret as the lines of the page.

    >>> lines("AGE-SECRET-KEY-1" + "Q" * 58)[0]
    'QQQQ QQQQ QQQQ QQQQ  U7'
    """
    data = secret.rpartition("1")[2]
    return tuple(f"{_grouped(row)}  {_check(number, row)}" for number, row in enumerate(_rows(data, LINE), start=1))


def read(typed: str, *, post_quantum: bool) -> str:
    """
    Read a secret from what was typed off the page; line breaks, spaces and case do not matter.

    The whole key, as the square code on the page gives it, is taken as well.

    Raises:
        FormatError: ``recovery-typed``: with the lines that were typed wrongly.
    """
    upper = typed.upper()
    if whole := _WHOLE.search(re.sub(r"\s", "", upper)):
        return whole[0]
    labelled = [row for row in upper.splitlines() if _LABELLED.match(row)]
    rows = [_signs(_LABELLED.sub("", row)) for row in (labelled or upper.splitlines())]
    rows = [row for row in rows if row]
    lengths = [min(LINE, DATA - start) + CHECK for start in range(0, DATA, LINE)]
    if len(rows) != len(lengths):
        joined = "".join(rows)
        if len(joined) != sum(lengths):
            raise _typed(f"the page has {sum(lengths)} letters and digits in its lines, and {len(joined)} were typed")
        rows = [joined[sum(lengths[:place]) :][:length] for place, length in enumerate(lengths)]
    faults = [
        _fault(number, row, length) for number, (row, length) in enumerate(zip(rows, lengths, strict=True), start=1)
    ]
    found = tuple(fault for fault in faults if fault is not None)
    if found:
        raise _typed("the page was not typed as it stands there", found)
    return _PREFIX[post_quantum] + "".join(row[:-CHECK] for row in rows)


def rehearse(card: Card, typed: str, entropy: Entropy) -> None:
    """
    Prove that the printed page opens what is sealed for this newsroom: seal a little in memory, and open it.

    Raises:
        FormatError: ``recovery-typed``.
        TrustError: ``recovery-other``: it is the page of another newsroom, or of another card.
    """
    secret = read(typed, post_quantum=card.strength == "post-quantum")
    both = [recipients.read_recipient(word) for word in (*card.recipients, card.recovery)]
    sealed = age.seal(TEST, both, entropy)
    try:
        identity = recipients.read_identity(secret)
        opened = age.open_(sealed, [identity])
    except FormatError as error:
        raise _typed("every line fits by itself, but together they are no key: are they of one page?") from error
    except TamizdatError as error:
        raise TrustError(
            "recovery-other",
            f"this page is whole, but it does not open what is sealed with the card of {card.name}",
            mend="Look for the page that was printed when this newsroom was made.",
        ) from error
    if opened != TEST:
        raise AssertionError("an age file opened to something else")


def pages(card: Card, raw: bytes, secret: str) -> dict[str, bytes]:
    """Write the page, as HTML to print and as plain text, by file name. Both hold the secret."""
    rows = lines(secret)
    values = {
        "name": card.name,
        "day": text.day(card.issued),
        "words": " ".join(words.card_words(cards.fingerprint(raw))),
        "prefix": secret.rpartition("1")[0] + "1",
    }
    square = io.BytesIO()
    segno.make(secret, error="q", micro=False).save(square, kind="svg", xmldecl=False, omitsize=True, border=4)
    items = "\n".join(f"<p class=k><span>line {number}</span> {row}</p>" for number, row in enumerate(rows, start=1))
    escaped = {key: html.escape(value) for key, value in values.items()}
    page = _HTML.substitute(escaped, lines=items, square=square.getvalue().decode("utf-8"))
    plain = _TEXT.substitute(values, lines="\n".join(f"    line {n}:  {row}" for n, row in enumerate(rows, start=1)))
    return {PAGE: page.encode("utf-8"), PLAIN: plain.encode("utf-8")}


def _rows(data: str, length: int) -> list[str]:
    return [data[start : start + length] for start in range(0, len(data), length)]


def _grouped(row: str) -> str:
    return " ".join(_rows(row, GROUP))


def _check(number: int, row: str) -> str:
    bits = int.from_bytes(hashlib.sha256(f"{number} {row}".encode("ascii")).digest()[:2], "big")
    return _LETTERS[bits >> 11] + _LETTERS[(bits >> 6) & 31]


def _signs(row: str) -> str:
    return "".join(letter for letter in row.translate(_MISREAD) if letter.isalnum())


def _fault(number: int, row: str, length: int) -> Fault | None:
    if len(row) != length:
        what = f"it has {length} letters and digits, and {len(row)} were typed"
    elif wrong := sorted(set(row) - set(_LETTERS)):
        what = f"{' '.join(wrong)} never stands on the page"
    elif _check(number, row[:-CHECK]) != row[-CHECK:]:
        what = "its last two signs do not fit the others"
    else:
        return None
    return Fault(code="recovery-typed", where=f"line {number}", what=what, mend=_MEND)


def _typed(what: str, faults: tuple[Fault, ...] = ()) -> FormatError:
    return FormatError("recovery-typed", what, mend=_MEND, faults=faults)


_HTML: Final = string.Template("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="robots" content="noindex">
<title>Recovery page: print it, then remove this file</title>
<style>
@page { size: A4; margin: 18mm }
body { font: 11pt/1.45 system-ui, sans-serif; max-width: 40em; margin: 1.5em auto; padding: 0 1em;
  color: #000; background: #fff }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 }
.sub { margin: .2em 0 1.2em; font-size: 12pt }
.now { border: 2px solid #000; padding: .5em .9em }
.key { border-top: 1px solid #000; border-bottom: 1px solid #000; padding: .4em 0; margin: 1.2em 0 }
.k { font: 15pt/1.9 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; margin: 0; white-space: pre }
.k span { font: 9pt system-ui, sans-serif; display: inline-block; width: 4em }
svg { display: block; width: 44mm; height: 44mm; float: right; margin: 0 0 .5em 1em }
code { font-size: 90%; overflow-wrap: anywhere }
@media screen and (max-width: 30em) { .k { font-size: 10pt } svg { float: none } }
</style>
<h1>Recovery page</h1>
<p class="sub"><b dir="auto">$name</b>, made on $day</p>
<p class="now"><b>Print this page now. Then remove this file and <code>recovery-print-and-remove.txt</code>
from the disk, and empty the bin.</b> Whoever has this page can read everything ever sealed for this newsroom.</p>
<div class="key">
$lines
</div>
$square
<p>The square holds the same key. Scan it only with a machine that you trust and that is not connected.</p>
<p><b>Keep it</b> away from the newsroom: a safe, a lawyer, somebody abroad. Do not photograph it.</p>
<p><b>Try it</b> once a year, with the printed page in your hand: <code>tamizdat newsroom rehearse</code></p>
<p><b>Use it</b> when the newsroom's keys or passphrase are lost. The last two signs of each line only check the line.
Without them, the lines one after another behind <code>$prefix</code> are a key of age (age-encryption.org),
which opens what was sealed for you with any age program, should Tamizdat be gone.</p>
<p>The 12 words of the card it belongs to: <i>$words</i></p>
""")

_TEXT: Final = string.Template("""\
RECOVERY PAGE of $name, made on $day

PRINT THIS NOW, THEN REMOVE THIS FILE AND recovery-print-and-remove.html FROM THE DISK.
Whoever has this page can read everything ever sealed for this newsroom.

$lines

Keep it away from the newsroom. Try it once a year: tamizdat newsroom rehearse
The last two signs of each line only check the line. Without them, the lines one after another
behind $prefix are a key of age (age-encryption.org).

The 12 words of the card it belongs to:
$words
""")
