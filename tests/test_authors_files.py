"""The authors' files are read without unpickling; what is wrong with one is said in words."""

import base64
import io
import pickle
import sys
import zipfile
import zlib
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

from paper.data.datasets import DataError
from paper.rooms.authors.gathering import gather
from paper.rooms.authors.made_up import embedding_of, write_made_up, write_matrix, write_saved
from paper.rooms.authors.pickled import read_saved
from paper.rooms.authors.published import open_distances, read_embedding, read_models

#: A table as pandas 1.5.3 with NumPy 1.24 pickles it, in the authors' columns.
PANDAS_1_5 = (
    "c-nPUNq5{t5Y~8$t(YZYNgym?pCov&!2|=rW0H`N2s@$KhQ%l?sb?fCY37r9>=-iO0OPSCVc!zAuv~bL0~Zcl@g-;e0{nrz$AJUyL3c}<A(P"
    "O0PgUKjuKK>JuGUhIU8A8x<APm{SfL!zfa!ZFr~8x!ZQF6=8tBQF`ZP^5gGz+n^LBV4XHiJ~xDe2gR#+74yZx#?H=WFM^yM>q)Ay{nvq3lOV"
    "a>DWd}dm5hmL+btOvEl#BosfxksajF6w5)>}nYEsBUu|1BsO`e5$WlXJ}0f+NND~m>ugZl!}g_Qcgg&pqB=O^eOkkF|1$4Fu^4)TuN|R-pGl"
    "kZyA@TE*-vD6FWDQdgRVAY+PMw;R=E)^G2`ob_`d|%*-78M-25cG>)sSRd-0GCzs1<*yM^Bn+dMrxYn{w)2e%dNNAdR?0dHGzQtH?3>&!?t|"
    "PeK=xN~wf*aj_cfeIdwz>k{O$0Z$(cR)EfXd^zRRX$=;PwpAF5Gbepu7UKLGCD*i<<W9(xjFSY?J7=6YSu)({i^MeMY~8GD1+0Q0^ia?LZlm"
    "Q0^wUM?&e9P{uPT6S!AG*-3DpfZ|>VVnTrkwC=HXrkE-}b(FP}YbV;zkHv1wrQ-QMdZxN8Hcqt(-Y*G0K=2^PE-NGQkR&omP*g;km`Z7Q6L?"
    "tC*iEqK;xzUu8k>b}ZyKRLl>=GCM`Xl(1p7H2wPX?x5FG3z(U7qpBbaX2bH?2xoo*GIx2H}rxuYvvI3%4PCU~5K$a-ngNefR9JSjsxMeuYd)"
    "H5<viQrioYCwj1E+u+s0?$jLFA&U1qFtxB$nm1JItw$edWHJF9fmmK9w`lp=|VIzHaapsG67l|6!Qub{S|vQtddMhTybE#w(0=t&;X8W8E1{"
    "N(|_hv?2v+~k6|@rD7$49Bld!t&rosM{^BpE<T(8w<*+sV+qob979X=rbd<?I{`z_4clVsj7>C=gu_wvDL@=kwH{mB)9+iEWotspyOXXlHhf"
    "=9$Sr25^LxL(tO_dY`5l1`=p6|N-9Cnn&1&hW^H$%2y9*`?K>i=(+TFf`Fkld<{xNdPY<FP1tyiD+l<T2dDF?Uu}rjeM&j5&B!b$)=?RQjtm"
    "jwQ9iaa^siD8lQ?d|s+=D78%ID|j=x*kUx5A+1-itd{%;Eu}0tSV@dRtcv`;WhJE(KLflyQ(wjjf|KsW*@-)pMV>7P@}1);%Xb=hH}AH|y(h"
    "`NPw;^x*Vn{{omR+3cd@d*!$-0x9}|4S@u}r1FrN{eV#_#9@Okoo68AU0P={6~RsGHIrJ9=o<5Xq(t66+ql3h$Wk7Ar@;2U)!&9YA`F}`i!y"
    "V9nl3#tpT>C|iD-lm+HKDC%1<NKAkZWaCog8(4~"
)
NAMES = {"models": "didx.p", "train.distances": "w.npy", "test.distances": "w_test.npy", "train.embedding": "r.p"}


