"""Lines that are records, found piece by piece, against reading the file whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sl_assets.formats import line_index
from sl_assets.formats.line_index import records_in_lines

CONTENT = st.lists(st.sampled_from([b"a", b"\xc3\xa9", b"\xff", b"\r", b"\n", b"\r\n", b"\n\n", b"x,y"]), max_size=40).map(
    b"".join
)
NUMBERS = st.frozensets(st.integers(1, 12), max_size=6)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("lines") / "a.csv"


def expected(content, skip, refused):
    mark = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    offset = mark
    for line, text in enumerate(content[mark:].split(b"\n"), start=1):
        if text.rstrip(b"\r") and line > skip and line not in refused:
            yield line, text.rstrip(b"\r").decode("utf-8", "replace"), offset
        offset += len(text) + 1


@given(
    content=CONTENT,
    mark=st.booleans(),
    skip=st.integers(0, 3),
    refused=NUMBERS,
    wanted=st.none() | NUMBERS,
    piece=st.integers(1, 9),
)
def test_records_are_found_wherever_the_pieces_end(path, content, mark, skip, refused, wanted, piece):
    whole = b"\xef\xbb\xbf" * mark + content
    path.write_bytes(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_index, "_PIECE", piece)
        found = records_in_lines(str(path), skip, refused, wanted)
    records = [(number, *place) for number, place in enumerate(expected(whole, skip, refused), start=1)]
    assert found.records == len(records)
    assert [tuple(each) for each in found.asked] == [each for each in records if wanted is None or each[0] in wanted]
