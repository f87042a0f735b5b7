"""A small newsroom in memory, quickly made: its passphrase costs little, on purpose."""

from __future__ import annotations

from tamizdat.adapters.cell import Cell
from tamizdat.adapters.memory import Memory
from tamizdat.newsroom import init
from tamizdat.newsroom.house import House
from tamizdat.newsroom.settings import Settings
from tamizdat.primitives.errors import AdapterError
from tamizdat.wire.story import Byline, Category, Dateline, Prose, Story


PASSPHRASE = b"six plain words for the tests"
WORK = 2


def settings(**changes: object) -> Settings:
    return Settings(**{"name": "The Example Courier", "origin": "news.example/record"} | changes)


def make(
    memory: Memory, clock, entropy, *, passphrase: bytes = PASSPHRASE, log_unattended=False, classical=False, **changes
):
    house = House(memory, clock=clock, entropy=entropy, cells=Cell)
    init.create(
        house,
        settings(**changes),
        passphrase,
        post_quantum=not classical,
        log_unattended=log_unattended,
        work_factor=WORK,
    )
    return house


def story(digest: bytes = bytes(32), version: int = 1) -> Story:
    return Story(
        name="harbour",
        language="en",
        headline="The harbour is closed",
        bylines=(Byline(name="A. Writer"),),
        dateline=Dateline(place="Port", date="2026-11-26"),
        categories=(Category(code="20000001", label="news"),),
        blocks=(Prose(html="<p>Closed.</p>"),),
        digest=digest,
        version=version,
    )


class FullAt:
    """A store that refuses its Nth change, and every change after it, as a full disk does."""

    def __init__(self, store: Memory, at: int) -> None:
        self._store = store
        self._left = at
        self.open = store.open
        self.names = store.names
        self.folders = store.folders

    def put(self, name, chunks):
        self._change()
        self._store.put(name, chunks)

    def add(self, name, chunks):
        self._change()
        self._store.add(name, chunks)

    def drop(self, name):
        self._store.drop(name)

    def _change(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise AdapterError("disk-full", "the disk is full", mend="Make room.")
