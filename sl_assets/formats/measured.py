"""A stream that is unpacked, measured while it is read: too much out of too little, or more than the disk has room for."""

import errno
import shutil
from pathlib import Path
from typing import IO

from sl_assets.formats.errors import NoRoomError, UnreadableFileError
from sl_assets.project.arrival import most_unpacked, size_text, too_much
from sl_assets.project.records import UnpackLimits

_STEP = 16 * 2**20  # bytes between two looks at the disk; what is below that it may run full on, as any file may


class Measured:
    """Reads a stream for somebody who writes what is read to a folder."""

    def __init__(self, stream: IO[bytes], file: str, limits: UnpackLimits, folder: Path) -> None:
        self._stream = stream
        self._file = file
        self._limits = limits
        self._folder = folder
        self._packed = Path(file).stat().st_size
        self._most = most_unpacked(self._packed, limits)
        self._size = 0
        self._looked = 0

    def read(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            UnreadableFileError: More came out of the file than the limits allow.
            NoRoomError: The disk is about to be full.
        """
        data = self._stream.read(size)
        self._size += len(data)
        if self._size > self._most:
            raise UnreadableFileError(self._file, too_much(self._packed, self._limits))
        if self._size - self._looked >= _STEP:
            self._looked = self._size
            self._check_room()
        return data

    def _check_room(self) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < _STEP:
            fact = f"No space left to unpack {self._file}: after {size_text(self._size)} there are {size_text(free)} free"
            hint = "Hint: make room, then run again; nothing was loaded from it."
            raise NoRoomError(errno.ENOSPC, f"{fact} in {self._folder}. {hint}")
