"""Write the vectors of docs/spec/card.md."""

from __future__ import annotations

import dataclasses
import hashlib
import sys

from pathlib import Path

from tamizdat.primitives import card, note
from tamizdat.primitives.age import recipients


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


class Dice:
    """Dice that fall the same every time."""

    count = 0

    def random(self, count: int) -> bytes:
        """Give the next *count* bytes."""
        self.count += 1
        return hashlib.shake_256(b"vectors of card" + bytes([self.count])).digest(count)


DICE = Dice()
NEWSROOM, OLD, LOG, EDITION, EDITOR, ANNA = (
    note.Signer(name=f"news.example/{role}", seed=DICE.random(32))
    for role in ("newsroom", "newsroom", "record", "edition", "editor", "anna")
)
CLASSICAL = [str(recipients.generate(post_quantum=False, entropy=DICE).recipient()) for _ in range(3)]
HYBRID = [str(recipients.generate(post_quantum=True, entropy=DICE).recipient()) for _ in range(2)]
PLAIN = card.Card(
    name="The Example Courier",
    serial=1,
    issued=1_795_651_200,
    not_after=1_795_651_200 + 365 * 86_400,
    strength="classical",
    recipients=(CLASSICAL[0],),
    recovery=CLASSICAL[1],
    newsroom=NEWSROOM.verifier.vkey,
    log=LOG.verifier.vkey,
    edition=EDITION.verifier.vkey,
    approvers=(("editor", EDITOR.verifier.vkey),),
)
FULL = dataclasses.replace(
    PLAIN,
    name="Пример — مثال",
    serial=2,
    strength="post-quantum",
    recipients=(HYBRID[0],),
    recovery=HYBRID[1],
    previous=OLD.verifier.vkey,
    approvals=2,
    approvers=(*PLAIN.approvers, ("anna", ANNA.verifier.vkey)),
    hand_in=("The kiosk at the harbour, any morning", "+00 0000 0000: ask for the gardener"),
)


def main() -> None:
    """Write all vectors."""
    _whole()
    _damaged()
    _lines()
    _values()


def _whole() -> None:
    _case("plain", "whole", "the least a card can say", card.sign(PLAIN, NEWSROOM))
    _case("full", "whole", "post-quantum, a successor signed by both keys", card.sign(FULL, NEWSROOM, OLD))


def _damaged() -> None:
    raw = card.sign(PLAIN, NEWSROOM)
    _case("note-broken-off", "card-note", "the signature is missing", raw[: raw.index(b"\n\n") + 1])
    _case("altered", "card-signature", "the advice was changed after signing", raw.replace(b"parts: 5", b"parts: 9"))
    _case("other-signer", "card-signature", "signed by a key that is not the newsroom's", card.sign(PLAIN, EDITION))
    _case("half-succession", "card-signature", "the previous key did not sign", card.sign(FULL, NEWSROOM))


def _lines() -> None:
    body = card.write_text(PLAIN)
    _text("title", "card-title", "another version", body.replace("card-v1", "card-v2"))
    _text("unknown-line", "card-fields", "a line that no card has", f"{body}colour: red\n")
    _text("missing-line", "card-fields", "no serial number", body.replace("serial: 1\n", ""))
    _text(
        "order", "card-fields", "two lines have changed places", body.replace("need: 3\nparts: 5", "parts: 5\nneed: 3")
    )
    _text("split-list", "card-fields", "a list stands in two places", f"{body}recipient: {CLASSICAL[2]}\n")


def _values() -> None:
    body = card.write_text(PLAIN)
    _text("leading-zero", "card-value", "a number spelled otherwise", body.replace("serial: 1", "serial: 01"))
    _text("two-years", "card-value", "good for more than 12 months", body.replace("not-after: 2027", "not-after: 2028"))
    _text("strength-word", "card-value", "a strength nobody knows", body.replace(": classical", ": quantum"))
    _text("hidden-letter", "card-value", "a name that turns its direction", body.replace("Example", "\u202eExample"))
    _text("need", "card-value", "more parts needed than there are", body.replace("need: 3", "need: 6"))
    _text(
        "person", "card-value", "a person's name with a capital", body.replace("approver: editor", "approver: Editor")
    )
    _text("mixed", "card-recipient", "a hybrid beside a classical one", body.replace(CLASSICAL[1], HYBRID[1]))
    _text(
        "recipient-twice", "card-recipient", "recovery is no second identity", body.replace(CLASSICAL[1], CLASSICAL[0])
    )
    _text("recipient-capitals", "card-recipient", "spelled otherwise", body.replace(CLASSICAL[0], CLASSICAL[0].upper()))
    _text("shared-key", "card-key", "one key for two uses", body.replace(LOG.verifier.vkey, EDITION.verifier.vkey))
    _text("no-key", "card-key", "not a key", body.replace(LOG.verifier.vkey, "news.example/record"))


def _text(name: str, expect: str, comment: str, body: str) -> None:
    """Sign a text that no writer of ours would write."""
    _case(name, expect, comment, note.sign(body, NEWSROOM))


def _case(name: str, expect: str, comment: str, raw: bytes) -> None:
    vectors.write("card", name, expect, comment, raw)


if __name__ == "__main__":
    main()
