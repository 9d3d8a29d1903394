"""The authors' own data: distances between their 151,407 models, embedded again."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from paper.study.common import CommonStudy
from paper.study.rooms import Files, Room, Section
from paper.study.strict import Seed, Strict, shown


def _matching(pattern: str, allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{shown(value)} is not allowed; allowed: {allowed}")
        return value

    return AfterValidator(check)


FileName = Annotated[
    str,
    _matching("[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "the name of a file, without its folder: letters, digits, . _ and -"),
]
Folder = Annotated[str, Field(min_length=1, max_length=200)]
Address = Annotated[
    str, _matching(r"https?://[^\s?#]+[^\s?#/]", "an address that begins with https://, without / at its end")
]
Checksum = Annotated[str, _matching("[0-9a-f]{64}", "the 64 digits of a SHA-256, a to f in lower case")]
#: Kinds of each file, by suffix.
TABLES, MATRICES, EMBEDDINGS = (".p", ".parquet"), (".h5", ".npy"), (".p", ".npz")


class SplitFiles(Strict):
    """Files of one split."""

    distances: FileName = Field(description="matrix: .h5 with the dataset w, which needs h5py, or .npy")
    embedding: FileName | None = Field(
        default=None, description="the authors' own: .p or .npz with es, fn, xp; null: nothing is compared with it"
    )


class MadeUp(Strict):
    """Size of files that are made up in the place of the authors'."""

    runs: int = Field(ge=6, le=200)
    checkpoints: int = Field(ge=5, le=100)


class Authors(Section):
    """Where the authors' files are, and how they are embedded."""

    folder: Folder = Field(default="data/authors", description="where files are looked for and fetched to")
    source: Address | None = Field(
        default=None, description="address that names of files are added to; null: nothing is fetched"
    )
    models: FileName = Field(description="table that says which model is which: .p or .parquet")
    train: SplitFiles
    test: SplitFiles
    sha256: dict[FileName, Checksum] = Field(default={}, description="of files whose content is known, by name")
    unverified: bool = Field(default=False, description="fetch files whose SHA-256 is not known, too")
    n_landmarks: int = Field(
        default=2000, ge=10, le=20_000, description="models, chosen at random, to which distances are kept in memory"
    )
    seed: Seed = Field(default=0, description="of the choice of landmarks, of runs, and of the permutation")
    made_up: MadeUp | None = Field(
        default=None, description="make files up in the place of the authors': numbers then say nothing of networks"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Authors:
        for key, names, allowed in (
            ("models", [self.models], TABLES),
            ("distances", [self.train.distances, self.test.distances], MATRICES),
            ("embedding", [self.train.embedding, self.test.embedding], EMBEDDINGS),
        ):
            for name in filter(None, names):
                if not name.endswith(allowed):
                    raise ValueError(f"{key}: {name!r} is not allowed; it should end with {' or '.join(allowed)}")
        names = list(self.names().values())
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is named twice; each file has its own")
        for name in self.sha256:
            if name not in names:
                raise ValueError(f"sha256: {name!r} is none of the files; allowed: {', '.join(names)}")
        if self.made_up and self.source:
            raise ValueError("source: files that are made up are not fetched; leave out source or made_up")
        return self

    def names(self) -> dict[str, str]:
        """Names of all files, by what they are: ``models``, ``train.distances``, ``train.embedding``, …"""
        found = {"models": self.models}
        for split in ("train", "test"):
            for key, name in getattr(self, split):
                if name is not None:
                    found[f"{split}.{key}"] = name
        return found


def _reads(study: CommonStudy, section: Authors) -> Files:
    return {name: f"authors/{name}.{suffix}" for name, suffix in READ.items()}


#: What the notebook reads, with suffixes.
READ = {"files": "json", "models": "parquet", "train": "nc", "test": "nc"}

ROOM = Room(
    place=12,
    section=Authors,
    needs=(),
    reads=_reads,
    figures=("pairs_train", "pairs_test", "stress", "explained_distance"),
)
