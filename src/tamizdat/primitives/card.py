"""
Cards: what a newsroom hands out so that others can seal for it and check what it publishes.

A card is a signed note with one spelling. It is NOT a proof of who a newsroom is: whoever uses it
compares its fingerprint (12 words, primitives/words.py) by voice or on paper. The format is docs/spec/card.md.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import unicodedata

from typing import Final, Literal, NoReturn

from tamizdat.primitives import digest, note, text
from tamizdat.primitives.age import recipients as age
from tamizdat.primitives.errors import FormatError, TamizdatError, TrustError
from tamizdat.primitives.note import Signer, Verifier


TITLE: Final = "tamizdat-card-v1"
MAX_CARD: Final = 65_536
MAX_LIFE: Final = 366 * 86_400
MAX_LINE: Final = 200
MAX_LIST: Final = 16
MAX_PARTS: Final = 255
FINGERPRINT_BITS: Final = 132
CLOCK_SLACK: Final = 86_400

Strength = Literal["post-quantum", "classical"]
_STRENGTHS: Final[dict[str, Strength]] = {"post-quantum": "post-quantum", "classical": "classical"}

# field: how often it stands; the order is the order of the lines
_FIELDS: Final[dict[str, tuple[int, int]]] = {
    "name": (1, 1),
    "serial": (1, 1),
    "issued": (1, 1),
    "not-after": (1, 1),
    "strength": (1, 1),
    "recipient": (1, MAX_LIST),
    "recovery": (1, 1),
    "newsroom": (1, 1),
    "previous": (0, 1),
    "log": (1, 1),
    "edition": (1, 1),
    "approvals": (1, 1),
    "approver": (1, MAX_PARTS),
    "witness": (0, MAX_LIST),
    "need": (1, 1),
    "parts": (1, 1),
    "hand-in": (0, MAX_LIST),
}
_PERSON: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
# Letters of some scripts join or part by these two.
_JOINERS: Final = frozenset("\u200c\u200d")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """
    What a card says.

    Attributes:
        name: What the newsroom calls itself.

        serial: From 1, one more with each card.

        issued, not_after: Seconds since 1970; at most 12 months apart.

        strength: Of every recipient on it, and so of what is sealed for it.

        recipients: Age recipients to seal for.

        recovery: The age recipient whose identity is on paper; sealed for as well.

        newsroom, log, edition: The verifier keys that sign cards, the public record, and editions.

        previous: The newsroom key before this one, which signs this card too; or empty.

        approvals: How many persons must approve a story; *approvers* who counts, as (short name, verifier key).

        witnesses: Verifier keys of outside witnesses of the record.

        need, parts: The advice: any *need* of *parts* are enough.

        hand_in: Where and how to hand parts in, in the newsroom's words.
    """

    name: str
    serial: int
    issued: int
    not_after: int
    strength: Strength
    recipients: tuple[str, ...]
    recovery: str
    newsroom: str
    log: str
    edition: str
    approvers: tuple[tuple[str, str], ...]
    approvals: int = 1
    previous: str = ""
    witnesses: tuple[str, ...] = ()
    need: int = 3
    parts: int = 5
    hand_in: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_words(self)
        _check_recipients(self)
        _check_keys(self)


def write_text(card: Card) -> str:
    """Write what is signed."""
    values: dict[str, tuple[str, ...]] = {
        "name": (card.name,),
        "serial": (str(card.serial),),
        "issued": (text.instant(card.issued),),
        "not-after": (text.instant(card.not_after),),
        "strength": (card.strength,),
        "recipient": card.recipients,
        "recovery": (card.recovery,),
        "newsroom": (card.newsroom,),
        "previous": (card.previous,) if card.previous else (),
        "log": (card.log,),
        "edition": (card.edition,),
        "approvals": (str(card.approvals),),
        "approver": tuple(f"{name} {vkey}" for name, vkey in card.approvers),
        "witness": card.witnesses,
        "need": (str(card.need),),
        "parts": (str(card.parts),),
        "hand-in": card.hand_in,
    }
    lines = [f"{field}: {value}\n" for field in _FIELDS for value in values[field]]
    return "".join((f"{TITLE}\n", *lines))


def read_text(body: str) -> Card:
    """
    Read what `write_text` writes, and nothing else. No signature is looked at: use `read`.

    Raises:
        FormatError: ``card-title``, ``card-fields``, ``card-value``, ``card-recipient`` or ``card-key``.
    """
    title, *lines = body.split("\n")
    if title != TITLE:
        _flaw("card-title", f"it begins with {title[:40]!r}, not {TITLE!r}")
    if lines[-1:] != [""]:
        _flaw("card-fields", "its last line breaks off")
    values = _fields(lines[:-1])
    return Card(
        name=values["name"][0],
        serial=_decimal("serial", values),
        issued=_instant("issued", values),
        not_after=_instant("not-after", values),
        strength=_strength(values["strength"][0]),
        recipients=values["recipient"],
        recovery=values["recovery"][0],
        newsroom=values["newsroom"][0],
        previous="".join(values["previous"]),
        log=values["log"][0],
        edition=values["edition"][0],
        approvals=_decimal("approvals", values),
        approvers=tuple(_approver(value) for value in values["approver"]),
        witnesses=values["witness"],
        need=_decimal("need", values),
        parts=_decimal("parts", values),
        hand_in=values["hand-in"],
    )


def sign(card: Card, *signers: Signer) -> bytes:
    """Write a card, signed by the newsroom's key, and by the previous one where the card names it."""
    return note.sign(write_text(card), *signers)


