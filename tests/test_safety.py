"""Nothing that is read is run, nothing is written outside of its folder, nothing is fetched without a checksum."""

import ast
import json
import re

import pytest
import yaml
from bs4 import BeautifulSoup
from conftest import ROOT
from packaging.version import Version
from test_explorer import SCRIPT, arguments, made_up

from inpca.explorer import write_explorer

FOLDERS = ("inpca", "paper", "workflow", "benchmarks")
#: Modules whose functions run what they read, or whatever they are given.
RUNNING = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "runpy", "code"}
#: Functions that do, by the last part of their names.
CALLS = {
    "eval",
    "exec",
    "compile",
    "read_pickle",
    "to_pickle",
    "system",
    "popen",
    "unsafe_load",
    "full_load",
    "load_module",
}
FETCHING = {"urllib.request", "urllib.error", "requests", "httpx", "http.client", "ftplib", "socket"}
#: What is admitted, by file, and why.
ADMITTED = {
    # Its Unpickler admits some names of numpy and pandas and calls none of them: test_authors_files.
    "paper/rooms/authors/pickled.py": {"pickle"},
    # Writes files as the authors have them, and reads none.
    "paper/rooms/authors/made_up.py": {"pickle"},
    # Compares the SHA-256 of what it fetches: test_authors.
    "paper/rooms/authors/fetching.py": {"urllib.request", "urllib.error"},
    # Reads the name of the machine for locks.
    "inpca/files.py": {"socket"},
    # Torchvision compares the MD5 of what it fetches, and what is read is compared with our SHA-256 again.
    "paper/data/fashion_mnist.py": {"download"},
    # Given the MD5 of the archive.
    "paper/data/cifar10.py": {"download"},
}


def dangers(code: str) -> set[str]:
    """What in a module runs what is read, loads it without saying that it must not, or fetches."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names} & (RUNNING | FETCHING)
        elif isinstance(node, ast.ImportFrom):
            names = {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
            found |= names & (RUNNING | FETCHING)
        elif isinstance(node, ast.Call):
            found |= danger(node)
    return found


def danger(call: ast.Call) -> set[str]:
    """What is dangerous in a call."""
    name = ast.unparse(call.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    last = name.rpartition(".")[2]
    wanted = {
        "np.load": ("allow_pickle", "False"),
        "numpy.load": ("allow_pickle", "False"),
        "torch.load": ("weights_only", "True"),
        "extractall": ("filter", "'data'"),
        "extract_all": ("filter", "'data'"),
        "yaml.load": ("Loader", "_Loader"),
    }
    for function, (option, value) in wanted.items():
        if (name == function or ("." not in function and last == function)) and given.get(option) != value:
            return {f"{name} without {option}={value}"}
    if given.get("shell") == "True" or given.get("allow_pickle") == "True":
        return {f"{name} with shell or allow_pickle"}
    if "download" in last or given.get("download") == "True":
        return {"download"}
    methods = {"self", "model", "network", "re", "torch", "jit", "platform"}
    running = last in CALLS and (name == last or name.split(".")[0] not in methods) and not name.endswith(".eval")
    return {name} if running else set()


def sources() -> dict[str, str]:
    """The code of every module, and of every notebook's cells, by the name of the file."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    found = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}
    for file in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        found[f"notebooks/{file.name}"] = "\n".join(
            "".join(one["source"]) for one in cells if one["cell_type"] == "code"
        )
    return found


def test_no_code_runs_what_it_reads_or_fetches_what_is_not_known():
    found = {file: dangers(code) - ADMITTED.get(file, set()) for file, code in sources().items()}
    assert len(found) > 200
    assert not {file: names for file, names in found.items() if names}
    assert set(ADMITTED) <= set(found)
    assert all(dangers(found_in) >= names for file, names in ADMITTED.items() for found_in in [sources()[file]])


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "import urllib.request",
        "from urllib import request",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "torch.load(path)",
        "pd.read_pickle(path)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.unsafe_load(text)",
        "archive.extractall(folder)",
        "subprocess.run(text, shell=True)",
        "os.system(text)",
        "eval(text)",
        "FashionMNIST(folder, download=True)",
        "download_url(address, folder)",
    ],
)
def test_what_would_run_or_fetch_is_found(code):
    assert dangers(code)


@pytest.mark.parametrize(
    "code", ["model.eval()", "re.compile(text)", "np.load(path, allow_pickle=False)", "json.loads(x)"]
)
def test_what_does_not_is_let_through(code):
    assert not dangers(code)


def test_archives_are_fetched_with_their_checksum(monkeypatch, tmp_path):
    from torchvision.datasets import CIFAR10, FashionMNIST, utils

    from paper.data import cifar10

    assert all(re.fullmatch("[0-9a-f]{32}", checksum) for _, checksum in FashionMNIST.resources)
    asked = []
    monkeypatch.setattr(utils, "download_and_extract_archive", lambda *given, **how: asked.append(how))
    cifar10.fetch_with_torchvision(tmp_path)
    assert [how["md5"] for how in asked] == [CIFAR10.tgz_md5] and re.fullmatch("[0-9a-f]{32}", CIFAR10.tgz_md5)


@pytest.mark.parametrize("lock", sorted(file.name for file in (ROOT / "envs").glob("*.lock")))
def test_every_package_of_a_lock_file_has_one_version_and_checksums(lock):
    text = (ROOT / "envs" / lock).read_text(encoding="utf-8")
    packages = re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.M)[1:]
    assert packages and all(re.match(r"[\w.-]+==\S+", package) for package in packages)
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", package) for package in packages)
    assert "://" not in text and "git+" not in text


