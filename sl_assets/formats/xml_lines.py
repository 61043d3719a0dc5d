"""From the number of an XML record back to the line and the byte it starts at.

Both are asked of expat: what libxml2 says of an element is the line where its tag ends, and beyond line 65 535 a guess.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from xml.parsers import expat

from sl_assets.formats.located import Located
from sl_assets.formats.xml_elements import etree, local_name, records


def places(file: str, tag: str, wanted: Collection[int] | None) -> Iterator[Located]:
    """The records that are asked for (None: all), with text, line and byte; without these two where they cannot be told."""
    starts = _starts(file, tag, wanted)
    last = None if wanted is None else max(wanted)
    for number, element in enumerate(records(file, tag), start=1):
        if wanted is None or number in wanted:
            line, offset = starts.get(number, (None, None))
            yield Located(number, line, etree.tostring(element, encoding="unicode", with_tail=False), offset)
        if number == last:
            return


def _starts(file: str, tag: str, wanted: Collection[int] | None) -> dict[int, tuple[int, int]]:
    counter = _Counter(tag, wanted)
    try:
        with Path(file).open("rb") as stream:
            counter.parser.ParseFile(stream)
    except (expat.ExpatError, LookupError, ValueError):  # an encoding that only libxml2 knows
        return {}
    return counter.starts


class _Counter:
    def __init__(self, tag: str, wanted: Collection[int] | None) -> None:
        self.tag = tag
        self.wanted = wanted
        self.starts: dict[int, tuple[int, int]] = {}
        self.records = 0
        self.inside = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, name: str, _attributes: object) -> None:
        if self.inside:
            self.inside += 1
        elif local_name(name) == self.tag:
            self.inside = 1
            self.records += 1
            if self.wanted is None or self.records in self.wanted:
                self.starts[self.records] = self.parser.CurrentLineNumber, self.parser.CurrentByteIndex

    def _end(self, _name: str) -> None:
        self.inside -= bool(self.inside)