def read(raw: bytes) -> Card:
    """
    Read a card and check that the newsroom it names signed it, and the previous key too where it names one.

    Raises:
        FormatError: It is damaged: as `read_text`, or ``card-note``.
        TrustError: ``card-signature``: it was altered, or not signed by the key that it names.
    """
    body = _note(raw)
    card = read_text(body)
    for vkey in (card.newsroom, card.previous):
        try:
            if vkey:
                note.verify(raw, note.read_verifier(vkey))
        except TrustError as error:
            raise TrustError(
                "card-signature",
                "this card was altered or damaged: its signature does not fit",
                mend="Do not use it; get the card again from the newsroom and compare its 12 words.",
                evidence=raw,
            ) from error
    return card


def fingerprint(raw: bytes) -> int:
    """
    Give the 132 bits that the 12 words spell: the first of SHA-256 over a tag and the text before the signatures.

    Raises:
        FormatError: ``card-note``.
    """
    hashed = digest.sha256(digest.CARD, _note(raw).encode("utf-8"))
    return int.from_bytes(hashed, "big") >> (len(hashed) * 8 - FINGERPRINT_BITS)


def check_current(card: Card, now: int) -> None:
    """
    Check that a card is in force at *now*, in seconds since 1970; whether to go on is the caller's to decide.

    Raises:
        TrustError: ``card-expired``, or ``card-early`` where the clock or the card is wrong.
    """
    if now > card.not_after:
        raise TrustError(
            "card-expired",
            f"the card of {card.name} was good until {text.day(card.not_after)}, and it is {text.day(now)}",
            mend="Ask the newsroom for its new card; the old key may be destroyed already.",
        )
    if now < card.issued - CLOCK_SLACK:
        raise TrustError(
            "card-early",
            f"the card of {card.name} was made on {text.day(card.issued)}, and this machine says it is {text.day(now)}",
            mend="Set this machine's clock, then run the command again.",
        )


def is_line(value: str) -> bool:
    r"""
    Say whether *value* may stand on a card as words: one line, 1 to 200 letters, nothing hidden in it.

    >>> is_line("Ərk"), is_line("a\u202eb"), is_line(" a")
    (True, False, False)
    """
    return (
        0 < len(value) <= MAX_LINE
        and value == value.strip()
        and not any(letter not in _JOINERS and unicodedata.category(letter) in _HIDDEN for letter in value)
    )


def is_person(name: str) -> bool:
    """Say whether *name* is a short name for a person: small letters, digits and hyphens, at most 40."""
    return _PERSON.fullmatch(name) is not None


def _note(raw: bytes) -> str:
    if len(raw) > MAX_CARD:
        _flaw("card-note", f"it is {len(raw)} bytes long, and a card has at most {MAX_CARD}")
    try:
        return note.read(raw).text
    except FormatError as error:
        _flaw("card-note", f"{error}", error)


def _fields(lines: list[str]) -> dict[str, tuple[str, ...]]:
    """Sort the lines by field; each stands as often as it may, in the one order."""
    pairs = []
    for line in lines:
        field, colon, value = line.partition(": ")
        if not colon or field not in _FIELDS:
            _flaw("card-fields", f"{line[:40]!r} is no line of a card")
        pairs.append((field, value))
    found: dict[str, tuple[str, ...]] = dict.fromkeys(_FIELDS, ())
    for field, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        if found[field]:
            _flaw("card-fields", f"{field!r} stands in two places")
        found[field] = tuple(value for _, value in group)
    for field, (least, most) in _FIELDS.items():
        if not least <= len(found[field]) <= most:
            _flaw("card-fields", f"it has {len(found[field])} lines {field!r}, not {least} to {most}")
    order = [field for field, _ in itertools.groupby(pairs, key=lambda pair: pair[0])]
    if order != [field for field in _FIELDS if found[field]]:
        _flaw("card-fields", "its lines are not in their order")
    return found