def test_packages_are_installed_with_their_checksums():
    """Every ``pip install`` of the project asks for checksums, installs the project itself, or is not part of a run."""
    files = ["Makefile", "envs/Dockerfile", "envs/apptainer.def", ".github/workflows/ci.yml"]
    lines = [line for file in files for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    installs = [line for line in lines if "pip install" in line]
    exact = ("--require-hashes", "--editable", "scikit-bio==", "--no-deps")
    assert len(installs) > 4 and not [line for line in installs if not any(word in line for word in exact)]


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [id]", "!!python/name:os.system", "!!python/module:os"]
)
def test_yaml_makes_no_objects(tag):
    from paper.study.yaml_file import parse

    with pytest.raises(yaml.YAMLError, match="could not determine a constructor"):
        parse(f"a: {tag}")


def test_aliases_of_yaml_that_would_fill_the_memory_are_refused_in_a_line():
    from paper.study.study import ConfigError, read_study
    from paper.study.yaml_file import parse

    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    laughs = parse("\n".join(lines))
    for data in (laughs, {"study": laughs["a29"]}, {"study": "a", "seed_shift": laughs["a29"]}):
        with pytest.raises(ConfigError) as error:
            read_study(data)
        assert len(str(error.value)) < 2000


def test_text_of_predictions_is_no_markup_in_pages(tmp_path):
    """Names of runs, of factors and of their values, and titles, are shown as they are."""
    given = arguments()
    given["factors"][SCRIPT] = given["factors"].pop("optimiser")
    write_explorer(tmp_path / "page.html", made_up(6, 8), title=SCRIPT, **given)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert SCRIPT not in text and "alert('run')</" not in text
    page = BeautifulSoup(text, "html.parser")
    assert page.title.get_text() == SCRIPT


def test_names_are_no_markup_in_a_page_that_is_turned(tmp_path):
    from inpca.plotting import interactive

    embedding = made_up(6, 8)
    runs = arguments()["runs"]
    figure = interactive(embedding, runs=runs, groups=runs, hover={"run": runs})
    figure.write_html(tmp_path / "page.html", include_plotlyjs=False)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "alert(" in text and SCRIPT not in text and "</script>alert" not in text


def outside(html: str) -> list[str]:
    """What a page would load from elsewhere as it is opened."""
    page = BeautifulSoup(html, "html.parser")
    loaded = [
        tag.get(key, "") for key in ("src", "srcset", "data", "poster") for tag in page.find_all(True, {key: True})
    ]
    loaded += [tag.get("href", "") for tag in page.find_all("link")]
    loaded += re.findall(r"@import\s+\S+|url\(\s*['\"]?(?:https?:)?//[^)]*", html)
    return [address for address in loaded if re.match(r"(https?:)?//|@import|url\(", address)]


def test_pages_that_are_in_git_load_nothing_from_elsewhere():
    pages = [*(ROOT / "figures").rglob("*.html"), *(ROOT / "paper").rglob("*.html*"), *(ROOT / "inpca").rglob("*.html")]
    assert pages and not {str(page): found for page in pages if (found := outside(page.read_text(encoding="utf-8")))}
    assert outside('<script src="https://x.org/a.js"></script>') and outside("<style>@import 'a.css'</style>")


def test_no_name_of_an_archive_or_a_store_leads_out_of_its_folder():
    from inpca.predictions.files import is_inside as in_store
    from paper.archive.reading import is_inside as in_archive

    for name in ("../x", "a/../../x", "/etc/passwd", "a\\..\\x", "a\0b", "..", "results/../x", "results/a/../../x"):
        assert not in_store(name) and not in_archive(name)
    assert in_store("train/label/c/0") and in_archive("results/predictions/main/a.zarr/zarr.json")


def test_files_of_a_study_have_names_that_stay_in_its_folder():
    """Names are checked where a study is read (test_input_study); the table of what they are asks for all of them."""
    from pydantic import TypeAdapter, ValidationError

    from paper.study.strict import Name

    for name in ("..", "../x", "/x", "a/b", "a\\b", "a\0", ".hidden", "C:", "con.", "a b", "$HOME"):
        with pytest.raises(ValidationError):
            TypeAdapter(Name).validate_python(name)


def test_what_is_installed_of_the_lock_file_is_audited():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    rule = text.partition("\naudit: env ")[2].partition("\n\n")[0]
    assert "pip-audit --path $(VENV)/" in rule


#: The first version of a package in which a vulnerability is mended that was known when this was written. What became
#: known since, ``make audit`` asks a database of them, over the network.
MENDED = {
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "gitpython": ("3.1.41", "CVE-2024-22190"),
    "h11": ("0.16.0", "CVE-2025-43859"),
    "jinja2": ("3.1.6", "CVE-2025-27516"),
    "jupyter-core": ("5.8.1", "CVE-2025-30167"),
    "pillow": ("11.3.0", "CVE-2025-48379"),
    "pyarrow": ("14.0.1", "CVE-2023-47248"),
    "pyyaml": ("5.4", "CVE-2020-14343"),
    "requests": ("2.32.4", "CVE-2024-47081"),
    "setuptools": ("78.1.1", "CVE-2025-47273"),
    "torch": ("2.6.0", "CVE-2025-32434"),
    "tornado": ("6.5", "CVE-2025-47287"),
    "transformers": ("4.50.0", "CVE-2025-2099"),
    "urllib3": ("2.5.0", "CVE-2025-50181"),
}


def test_no_pinned_package_has_a_vulnerability_that_was_known():
    text = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "envs").glob("*.lock"))
    pinned = re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.M)
    old = [(name, found, *MENDED[name]) for name, found in pinned if name in MENDED]
    assert len({name for name, *_ in old}) > 9
    assert not [one for one in old if Version(one[1]) < Version(one[2])]
