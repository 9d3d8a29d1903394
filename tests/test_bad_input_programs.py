"""Mistakes on the command lines of the project, and files that its programs find damaged: one message, nothing lost."""

import json
import sys
import tarfile

import numpy as np
import pytest
from conftest import ROOT
from refusals import contents, refused
from test_archive import listed, other_manifest, pack, results, rewritten  # noqa: F401

from inpca.cli.maps import read_sources
from inpca.embedding.saved import describe_models
from inpca.files import DamagedFile
from paper import plan, verification
from paper.archive import __main__ as archive
from paper.archive.contents import MANIFEST, ArchiveError
from paper.archive.reading import read_archive
from paper.archive.record import origin
from paper.distances import load_distances, save_distances
from paper.report import replicates, scales
from paper.saving import load_record, load_table, save_record

SMOKE = str(ROOT / "config/smoke.yaml")
NO_ARCHIVE = "x.tar is no archive of a study, or damaged or cut off: …"
#: A program, its arguments, its exit code, and the last line that it says.
MISTAKES = [
    (plan, [], 2, "python -m paper.plan: error: the following arguments are required: studies"),
    (plan, ["no.yaml"], 1, "error: no.yaml cannot be read: No such file or directory"),
    (plan, ["x.tar"], 1, "error: x.tar holds a str; it should hold keys with values"),
    (plan, [SMOKE, "--page", "no.md"], 1, "error: no.md: No such file or directory"),
    (
        plan,
        [SMOKE, "--page", "page.md"],
        1,
        "error: the page has no lines '<!-- written by: python -m paper.plan --page docs/guide/scale.md config/*.yaml "
        "-->' and '<!-- end of what is written -->', between which the table goes",
    ),
    (archive, [], 2, "python -m paper.archive: error: the following arguments are required: COMMAND"),
    (archive, ["check", "x.tar"], 1, f"error: {NO_ARCHIVE}"),
    (archive, ["study", "x.tar"], 1, f"error: {NO_ARCHIVE}"),
    (archive, ["check", "no.tar"], 1, "error: no.tar cannot be read: No such file or directory"),
    (
        archive,
        ["unpack", "x.tar"],
        2,
        "python -m paper.archive unpack: error: the following arguments are required: --study",
    ),
    (archive, ["unpack", "x.tar", "--study", SMOKE], 1, f"error: {NO_ARCHIVE}"),
    (
        replicates,
        ["results"],
        2,
        "python -m paper.report.replicates: error: the following arguments are required: results",
    ),
    (
        replicates,
        ["one", "other"],
        1,
        "error: one/claims.json holds no claims (No such file or directory); run the study first",
    ),
    (scales, [], 2, "python -m paper.report.scales: error: the following arguments are required: studies"),
    (scales, [SMOKE], 2, "python -m paper.report.scales: error: name two studies or more"),
    (scales, [SMOKE, "no.yaml"], 1, "error: no.yaml cannot be read: No such file or directory"),
    (
        scales,
        [SMOKE, str(ROOT / "config/fashion.yaml")],
        1,
        "error: results/smoke/claims.json holds no claims (No such file or directory); run the study first",
    ),
    (verification, ["no"], 1, "error: no holds no prediction store; give a folder such as results/fashion/predictions"),
]


@pytest.mark.parametrize(("program", "arguments", "code", "said"), MISTAKES)
def test_a_mistake_is_said_on_one_line(program, arguments, code, said, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.tar").write_text("no tar")
    (tmp_path / "page.md").write_text("my own")
    before = contents(tmp_path)
    monkeypatch.setattr(sys, "argv", [program.__name__, *arguments])
    with pytest.raises(SystemExit) as ended:
        program.main()
    if code == 1:
        found = ended.value.code
    else:
        assert ended.value.code == code
        found = capsys.readouterr().err.splitlines()[-1]
    assert found.startswith(said[:-1]) if said.endswith("…") else found == said
    assert contents(tmp_path) == before


SOURCES = {"predictions": ["../a.npz"], "kind": None, "split": None, "truth": None, "factors": None}
DAMAGED_SOURCES = {
    "cut off": json.dumps(SOURCES)[:20],
    "a list": "[]",
    "no predictions": json.dumps({**SOURCES, "predictions": []}),
    "no list": json.dumps({**SOURCES, "predictions": "a.npz"}),
    "numbers": json.dumps({**SOURCES, "predictions": [1]}),
    "a key more": json.dumps({**SOURCES, "other": 1}),
    "a key less": json.dumps({name: value for name, value in SOURCES.items() if name != "kind"}),
}


@pytest.mark.parametrize("case", DAMAGED_SOURCES)
def test_a_map_that_does_not_say_what_it_was_made_from_is_named(tmp_path, case):
    (tmp_path / "predictions.json").write_text(DAMAGED_SOURCES[case])
    message = "{folder}/predictions.json does not say where predictions are, as it should; name them with --of"
    refused(lambda: read_sources(tmp_path), ValueError, message, tmp_path)


MODELS = np.array([f"m{n}" for n in range(5)])
AGAIN = "); delete it and run again"
MATRICES = {
    "empty": (lambda path: path.write_bytes(b""), f"No data left in file{AGAIN}"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:-4]), "…"),
    "text": (lambda path: path.write_text("text"), "…"),
    "a vector": (lambda path: np.save(path, np.zeros(5)), f"it has the shape (5,), not (5, 5){AGAIN}"),
    "fewer models": (lambda path: np.save(path, np.zeros((4, 4))), f"it has the shape (4, 4), not (5, 5){AGAIN}"),
}