def in_torch(content: bytes) -> bytes:
    """What ``torch.save`` makes of a pickle without tensors."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("didx/data.pkl", content)
        archive.writestr("didx/version", "3")
    return file.getvalue()


@pytest.mark.parametrize("wrapped", [bytes, in_torch], ids=["plain", "torch"])
def test_a_table_of_old_pandas_is_read(tmp_path, wrapped):
    path = tmp_path / "didx.p"
    path.write_bytes(wrapped(zlib.decompress(base64.b85decode(PANDAS_1_5))))
    table = read_models(path)
    assert table["network"].tolist() == ["allcnn", "allcnn", "wrn_small", "geodesic"]
    assert table["kind"].tolist() == ["run", "run", "run", "geodesic"] and table["run"].nunique() == 3
    assert table["t"].tolist() == [0, 0.5, 1, 1] and table["test_error"].tolist() == [0.9, 0.5, 0.125, 0]
    assert table["train_error"].tolist() == pytest.approx([0.9, 0.25, 0, 0])
    assert table["train_loss"].tolist() == [2.25, 0.5, 4.5, 0] and table["test_loss"].isna().all()


ARRAYS = {
    "rows": np.arange(6, dtype=np.float32).reshape(2, 3),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big": np.arange(3, dtype=">i8"),
    "true": np.array([True, False]),
    "text": np.array(["a", "größer"]),
    "objects": np.array([1, "two", None], object),
    "none": np.empty((0, 4)),
    "one": np.float32(2.5),
    "list": [1, (2.5, "x"), None],
}


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert np.array_equal(np.asarray(found[name], object), np.asarray(value, object)), name
        assert getattr(found[name], "shape", None) == getattr(value, "shape", None), name


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_arrays_are_read_as_they_were_saved(tmp_path, protocol):
    path = tmp_path / "r.p"
    path.write_bytes(pickle.dumps({k: v for k, v in ARRAYS.items() if k != "list"}, protocol))
    same(read_saved(path), {k: v for k, v in ARRAYS.items() if k != "list"})
    path.write_bytes(pickle.dumps(ARRAYS["list"], protocol))
    assert read_saved(path) == ARRAYS["list"]


@pytest.mark.parametrize("as_zip", [True, False])
def test_what_torch_saves_is_read(tmp_path, as_zip):
    arrays = {name: value for name, value in ARRAYS.items() if name != "list"}
    torch.save(arrays, tmp_path / "r.p", _use_new_zipfile_serialization=as_zip)
    same(read_saved(tmp_path / "r.p"), arrays)


@pytest.mark.parametrize("protocol", [2, 5])
def test_tables_of_this_pandas_are_read_with_text_as_objects(tmp_path, protocol):
    table = pd.DataFrame({"m": ["fc", "vit", "fc"], "t": [0.0, 1.0, 2.0], "n": [1, 2, 3]}).astype({"m": object})
    table.columns = pd.Index(list(table.columns), dtype=object)
    for one in (table, table.iloc[[2, 0]]):
        (tmp_path / "t.p").write_bytes(pickle.dumps(one, protocol))
        pd.testing.assert_frame_equal(
            read_saved(tmp_path / "t.p"), one.reset_index(drop=True), check_dtype=False, check_column_type=False
        )


class Calls:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_that_a_file_names_is_called(tmp_path):
    path, made = tmp_path / "bad.p", tmp_path / "made"
    for content in (pickle.dumps(Calls(made), 2), in_torch(pickle.dumps({"w": [Calls(made)]}, 2))):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"bad\.p is not read: it names .*open, which is not admitted; convert it"):
            read_saved(path)
    assert not made.exists()
    pickle.loads(pickle.dumps(Calls(made), 2)).close()  # what an ordinary reader does
    assert made.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps(partial(print)), r"it names functools\.partial, which is not admitted"),
        (pickle.dumps(np.array(1, "M8[s]"), 2), "an array of the type 'M8' is not admitted"),
        (pickle.dumps({1, 2}, 4), "it holds set, which is not admitted"),
        (b"no pickle at all", "is no file of torch.save, or damaged"),
        (b"", "is no file of torch.save, or damaged"),
        (zlib.decompress(base64.b85decode(PANDAS_1_5))[:700], "is no file of torch.save, or damaged"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    (tmp_path / "x.p").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_saved(tmp_path / "x.p")


def test_tensors_are_refused_with_what_to_do_instead(tmp_path):
    torch.save({"w": torch.ones(2)}, tmp_path / "w.p")
    with pytest.raises(DataError, match="not admitted; convert it where it comes from"):
        read_saved(tmp_path / "w.p")
    with pytest.raises(DataError, match=r"nowhere\.p cannot be read \(No such file"):
        read_saved(tmp_path / "nowhere.p")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authors")
    write_made_up(folder, 6, 5, 0, NAMES)
    return folder


def test_made_up_files_are_read_back_and_are_the_same_at_every_run(made, tmp_path):
    table = read_models(made / "didx.p")
    assert len(table) == 130 and (table["kind"] == "run").sum() == 30 and table["run"].nunique() == 7
    with open_distances(made / "w.npy", 130) as D:
        assert D.shape == (130, 130)
    found = read_embedding(made / "r.p", 130)
    assert found["coordinates"].shape == (130, 7) and (np.diff(np.abs(found["eigenvalues"])) <= 0).all()
    write_made_up(tmp_path, 6, 5, 0, NAMES)
    for name in NAMES.values():
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()
    table.to_parquet(tmp_path / "renamed.parquet")
    with pytest.raises(
        DataError, match=r"renamed\.parquet has no column m, opt, bs, lr, wd, aug, err, verr, only: seed"
    ):
        read_models(tmp_path / "renamed.parquet")


def test_a_table_must_name_runs_and_times(made, tmp_path):
    saved = read_saved(made / "didx.p").astype(dict.fromkeys(("seed", "bs", "lr", "wd"), str))
    saved.to_parquet(tmp_path / "same.parquet")
    pd.testing.assert_frame_equal(read_models(tmp_path / "same.parquet"), read_models(made / "didx.p"))
    saved.loc[3, "t"] = np.nan
    saved.to_parquet(tmp_path / "nan.parquet")
    with pytest.raises(DataError, match=r"nan\.parquet: t of row 3 is nan; a finite number is expected"):
        read_models(tmp_path / "nan.parquet")
    saved[:0].to_parquet(tmp_path / "empty.parquet")
    with pytest.raises(DataError, match="is empty"):
        read_models(tmp_path / "empty.parquet")
    with pytest.raises(DataError, match=r"r\.p holds a dict; a table of models is expected"):
        read_models(made / "r.p")


def test_an_embedding_is_that_of_all_models(made, tmp_path):
    saved = read_saved(made / "r.p")
    changes = {
        "has coordinates xp of shape .129, 7., but the table names 130 models": {"xp": saved["xp"][1:]},
        "es holds other than finite numbers": {"es": np.array([1.0, np.nan])},
        "fn holds other than finite numbers": {"fn": "large"},
        "es and fn have the shapes .1, 2., ..": {"es": np.ones((1, 2))},
    }
    for message, change in changes.items():
        write_saved(tmp_path / "r.p", saved | change)
        with pytest.raises(DataError, match=message):
            read_embedding(tmp_path / "r.p", 130)
    write_saved(tmp_path / "r.p", {"e": saved["e"]})
    with pytest.raises(DataError, match=r"r\.p has no es, fn, xp, only: e"):
        read_embedding(tmp_path / "r.p", 130)
    np.savez(tmp_path / "r.npz", **saved)
    assert np.array_equal(read_embedding(tmp_path / "r.npz", 130)["coordinates"], saved["xp"])


def test_the_norm_may_be_saved_as_it_is_or_squared(tmp_path):
    x = 10 * np.random.default_rng(0).normal(size=(20, 4))
    saved = embedding_of(x)
    norm = float(saved["fn"])
    for value in (norm, norm**2 * (1 + 1e-5)):
        write_saved(tmp_path / "r.p", saved | {"fn": value})
        assert read_embedding(tmp_path / "r.p", 20)["squared_norm"] == pytest.approx(norm**2, rel=1e-4)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 4)), "holds an array of shape .3, 4.; a square matrix"),
        (np.zeros((3, 3)), "has distances between 3 models, but the table names 4"),
        (np.zeros((4, 4), int), "holds numbers of type int64"),
        (np.array([[None]]), r"w\.npy cannot be read \(.*Python objects"),
    ],
)
def test_a_matrix_has_a_row_for_each_model(tmp_path, array, message):
    np.save(tmp_path / "w.npy", array)
    with pytest.raises(DataError, match=message), open_distances(tmp_path / "w.npy", 4):
        pass


def test_hdf5_is_read_as_the_authors_write_it(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py comes with envs/authors.lock; HDF5 was not tested")
    x = np.random.default_rng(0).normal(size=(90, 3))
    D = ((x[:, None] - x) ** 2).sum(axis=2).astype(np.float32)
    write_matrix(tmp_path / "w.h5", x)
    with open_distances(tmp_path / "w.h5", 90) as stored:
        found = gather(stored, np.arange(0, 90, 3))
        assert stored.chunks
    assert np.allclose(found.columns, D[:, ::3], atol=1e-5)
    with h5py.File(tmp_path / "half.h5", "w") as file:
        file.create_dataset("w", data=D.astype(np.float16), chunks=(16, 16))
    with open_distances(tmp_path / "half.h5", 90) as stored:
        assert np.allclose(gather(stored, np.arange(90)).columns, D, rtol=1e-3)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["d"] = D
    with pytest.raises(DataError, match="has no dataset 'w', only: d"), open_distances(tmp_path / "other.h5", 90):
        pass
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(DataError, match="is no HDF5 file"), open_distances(tmp_path / "text.h5", 90):
        pass


def test_without_h5py_a_message_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError, match=r"needs h5py: pip install .*envs/authors\.lock"), open_distances("w.h5", 4):
        pass
