"""
The commands that are compared, as a person would type them. Nothing is tuned against anybody: each tool has its defaults, but for
what is said beside it.

They are lines of bash over variables: TREE what is sealed, OUT a place that is not there yet, KEY and TO an age key and its recipient,
CARD and WORDS a newsroom's card, AGE a sealed file, PARTS the folder of five parts, and SOME three of them.
"""

from __future__ import annotations

import dataclasses
import shutil
import sys

from pathlib import Path
from typing import Final


BIN: Final = Path(sys.executable).parent
TAMIZDAT: Final = str(BIN / "tamizdat")
_SEAL: Final = f'{TAMIZDAT} seal --for "$CARD" --card-words "$WORDS" -o "$OUT"'
# Nobody else takes pictures apart: what is compared with others leaves it out. Its own price is PHOTOS' to show.
SEAL: Final = f'{_SEAL} "$TREE" --no-tiles'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """
    One command.

    Attributes:
        name: What it is called in tables.

        script: The line of bash.

        needs: Programs without which it is left out; *ours* says that it is this project's.
    """

    name: str
    script: str
    needs: tuple[str, ...] = ()
    ours: bool = False

    @property
    def missing(self) -> list[str]:
        """The programs it needs that are not here."""
        return [tool for tool in self.needs if not (shutil.which(tool) or (BIN / tool).exists())]


CP: Final = Contender(name="cp -r", script='cp -r "$TREE" "$OUT"')
_TAR_AGE: Final = 'tar -C "$TREE" -c . | age -r "$TO" -o "$OUT/x.age"'
TAR_AGE: Final = Contender(name="tar | age", script=f'mkdir "$OUT"; {_TAR_AGE}', needs=("tar", "age"))
# zfec's tool wants a file it can seek in.
ZFEC: Final = Contender(
    name="tar | age, zfec 3 of 5",
    script=f'mkdir "$OUT"; {_TAR_AGE}; {BIN / "zfec"} -q -k 3 -m 5 -d "$OUT" "$OUT/x.age"; rm "$OUT/x.age"',
    needs=("tar", "age", "zfec"),
)
PAR2: Final = Contender(
    name="tar | age, par2 -r40",
    script=f'mkdir "$OUT"; {_TAR_AGE}; par2 create -qq -r40 -n1 "$OUT/x.age"',
    needs=("tar", "age", "par2"),
)
RESTIC: Final = Contender(
    name="restic init, backup",
    script='restic -q -r "$OUT" init && restic -q -r "$OUT" backup "$TREE"; rm -rf "$RESTIC_CACHE_DIR"',
    needs=("restic",),
)
BORG: Final = Contender(
    name="borg init, create -C none",
    script='borg init -e repokey-blake2 "$OUT" && borg create -C none "$OUT::x" "$TREE"; rm -rf "$BORG_BASE_DIR"',
    needs=("borg",),
)
SEAL_3_5: Final = Contender(name="tamizdat seal, 3 of 5", script=f"{SEAL} --need 3 --parts 5", ours=True)
# Nobody else reads back what was written; with this option we do as they do.
SEAL_UNCHECKED: Final = Contender(
    name="tamizdat seal --unchecked, 3 of 5", script=f"{SEAL} --need 3 --parts 5 --unchecked", ours=True
)
SEAL_10_14: Final = Contender(name="tamizdat seal, 10 of 14", script=f"{SEAL} --need 10 --parts 14", ours=True)
SEAL_170_238: Final = Contender(name="tamizdat seal, 170 of 238", script=f"{SEAL} --need 170 --parts 238", ours=True)

# Photographs, sealed with and without being committed to by parts.
PHOTOS: Final = (
    Contender(
        name="tamizdat seal --no-tiles, photographs",
        script=f'{_SEAL} "$PHOTOS" --no-tiles --need 3 --parts 5',
        ours=True,
    ),
    Contender(name="tamizdat seal, photographs", script=f'{_SEAL} "$PHOTOS" --need 3 --parts 5', ours=True),
)

UNTAR: Final = Contender(
    name="age -d | tar x", script='mkdir "$OUT"; age -d -i "$KEY" "$AGE" | tar -C "$OUT" -x', needs=("tar", "age")
)


def opening(name: str, parts: str) -> Contender:
    """Open from *parts*, names in shell words."""
    return Contender(name=name, script=f'{TAMIZDAT} open {parts} -i "$NEWSROOM_KEY" -o "$OUT"', ours=True)


OPEN_ALL: Final = opening("tamizdat open, all five parts", "$PARTS")
OPEN_TWO: Final = opening("tamizdat open, two data parts missing", "$SOME")
OPEN_DAMAGED: Final = opening("tamizdat open, every row just 3 good", "$PARTS")

_CORE: Final = f"{sys.executable} -m bench.carry.core"
CORE: Final = (
    Contender(name="Go age, encrypt", script='age -r "$TO" -o /dev/null "$FILE"', needs=("age",)),
    Contender(name="our age core, encrypt", script=f'{_CORE} encrypt "$TO" "$FILE" > /dev/null', ours=True),
    Contender(name="Go age, decrypt", script='age -d -i "$KEY" -o /dev/null "$AGE"', needs=("age",)),
    Contender(name="our age core, decrypt", script=f'{_CORE} decrypt "$KEY" "$AGE" > /dev/null', ours=True),
)
