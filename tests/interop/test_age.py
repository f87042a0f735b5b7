"""Other people's age programs open ours, and we open theirs."""

from __future__ import annotations

import base64
import json
import subprocess

from pathlib import Path

import pyrage
import pytest

from tamizdat.primitives.age import armor, recipients
from tamizdat.primitives.age.file import open_, seal
from tests.conftest import SeededEntropy
from tests.tools import need, node_module


SCRIPT = Path(__file__).with_name("typage.mjs")
TEXTS = [b"", b"text", bytes(range(256)) * 1024]
ids = pytest.mark.parametrize("text", TEXTS, ids=["empty", "short", "four chunks"])


def typage(**job: str) -> dict[str, str]:
    node_module("age-encryption")
    done = subprocess.run([need("node"), SCRIPT], input=json.dumps(job).encode(), capture_output=True, check=True)
    return json.loads(done.stdout)


def letters(data: bytes) -> str:
    return base64.b64encode(data).decode()


@ids
def test_debian_age_opens_ours_and_we_open_theirs(text: bytes, entropy: SeededEntropy, tmp_path: Path) -> None:
    """Plain and armored, by an identity file as we write it."""
    identity = recipients.generate(post_quantum=False, entropy=entropy)
    key = tmp_path / "key.txt"
    key.write_text(recipients.write_identity_file(identity))
    sealed = seal(text, [identity.recipient(), recipients.generate(post_quantum=False).recipient()], entropy)

    def age(*arguments: str, given: bytes) -> bytes:
        return subprocess.run([need("age"), *arguments], input=given, capture_output=True, check=True).stdout

    assert age("-d", "-i", str(key), given=sealed) == text
    assert age("-d", "-i", str(key), given=armor.write(sealed)) == text
    assert open_(age("-r", str(identity.recipient()), given=text), [identity]) == text
    assert open_(age("-a", "-r", str(identity.recipient()), given=text), [identity]) == text


def test_debian_age_keygen_and_we_read_each_other_s_keys(entropy: SeededEntropy, tmp_path: Path) -> None:
    made = subprocess.run([need("age-keygen")], capture_output=True, check=True, text=True)
    (identity,) = recipients.read_identity_file(made.stdout)

    assert f"# public key: {identity.recipient()}\n" in made.stdout


@ids
def test_pyrage_opens_ours_and_we_open_theirs(text: bytes, entropy: SeededEntropy) -> None:
    """X25519, and our passphrase file (theirs takes a gigabyte and seconds; typage's stands for it)."""
    identity = recipients.generate(post_quantum=False, entropy=entropy)
    their_identity = pyrage.x25519.Identity.from_str(identity.secret())
    their_recipient = pyrage.x25519.Recipient.from_str(str(identity.recipient()))
    passphrase = recipients.Passphrase(b"several long words", 10)

    assert pyrage.decrypt(seal(text, [identity.recipient()], entropy), [their_identity]) == text
    assert open_(pyrage.encrypt(text, [their_recipient]), [identity]) == text
    assert pyrage.passphrase.decrypt(seal(text, [passphrase], entropy), "several long words") == text


@ids
def test_typage_opens_our_post_quantum_file_and_we_open_theirs(text: bytes, entropy: SeededEntropy) -> None:
    """The age author's own implementation in JavaScript."""
    identity = recipients.generate(entropy=entropy)
    recipient = identity.recipient()

    ours = typage(verb="open", identity=identity.secret(), data=letters(seal(text, [recipient], entropy)))
    theirs = typage(verb="seal", recipient=str(recipient), data=letters(text))

    assert base64.b64decode(ours["data"]) == text
    assert open_(base64.b64decode(theirs["data"]), [identity]) == text


def test_typage_and_we_agree_on_a_hybrid_key() -> None:
    made = typage(verb="generate")
    identity = recipients.read_identity(made["identity"])

    assert str(identity.recipient()) == made["recipient"]
    assert identity.secret() == made["identity"]


def test_typage_and_we_open_each_other_s_passphrase_files(entropy: SeededEntropy) -> None:
    passphrase = recipients.Passphrase("fünf lange Wörter".encode(), 10)

    ours = typage(verb="open", passphrase="fünf lange Wörter", data=letters(seal(b"text", [passphrase], entropy)))
    theirs = typage(verb="seal", passphrase="fünf lange Wörter", data=letters(b"text"))

    assert base64.b64decode(ours["data"]) == b"text"
    assert open_(base64.b64decode(theirs["data"]), [passphrase]) == b"text"
