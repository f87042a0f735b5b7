"""A newsroom is made whole, its secrets are under the passphrase, its settings are read strictly."""

from __future__ import annotations

import pytest

from tamizdat.newsroom import init
from tamizdat.newsroom import settings as settings_file
from tamizdat.newsroom.house import House
from tamizdat.primitives import card as cards
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import AdapterError, FormatError, UsageError
from tests.newsroom import rooms


def test_a_new_newsroom_has_a_card_an_empty_record_and_an_empty_vault(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy, hand_in=("Kiosk 5",), need=2, parts=4)

    card = house.card()

    assert (card.name, card.serial, card.strength, card.need, card.parts) == (
        "The Example Courier",
        1,
        "post-quantum",
        2,
        4,
    )
    assert card.hand_in == ("Kiosk 5",)
    assert len({card.newsroom, card.log, card.edition, card.approvers[0][1]}) == 4
    assert house.log_reader().size == 0
    assert house.log_reader().check_all() == []
    assert house.vault().fsck() == []
    assert house.settings == rooms.settings(hand_in=("Kiosk 5",), need=2, parts=4)


@pytest.mark.parametrize("classical", [False, True])
def test_what_is_sealed_for_the_card_opens_with_the_newsrooms_keys(memory, clock, entropy, classical) -> None:
    house = rooms.make(memory, clock, entropy, classical=classical)

    sealed = age.seal(b"picture", house.card_recipients(), entropy)
    keys = house.unlock(rooms.PASSPHRASE)

    assert age.open_(sealed, keys.identities) == b"picture"
    assert house.card().strength == ("classical" if classical else "post-quantum")


def test_no_secret_lies_in_clear_but_the_recovery_page(memory, clock, entropy) -> None:
    """And with --log-unattended the record's own key, and nothing else."""
    rooms.make(memory, clock, entropy, log_unattended=True)

    clear = {name for name, value in memory.values.items() if b"PRIVATE+KEY" in value or b"AGE-SECRET-KEY" in value}

    assert clear == {"keys/log.key", "recovery-print-and-remove.html", "recovery-print-and-remove.txt"}
    assert "keys/log.age" not in memory.values


def test_a_person_added_is_on_the_next_card(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy, approvals=2)
    keys = house.unlock(rooms.PASSPHRASE)

    raw = init.add_person(house, keys, "anna", b"her own", work_factor=rooms.WORK)

    card = cards.read(raw)
    assert (card.serial, [name for name, _ in card.approvers], card.approvals) == (2, ["editor", "anna"], 2)
    assert house.card() == card
    for name, code in (("anna", "person-known"), ("../x", "person-name")):
        with pytest.raises(UsageError) as caught:
            init.add_person(house, keys, name, b"other", work_factor=rooms.WORK)
        assert caught.value.code == code


def test_no_card_is_issued_by_a_clock_that_runs_backwards(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy)
    keys = house.unlock(rooms.PASSPHRASE)
    clock.seconds -= 1

    with pytest.raises(AdapterError) as caught:
        init.reissue(house, keys)

    assert caught.value.code == "clock-backwards"


def test_settings_are_written_as_they_are_read() -> None:
    whole = rooms.settings(
        name='Ərk "Nəşr" \\ مثال', base="https://a.example/x/", languages=("az", "ar"), hand_in=("a", "b")
    )

    assert settings_file.read(settings_file.write(whole)) == whole


def test_every_fault_of_the_settings_is_named_at_once() -> None:
    raw = b'name = ""\norigin = "A B"\napprovals = "two"\ncolour = "red"\nlanguages = "en"\n'

    with pytest.raises(FormatError) as kinds:
        settings_file.read(raw)
    with pytest.raises(FormatError) as values:
        settings_file.read(b'name = ""\norigin = "A B"\nneed = 9\nslot = 5\nbase = "x"\nlanguages = ["!"]\n')
    with pytest.raises(FormatError) as broken:
        settings_file.read(b"name = ")

    assert [fault.where.split()[-1] for fault in kinds.value.faults] == ["approvals", "colour", "languages"]
    assert [fault.where.split()[-1] for fault in values.value.faults] == [
        "name",
        "origin",
        "slot",
        "need",
        "base",
        "languages",
    ]
    assert broken.value.code == "settings-toml"


def test_a_folder_without_its_files_says_which_is_missing(memory, clock, entropy) -> None:
    house = House(memory, clock=clock, entropy=entropy)

    with pytest.raises(UsageError, match=r"newsroom\.toml"):
        _ = house.settings
    with pytest.raises(UsageError, match=r"card\.txt"):
        house.card()
