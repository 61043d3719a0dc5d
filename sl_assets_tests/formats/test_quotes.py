"""Bytes that are looked for in a file, wherever its pieces end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sl_assets.formats import dsv_quotes
from sl_assets.formats.dsv_quotes import _contains  # pyright: ignore[reportPrivateUsage]

BYTES = st.lists(st.sampled_from([b'"', b"\\", b"a"])).map(b"".join)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("quotes") / "a.csv"


@given(content=BYTES, text=st.sampled_from([b'"', b'\\"', b'""a']), piece=st.integers(1, 5))
def test_bytes_are_found_wherever_the_pieces_end(path, content, text, piece):
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dsv_quotes, "PIECE", piece)
        assert _contains(str(path), text) is (text in content)
