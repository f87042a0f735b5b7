"""What a file looks like, by its first bytes only: a label for people, never a verdict and never a decoder."""

from __future__ import annotations

from typing import Final


HEAD: Final = 64
_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\xff\xd8\xff", "JPEG picture"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (0, b"GIF8", "GIF picture"),
    (0, b"II*\x00", "TIFF picture"),
    (0, b"MM\x00*", "TIFF picture"),
    (8, b"WEBP", "WebP picture"),
    (4, b"ftypavif", "AVIF picture"),
    (4, b"ftyphei", "HEIC picture"),
    (4, b"ftypmif1", "HEIF picture"),
    (4, b"ftypM4A", "MPEG-4 sound"),
    (4, b"ftypqt", "QuickTime film"),
    (4, b"ftyp", "MPEG-4 film"),
    (0, b"\x1aE\xdf\xa3", "Matroska or WebM film"),
    (8, b"WAVE", "WAV sound"),
    (8, b"AVI ", "AVI film"),
    (0, b"ID3", "MP3 sound"),
    (0, b"\xff\xfb", "MP3 sound"),
    (0, b"OggS", "Ogg sound"),
    (0, b"fLaC", "FLAC sound"),
    (0, b"#!AMR", "AMR sound"),
    (0, b"%PDF-", "PDF document"),
    (0, b"PK\x03\x04", "ZIP archive or office document"),
    (0, b"\xd0\xcf\x11\xe0", "older office document"),
)


def kind(head: bytes) -> str:
    """
    Name what a file's first bytes look like.

    >>> kind(b"%PDF-1.7")
    'PDF document'
    """
    for place, magic, name in _MAGIC:
        if head[place : place + len(magic)] == magic:
            return name
    try:
        words = head.decode("utf-8", "strict") if len(head) < HEAD else head[:-3].decode("utf-8")
    except UnicodeDecodeError:
        return "unknown kind"
    return "text" if words.isprintable() or set(words) & set("\n\t") else "unknown kind"
