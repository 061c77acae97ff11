"""Tables that are there for as long as they are held: `flags owner` has the kernel remove them
with the socket that they were made by, however the process ends. libnftables holds that socket;
the program nft would end first."""

from __future__ import annotations

import ctypes
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import VnetError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBRARY = "libnftables.so.1"
_JSON = 1 << 4  # NFT_CTX_OUTPUT_JSON, nftables/libnftables.h


class HeldTables:
    """What runs commands for those tables."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._context = ctypes.c_void_p(library.nft_ctx_new(0))
        library.nft_ctx_buffer_output(self._context)
        library.nft_ctx_buffer_error(self._context)

    def run(self, commands: str) -> str:
        """What the commands print. Raises VnetError with what nft complains of."""
        failed = self._library.nft_run_cmd_from_buffer(self._context, commands.encode())
        said: bytes = self._library.nft_ctx_get_error_buffer(self._context) or b""
        out: bytes = self._library.nft_ctx_get_output_buffer(self._context) or b""
        if failed:
            lines = said.decode("utf-8", "replace").splitlines()
            raise VnetError(f"nftables: {lines[0] if lines else 'it failed without a word'}")
        return out.decode("utf-8", "replace")

    def list_tables(self, name: str) -> list[dict[str, Any]]:
        """The tables of that name, of every family, as nft's JSON objects."""
        self._library.nft_ctx_output_set_flags(self._context, _JSON)
        try:
            found: list[dict[str, Any]] = []
            for family in ("bridge", "inet"):
                found += json.loads(self.run(f"list table {family} {name}"))["nftables"]
            return found
        finally:
            self._library.nft_ctx_output_set_flags(self._context, 0)

    def close(self) -> None:
        """The kernel removes the tables."""
        self._library.nft_ctx_free(self._context)


@contextmanager
def held(tables: str) -> Iterator[HeldTables]:
    """The tables, for as long as this block. Raises VnetError."""
    made = HeldTables(_load())
    try:
        made.run(tables)
        yield made
    finally:
        made.close()


def _load() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        raise VnetError(
            f"the library {_LIBRARY} is not there",
            "install it: apt install libnftables1, or your distribution's nftables",
        ) from None
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_ctx_free.restype = None
    library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
        getattr(library, name).restype = ctypes.c_char_p
    return library
