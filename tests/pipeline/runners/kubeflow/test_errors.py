"""What `farelite kubeflow` says where its extra is not installed."""

import sys

import pytest

from pipeline.runners.kubeflow.errors import KubeflowError, check_extra


def test_an_install_without_the_extra_is_told_which_one_it_lacks(monkeypatch):
    check_extra()
    monkeypatch.setitem(sys.modules, "kfp", None)
    with pytest.raises(KubeflowError, match=r"kfp-pipeline-spec, which is not installed; .*'farelite\[kubeflow\]'"):
        check_extra()