@pytest.mark.parametrize("case", MATRICES)
def test_a_file_of_distances_that_is_damaged_is_named(tmp_path, case):
    damage, why = MATRICES[case]
    path = tmp_path / "train.npy"
    P = np.full((5, 3, 2), 0.5)
    described = describe_models(P, labels=MODELS, metric="bhattacharyya")
    save_distances(np.zeros((5, 5)), described, path)
    damage(path)
    refused(lambda: load_distances(path, MODELS), DamagedFile, f"{path} is damaged ({why}", tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"files": [], "sha256": "a"}', '{"files": {"a": "b"}}'])
def test_a_record_of_an_archive_that_is_damaged_is_named(tmp_path, text):
    (tmp_path / "archive.json").write_text(text)
    refused(lambda: origin(tmp_path), DamagedFile, f"{tmp_path}/archive.json is damaged (…", tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "2"])
def test_a_record_that_is_damaged_is_named(tmp_path, text):
    path = tmp_path / "files.json"
    save_record({"folder": "a"}, path)
    assert load_record(path) == {"folder": "a"}
    path.write_text(text)
    refused(lambda: load_record(path), DamagedFile, f"{path} is damaged (…", tmp_path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"text"])
def test_a_table_that_is_damaged_is_named(tmp_path, content):
    path = tmp_path / "models.parquet"
    path.write_bytes(content)
    refused(lambda: load_table(path), DamagedFile, f"{path} is damaged (…", tmp_path)


def linked(kind):
    """Add a link of some kind, listed as whoever forges an archive would."""
    target = "../../../etc/passwd"
    return lambda file: rewritten(
        file, lambda members: listed(members, "results/link", b"", type=kind, linkname=target)
    )


def manifest_of(content):
    def change(members):
        members[MANIFEST] = (members[MANIFEST][0], content)

    return lambda file: rewritten(file, change)


NAMED, PLAIN = "{folder}/other.tar is refused: its member ", " is a link or a device, not a plain file"
INSIDE = " lies outside of the archive's folders"
ARCHIVES = {
    "a link": (linked(tarfile.SYMTYPE), f"{NAMED}results/link{PLAIN}"),
    "a hard link": (linked(tarfile.LNKTYPE), f"{NAMED}results/link{PLAIN}"),
    "a device": (linked(tarfile.CHRTYPE), f"{NAMED}results/link{PLAIN}"),
    "a pipe": (linked(tarfile.FIFOTYPE), f"{NAMED}results/link{PLAIN}"),
    "a folder": (linked(tarfile.DIRTYPE), f"{NAMED}results/link{PLAIN}"),
    **{
        f"the name {name}": (
            lambda file, name=name: rewritten(file, lambda members: listed(members, name, b"x")),
            f"{NAMED}{name!r}{INSIDE}",
        )
        for name in ("results/../x", "../x", "/x", "results/a/../../../x", "other/x", "results\\..\\x", "~/x")
    },
    "no study": (
        lambda file: other_manifest(file, study=None),
        "{folder}/other.tar is damaged: its manifest.json does not say the study",
    ),
    "no licence": (
        lambda file: other_manifest(file, licence=7),
        "{folder}/other.tar is damaged: its manifest.json does not say the licence",
    ),
    "JSON that never ends": (
        manifest_of(b"[" * 100_000),
        "{folder}/other.tar is damaged: its manifest.json is not JSON",
    ),
    "a negative size": (
        lambda file: other_manifest(file, files={"README.md": {"size": -1, "sha256": "0" * 64}}),
        "{folder}/other.tar is damaged: its manifest.json does not list files with sizes and checksums",
    ),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_an_archive_that_is_forged_is_refused(results, tmp_path, case):  # noqa: F811
    forge, message = ARCHIVES[case]
    pack(results, tmp_path / "smoke.tar")
    forge(tmp_path / "smoke.tar")
    refused(lambda: read_archive(tmp_path / "other.tar"), ArchiveError, message, tmp_path)
