"""Archives made for the tests: members are (name, content, modification time in seconds)."""

import io
import tarfile
import zipfile
from datetime import UTC, datetime


def zip_of(*members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, seconds in members:
            moment = max(datetime.fromtimestamp(seconds, UTC), datetime(1980, 1, 1, tzinfo=UTC))
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.extra = b"UT\x05\x00\x01" + int(seconds).to_bytes(4, "little")
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return packed.getvalue()


def tar_of(*members, mode="w:gz"):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content, seconds in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), seconds
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()
