"""`metadata.encoding`: which codec of Python stands behind a name, as Java or Python spells it."""

import codecs
import re

COMMON = ("UTF-8", "ISO-8859-1", "ISO-8859-15", "windows-1252", "UTF-16", "UTF-16LE", "UTF-16BE", "US-ASCII", "IBM037")
"""What people write most, for hints."""

_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
_JAVA = {"macroman": "mac-roman", "windows-31j": "cp932", "utf-16le-bom": "utf-16-le"}
_NUMBERED = re.compile(r"(?:ibm|cp|windows|ms)-?0*(\d+)")


def codec_of(name: str) -> str | None:
    """Python's codec for the name of an encoding; None: there is none. US-ASCII is read as UTF-8, of which it is a part.

    Example:
        >>> codec_of("windows-1252"), codec_of("Cp037"), codec_of("EBCDIC")
        ('cp1252', 'cp037', None)
    """
    plain = name.strip().lower().replace("_", "-").removeprefix("x-")
    numbered = _NUMBERED.fullmatch(plain)
    names = [_JAVA.get(plain, plain), *([f"cp{numbered[1].zfill(3)}"] if numbered else [])]
    if plain.startswith("mac"):
        names.append(f"mac-{plain.removeprefix('mac')}")
    found = next((each for each in names if _is_charset(each)), None)
    codec = codecs.lookup(found).name if found else None
    return "utf-8" if codec in {"utf-8-sig", "ascii"} else codec


def _is_charset(name: str) -> bool:
    if not name.isascii() or name in _NO_CHARSETS:
        return False
    try:
        b"a".decode(name)
    except UnicodeError:
        return True
    except (LookupError, ValueError):  # no such codec, or one that makes no text
        return False
    return True
