"""What every error says, and the suggestions of those that name the nearest."""

from __future__ import annotations

import errno
import pickle

import pytest

from ahc_stream.core.errors import (
    CodecError,
    DiskError,
    EntropyDesync,
    InvalidValue,
    MissingExtra,
    StorageError,
    UnknownName,
)

NAMES = ["h264", "h265", "jpeg", "jpeg2000", "jpegls", "jpegxl"]


def test_an_error_is_two_sentences_of_its_three_parts() -> None:
    error = InvalidValue("a number", "'x'", "write 23, or none")
    assert str(error) == "expected a number; got 'x'. Write 23, or none."
    assert (error.expected, error.got, error.todo) == ("a number", "'x'", "write 23, or none")


def test_an_error_travels_between_processes() -> None:
    error = EntropyDesync("symbols", "others", "decode it again")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is EntropyDesync and str(again) == str(error) and isinstance(again, CodecError)


def test_names_of_files_are_readable_in_an_error() -> None:
    assert InvalidValue("caf\udce9.png", "none", "rename it").expected == r"caf\xe9.png"


def test_an_unknown_name_suggests_the_nearest_and_lists_all() -> None:
    error = UnknownName.among("codec", "JPEG200", reversed(NAMES))
    assert (error.expected, error.got) == ("a known codec", "'JPEG200'")
    assert error.todo == f"did you mean 'jpeg2000'? known: {', '.join(NAMES)}"


def test_an_unknown_name_that_is_near_nothing_lists_all() -> None:
    assert UnknownName.among("codec", "wxyz", NAMES).todo == f"known: {', '.join(NAMES)}"


def test_of_a_long_table_the_three_nearest_are_named() -> None:
    error = UnknownName.near("encoder", "jpeg2", NAMES, "list them")
    todo = error.todo
    assert todo.startswith("did you mean 'jpeg' or ") and todo.endswith("? Else list them")
    assert todo.count("'") == 2 * 3
    assert UnknownName.near("encoder", "wxyz", NAMES, "list them").todo == "list them"


def test_a_name_that_shares_half_of_its_letters_is_near_among_few_names_only() -> None:
    """Their ratio is 0.57."""
    assert "did you mean 'abcd'" in UnknownName.among("task", "abx", ["abcd"]).todo
    assert UnknownName.near("task", "abx", ["abcd"], "list them").todo == "list them"


def test_a_missing_package_says_how_it_is_installed() -> None:
    error = MissingExtra.of("ultralytics", "detection")
    assert str(error).endswith("Run: pip install 'ahc-stream[detection]'.")


@pytest.mark.parametrize(
    ("error", "kind", "got"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskError, "a full disk"),
        (OSError(errno.EACCES, "Permission denied"), StorageError, "Permission denied"),
        (OSError(errno.EPERM, "Operation not permitted"), StorageError, "Operation not permitted"),
        (OSError(errno.EROFS, "Read-only file system"), StorageError, "Read-only file system"),
        (OSError(errno.EIO, "Input/output error"), DiskError, "Input/output error"),
        (OSError(errno.ENOTDIR, "Not a directory"), StorageError, "Not a directory"),
        (OSError(errno.EEXIST, "File exists"), StorageError, "File exists"),
        (OSError(errno.ENAMETOOLONG, "File name too long"), StorageError, "File name too long"),
        (OSError("?"), DiskError, "OSError"),
    ],
)
def test_what_the_system_answers_is_a_wrong_path_or_a_disk_that_refuses(
    error: OSError, kind: type[StorageError], got: str
) -> None:
    ours = StorageError.of(error, "out/x", "choose another folder")
    assert type(ours) is kind
    assert (ours.expected, ours.got, ours.todo) == ("to write out/x", got, "choose another folder")
