"""Keys have one spelling each, and keep their secrets to themselves."""

from __future__ import annotations

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives.age import bech32, recipients
from tamizdat.primitives.age.file import open_, seal
from tamizdat.primitives.errors import FormatError, TrustError, UsageError
from tests.conftest import SeededEntropy


# The examples of the specification (https://c2sp.org/age).
CLASSICAL = (
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
)
HYBRID = "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR"


@given(st.sampled_from(["a", "age", "age1pq", "x1y"]), st.binary(max_size=80))
def test_bech32_reads_what_it_wrote_in_both_cases(prefix: str, data: bytes) -> None:
    word = bech32.write(prefix, data)

    assert bech32.read(word) == (prefix, data)
    assert bech32.read(word.upper()) == (prefix.upper(), data)


@given(st.binary(max_size=40), st.data())
def test_bech32_has_one_spelling(data: bytes, draw: st.DataObject) -> None:
    """A letter changed, left out or put in is refused."""
    word = bech32.write("age", data)
    place = draw.draw(st.integers(0, len(word) - 1))
    other = draw.draw(st.sampled_from(["", *bech32.ALPHABET, "1", "b", "Q", "é", " "]))
    changed = word[:place] + other + word[place + 1 :]

    if changed != word:
        with pytest.raises(ValueError):
            bech32.read(changed)


@pytest.mark.parametrize("word", ["A1G7SGD8", "10a06t8", "1qzzfhee", "pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "", "1"])
def test_bech32_refuses_what_the_standard_refuses(word: str) -> None:
    """The invalid examples of BIP 173."""
    with pytest.raises(ValueError):
        bech32.read(word)


def test_the_specification_s_examples_are_read_and_written_back() -> None:
    identity = recipients.read_identity(CLASSICAL[0])
    hybrid = recipients.read_identity(HYBRID)

    assert (identity.secret(), str(identity.recipient())) == CLASSICAL
    assert hybrid.secret() == HYBRID
    assert str(hybrid.recipient()).startswith("age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg87pzf5zrq")
    assert len(str(hybrid.recipient())) == 1959


@pytest.mark.parametrize("post_quantum", [True, False])
def test_a_new_identity_survives_its_spelling(post_quantum: bool, entropy: SeededEntropy) -> None:
    identity = recipients.generate(post_quantum, entropy)

    again = recipients.read_identity(identity.secret())
    recipient = recipients.read_recipient(str(identity.recipient()))

    assert again.recipient() == identity.recipient() == recipient
    assert recipient.post_quantum is post_quantum
    assert open_(seal(b"text", [recipient], entropy), [again]) == b"text"
    assert recipients.generate(post_quantum).recipient() != recipient


def test_secrets_are_in_no_repr_and_no_error() -> None:
    identity = recipients.read_identity(CLASSICAL[0])
    shown = repr(identity) + repr(recipients.Passphrase(b"hunter2")) + repr(identity.recipient())
    for word in (CLASSICAL[0][:-1], CLASSICAL[0].lower(), "AGE-SECRET-KEY-" + CLASSICAL[0]):
        for reader in (recipients.read_identity, recipients.read_recipient, recipients.read_identity_file):
            with pytest.raises(FormatError) as caught:
                reader(word)
            shown += str(caught.value) + caught.value.mend + str(caught.value.__cause__)

    assert "GFPYYSJ" not in shown.upper()
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    "word",
    [
        "",
        "age1",
        CLASSICAL[0],
        CLASSICAL[1].upper(),
        CLASSICAL[1] + "\n",
        bech32.write("age", bytes(32)),
        bech32.write("age", bytes(31)),
        bech32.write("age1pq", b"\xff" * 1216),
        bech32.write("age1pq", bytes(1216)),
        bech32.write("age1pq", bytes(1)),
        bech32.write("age1tag", bytes(33)),
    ],
)
def test_a_word_that_is_no_recipient_is_refused(word: str) -> None:
    """Points of low order, foreign kinds, wrong lengths and other spellings included."""
    with pytest.raises(FormatError, match="not a recipient") as caught:
        recipients.read_recipient(word)

    assert caught.value.code == "age-recipient"


def test_an_identity_file_has_comments_and_empty_lines() -> None:
    content = f"# created: today\n\n  # public key: x\n{CLASSICAL[0]}\r\n{HYBRID}"

    identities = recipients.read_identity_file(content)

    assert [identity.secret() for identity in identities] == [CLASSICAL[0], HYBRID]
    written = recipients.write_identity_file(identities[0])
    assert [identity.secret() for identity in recipients.read_identity_file(written)] == [CLASSICAL[0]]


@pytest.mark.parametrize("content", ["", "# nothing\n", f"{HYBRID}\nage1zvkyg\n"])
def test_an_identity_file_without_identities_is_refused(content: str) -> None:
    with pytest.raises(FormatError) as caught:
        recipients.read_identity_file(content)

    assert caught.value.code == "age-identity"


def test_a_passphrase_opens_what_it_sealed_and_no_other_does(entropy: SeededEntropy) -> None:
    sealed = seal(b"text", [recipients.Passphrase(b"right", 4)], entropy)

    assert open_(sealed, [recipients.Passphrase(b"right")]) == b"text"
    for other in (recipients.Passphrase(b"wrong"), recipients.read_identity(HYBRID)):
        with pytest.raises(TrustError, match="passphrase") as caught:
            open_(sealed, [other])
        assert caught.value.code == "age-no-match"


def test_more_work_than_allowed_is_refused_before_it_is_done(entropy: SeededEntropy) -> None:
    sealed = seal(b"text", [recipients.Passphrase(b"right", 5)], entropy)

    with pytest.raises(FormatError, match="work factor 5"):
        open_(sealed, [recipients.Passphrase(b"right", 4, max_work_factor=4)])


@pytest.mark.parametrize(("secret", "factor"), [(b"", 18), (b"x", 0), (b"x", 23)])
def test_a_passphrase_refuses_to_exist_when_wrong(secret: bytes, factor: int) -> None:
    with pytest.raises(UsageError):
        recipients.Passphrase(secret, factor)