def _decimal(field: str, values: dict[str, tuple[str, ...]]) -> int:
    try:
        return text.decimal(values[field][0])
    except ValueError as error:
        _flaw("card-value", f"{field}: {error}", error)


def _instant(field: str, values: dict[str, tuple[str, ...]]) -> int:
    try:
        return text.read_instant(values[field][0])
    except ValueError as error:
        _flaw("card-value", f"{field}: {error}", error)


def _strength(word: str) -> Strength:
    if word not in _STRENGTHS:
        _flaw("card-value", f"strength: {word[:40]!r} is neither post-quantum nor classical")
    return _STRENGTHS[word]


def _approver(value: str) -> tuple[str, str]:
    name, _, vkey = value.partition(" ")
    return name, vkey


def _check_words(card: Card) -> None:
    for value in (card.name, *card.hand_in):
        if not is_line(value):
            _flaw("card-value", f"{value[:40]!r} is not one line of at most {MAX_LINE} plain letters")
    if not 1 <= card.serial <= 1_000_000_000:
        _flaw("card-value", f"the serial number {card.serial} cannot be")
    if not 0 < card.not_after - card.issued <= MAX_LIFE:
        _flaw("card-value", "it is to be good for more than 12 months, or ends before it begins")
    if not 1 <= card.need <= card.parts <= MAX_PARTS:
        _flaw("card-value", f"any {card.need} of {card.parts} parts cannot be")
    if not 1 <= card.approvals <= MAX_PARTS:
        _flaw("card-value", f"{card.approvals} approvals cannot be")
    if len(card.recipients) > MAX_LIST or len(card.hand_in) > MAX_LIST or len(card.witnesses) > MAX_LIST:
        _flaw("card-fields", f"a list on it has more than {MAX_LIST} lines")


def _check_recipients(card: Card) -> None:
    if not card.recipients or len({*card.recipients, card.recovery}) != len(card.recipients) + 1:
        _flaw("card-recipient", "it has no recipient, or names one twice")
    for word in (*card.recipients, card.recovery):
        try:
            recipient = age.read_recipient(word)
        except TamizdatError as error:
            _flaw("card-recipient", f"{word[:24]!r} is no age recipient", error)
        if str(recipient) != word:
            _flaw("card-recipient", f"{word[:24]!r} is not the one spelling of this recipient")
        # The weakest recipient decides what a recording of the parts is worth in twenty years.
        if recipient.post_quantum != (card.strength == "post-quantum"):
            _flaw("card-recipient", f"{word[:24]!r} is not of the strength {card.strength!r} that the card promises")


def _check_keys(card: Card) -> None:
    own = [card.newsroom, *([card.previous] if card.previous else []), card.log, card.edition]
    people = [vkey for _, vkey in card.approvers]
    verifiers = [_verifier(vkey) for vkey in (*own, *people)]
    witnesses = [_verifier(vkey, witness=True) for vkey in card.witnesses]
    keys = [verifier.public for verifier in (*verifiers, *witnesses)]
    if len(set(keys)) != len(keys):
        _flaw("card-key", "one key stands on it for two uses")
    names = [name for name, _ in card.approvers]
    if not 1 <= len(names) <= MAX_PARTS or len(set(names)) != len(names) or not all(map(is_person, names)):
        _flaw("card-value", "an approver has no short name of small letters, digits and hyphens, or stands on it twice")


def _verifier(vkey: str, *, witness: bool = False) -> Verifier:
    try:
        verifier = note.read_verifier(vkey)
    except FormatError as error:
        _flaw("card-key", f"{vkey[:40]!r} is no key: {error}", error)
    if verifier.vkey != vkey or (verifier.kind != note.ED25519 and not witness):
        _flaw("card-key", f"{vkey[:40]!r} is not a key of the right kind")
    return verifier


def _flaw(code: str, what: str, cause: Exception | None = None) -> NoReturn:
    raise FormatError(
        code, f"this is no whole card: {what}", mend="Get the card again from the newsroom and compare its 12 words."
    ) from cause
