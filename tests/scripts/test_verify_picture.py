"""A picture outside of any edition: dropped on the command, it says what its proof shows, or one thing that is wrong."""

from __future__ import annotations

import base64
import json

import pytest

from tests import vectors
from tests.redaction.pictures import jpegtran
from tests.scripts import house
from tests.tools import need


def given(folder, name: str, *, inside: bool = False):
    told = json.loads((vectors.SPECS / "sidecar" / f"{name}.json").read_text("utf-8"))
    picture = folder / "harbour.jpg"
    picture.write_bytes(base64.b64decode(told["picture"]))
    if told["sidecar"] is not None and not inside:
        (folder / "harbour.jpg.proof").write_text(told["sidecar"])
    return picture, told


def test_a_picture_with_its_proof_beside_or_inside_it_is_told_in_plain_words(tmp_path):
    picture, told = given(tmp_path, "good")
    done = house.run("verify", picture, "--card-words", told["card_words"])
    assert done.status == 0
    assert "unchanged since no later than 2026-11-26T00:30:00Z" in done.out
    assert "12 % of the picture is hidden or cut away." in done.out
    assert "This file is, byte for byte, the one that the newsroom published." in done.out
    assert "a forger can commit to a forgery" in done.out
    assert done.out.rstrip().splitlines()[-1].startswith("What is shown here is unchanged, and others than")
    also = house.run("verify", f"{picture}.proof")
    assert (also.status, "Compare these 12 words" in also.out) == (0, True)
    other = tmp_path / "inside"
    other.mkdir()
    inside = house.run("verify", given(other, "embedded")[0], "--json")
    found = json.loads(inside.out)
    assert (found["verdict"], found["proof"]) == ("proven", "inside")
    assert {"kind": "stated", "code": "committed-desk"}.items() <= found["findings"][-3].items() or any(
        one["code"] == "committed-desk" for one in found["findings"]
    )


def test_a_picture_packed_anew_or_with_anybodys_credentials_is_proven_and_the_file_is_not(tmp_path):
    """Other people's programs may pack it otherwise; what they put in is not the newsroom's word, and that is said."""
    picture, _ = given(tmp_path, "good")
    picture.write_bytes(jpegtran(need("jpegtran"), picture.read_bytes(), "-progressive", "-copy", "all"))
    packed = house.run("verify", picture)
    signed = house.run("verify", given(tmp_path, "credentials")[0])
    embedded = house.run("verify", given(tmp_path, "unsaid")[0])

    for done, why, count in (
        (packed, "byte for byte it is not the file that was published", 0),
        (signed, "byte for byte it is not the file that was published", 49),
        (embedded, "this proof does not name the file", 0),
    ):
        assert done.status == 0, done.out + done.err
        assert "These parts of the picture are unchanged since" in done.out
        assert "byte for byte, the one that the newsroom published" not in done.out
        not_proven = done.out.partition("NOT PROVEN")[2]
        assert f"That the rest of this file is the newsroom's: {why}" in not_proven
        assert f"the content credentials in it (bytes: {count}), can be anybody's" in not_proven


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pixel", "was changed after it was committed to"),
        ("root-later", "the proof was put together from two"),
        ("behind", "behind the end of the picture"),
        ("cut", "it was cut, or it is another one"),
        ("drawing", "drawn into a part that should be blank"),
        ("witness-forged", "outside witness south.example/w is false"),
        ("other-log", "is not that of “The Example Courier”"),
        ("signature", "did not sign this proof as it stands"),
    ],
)
def test_what_is_wrong_is_said_in_words_and_nothing_is_proven_then(tmp_path, name, words):
    done = house.run("verify", given(tmp_path, name)[0])
    assert done.status == 6
    assert words in done.out
    assert "PROVEN" not in done.out.replace("NOT PROVEN", "")
    assert "Do not rely on this file" in done.err


def test_a_picture_without_proof_or_with_a_wrong_file_beside_it_is_one_clear_error(tmp_path):
    picture, _ = given(tmp_path, "good", inside=True)
    assert "sidecar-none" in house.run("verify", picture).err
    (tmp_path / "harbour.jpg.proof").write_bytes(picture.read_bytes())
    wrong = house.run("verify", picture)
    assert (wrong.status, "sidecar-spelling" in wrong.err) == (3, True)
    assert "file-missing" in house.run("verify", picture, "--proof", tmp_path / "none").err
    assert "words-count" in house.run("verify", given(tmp_path, "good")[0], "--card-words", "column dish").err
    assert "verify-alone" in house.run("verify", tmp_path).err
