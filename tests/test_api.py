"""One word for one thing in the signatures of the library, and a documented, runnable way to call it."""

import inspect

import pytest

import inpca

PUBLIC = {name: getattr(inpca, name) for name in inpca.__all__}
#: Names that mean something else in the library, or have another word in it, and where they may be met all the same.
RESERVED = {
    "target": (),  # the truth
    "labels": ("truth",),  # what the truth is made of
    "progress": (),  # a quantity; progress_bar shows a bar
    "seed": (),  # rng
    "random_state": ("InPCA",),  # an estimator of scikit-learn
}


def parameters(name):
    return inspect.signature(PUBLIC[name]).parameters


@pytest.mark.parametrize("name", PUBLIC)
def test_arguments_are_few_and_have_the_words_of_the_library(name):
    assert len(parameters(name)) <= 8
    assert not [word for word, allowed in RESERVED.items() if word in parameters(name) and name not in allowed]


@pytest.mark.parametrize("name", [name for name in PUBLIC if "log" in parameters(name)])
def test_what_takes_log_probabilities_takes_what_is_not_normalised(name):
    for word in ("log", "normalize"):
        assert parameters(name)[word].default is False
        assert parameters(name)[word].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", [name for name, what in PUBLIC.items() if inspect.isfunction(what)])
def test_functions_are_documented_with_an_example(name):
    text = inspect.getdoc(PUBLIC[name])
    for section in ("Parameters", "See Also", "Examples"):
        assert f"\n{section}\n{'-' * len(section)}\n" in text
    assert ">>> from inpca import" in text and f"{name}(" in text
