"""What a check of words was about, as one hash: two checks of the same hash find the same.

So a check that stopped nothing need not be made again while its hash would be the same: these words, this case, this
version of the guide, these facts, and this program.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import fields
from functools import cache, lru_cache
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from styleguides.brand_state import BrandState
from styleguides.rule_kinds import CheckContext

_FIELDS_OF: Final = attrgetter(*(one.name for one in fields(CheckContext)))
_READ: Final = ("*.py", "languages/*.toml")
_ASKED_BESIDE: Final = ("babel", "py3langid", "regex", "snowballstemmer")
"""What it recognises languages, letters, stems and amounts by."""


def key_of_check(brand_id: UUID, state: BrandState, text: str, context: CheckContext) -> bytes:
    """SHA-256 of everything a check of `styleguides.brand_check` follows from, but for words of other brands and what
    guidelines say never to say.

    Not the day: a fact that is over only takes findings away.
    """
    asked = _of_brand(program(), brand_id, state.version_id, state.facts, state.time_zone).copy()
    asked.update(repr((*_FIELDS_OF(context), text)).encode("utf-8", "surrogatepass"))
    digest: bytes = asked.digest()
    return digest


@lru_cache(maxsize=1024)
def _of_brand(*asked: Any) -> Any:
    """Begun once for hundreds of texts of one brand."""
    return hashlib.sha256(repr(asked).encode())


@cache
def program() -> bytes:
    """SHA-256 of what judges: this package's code and word lists, and the versions of what it asks.

    Read once a process; a release that judges otherwise trusts no check of the one before.
    """
    here = Path(__file__).parent
    files = {path.relative_to(here).as_posix(): path.read_bytes() for name in _READ for path in here.glob(name)}
    asked = [*(version(name) for name in _ASKED_BESIDE), unicodedata.unidata_version, str(sys.version_info)]
    return _hash_of(files, " ".join(asked))


def _hash_of(files: Mapping[str, bytes], beside: str) -> bytes:
    folded = hashlib.sha256(beside.encode())
    for name in sorted(files):
        folded.update(name.encode() + hashlib.sha256(files[name]).digest())
    return folded.digest()
