"""The same study again, elsewhere: another folder, locale, time zone and number of cores give the same bytes."""

import subprocess
from pathlib import Path

import pytest
from mini_study import copied, promised, run

pytestmark = pytest.mark.faults

#: A name with spaces, an umlaut, and what shells and URLs read as something else.
FOLDER = "zweite Größe, 100 % (kopiert) & 'noch' eine"
#: Where locales are made of their descriptions, so that one with decimal commas need not be installed.
DESCRIPTIONS = Path("/usr/share/i18n/locales/de_DE")
#: What is promised, by kind, and where it is.
KINDS = {
    "predictions": "results/mini/predictions/main/*.zarr/**/*",
    "distances": "results/mini/distances/main/*.npy",
    "embeddings": "results/mini/embeddings/main/*.nc",
    "numbers": "results/mini/numbers/*.json",
    "notebooks": "results/mini/notebooks/*.ipynb",
    "PNG": "figures/mini/**/*.png",
    "PDF": "figures/mini/**/*.pdf",
    "pages": "figures/mini/**/*.html",
}


def elsewhere(folder: Path) -> dict[str, str]:
    """Variables of a user whose numbers have commas, far east of here, whose dictionaries have another order."""
    settings = {"LC_ALL": "C", "LANG": "C", "LANGUAGE": "de", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7"}
    if not DESCRIPTIONS.exists():
        return settings
    made = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")]
    if subprocess.run(made, capture_output=True).returncode > 1:  # 1 is a warning
        return settings
    return settings | {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LOCPATH": str(folder)}


@pytest.fixture(scope="module")
def repeated(tmp_path_factory):
    """The mini study run once more, on one core, in another folder, by someone else."""
    folder = copied(tmp_path_factory.mktemp("repeated") / FOLDER)
    done = run(folder, "--cores", "1", **elsewhere(tmp_path_factory.mktemp("locales")))
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_promised_has_the_same_bytes_elsewhere(repeated, undisturbed, kind):
    ours, theirs = promised(repeated), undisturbed[1]
    names = [path.relative_to(repeated).as_posix() for path in repeated.glob(KINDS[kind]) if path.is_file()]
    names = [name for name in names if name in theirs]
    assert names and not [name for name in names if ours[name] != theirs[name]]


def test_nothing_else_differs_and_the_same_files_are_made(repeated, undisturbed):
    ours, theirs = promised(repeated), undisturbed[1]
    assert ours.keys() == theirs.keys()
    assert not [name for name, checksum in ours.items() if checksum != theirs[name]]


def test_no_file_tells_where_or_by_whom_it_was_made(repeated):
    for name in promised(repeated):
        data = (repeated / name).read_bytes()
        assert FOLDER.encode() not in data and b"Kiritimati" not in data and str(repeated.parent).encode() not in data


def test_nothing_is_left_to_do_with_more_cores(repeated):
    done = run(repeated, "--dry-run")
    assert done.returncode == 0 and "Nothing to be done" in done.stdout
