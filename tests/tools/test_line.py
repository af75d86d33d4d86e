"""The line of TFX for a system: what `make setup` chooses before anything is there, and what the doctor says after."""

import os
import subprocess
from pathlib import Path

import pytest

from pipeline.line import Machine, python_trouble, system_trouble, why

SCRIPT = Path(__file__).parents[2] / "tools" / "line.sh"
BOOKWORM, TRIXIE, ALPINE = ("Linux", "x86_64", "2.36"), ("Linux", "x86_64", "2.41"), ("Linux", "x86_64", "")
MAC, INTEL_MAC, ARM = ("Darwin", "arm64", ""), ("Darwin", "x86_64", ""), ("Linux", "aarch64", "2.41")
WINDOWS = ("MINGW64_NT-10.0-22631", "x86_64", "")


@pytest.fixture
def choose(tmp_path, monkeypatch):
    def asked(system, wish=""):
        name, processor, glibc = system
        answers = {"uname": f'case $1 in -s) echo "{name}";; -m) echo {processor};; esac'}
        answers["getconf"] = f"echo glibc {glibc}" if glibc else "exit 1"
        for program, answer in answers.items():
            (tmp_path / program).write_text(f"#!/bin/sh\n{answer}\n")
            (tmp_path / program).chmod(0o755)
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FARELITE_PYTHON": wish}
        done = subprocess.run(["sh", str(SCRIPT)], env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    return asked


@pytest.mark.parametrize(
    ("system", "wish", "python", "said"),
    [
        (
            BOOKWORM,
            "",
            "3.10",
            "Python 3.10 with TFX 1.16: glibc 2.36 is older than the 2.39 that TFX 1.21 is built for",
        ),
        (("Linux", "x86_64", "2.38"), "", "3.10", "glibc 2.38 is older"),
        (("Linux", "x86_64", "2.39"), "", ">=3.11,<3.14", "TFX 1.21: glibc 2.39 is 2.39 or newer"),
        (("Linux", "x86_64", "3.0"), "", ">=3.11,<3.14", "TFX 1.21: glibc 3.0"),
        (TRIXIE, "3.12", "3.12", "Python 3.12 was asked for"),
        (TRIXIE, "3.10", "3.10", "TFX 1.16: Python 3.10 was asked for"),
        (TRIXIE, "3.13.5", "3.13.5", "TFX 1.21"),
        (MAC, "", ">=3.11,<3.14", "TFX 1.21: macOS on arm64"),
    ],
)
def test_a_system_gets_its_line_and_is_told_why_in_one_line(choose, system, wish, python, said):
    code, out, err = choose(system, wish)
    assert (code, out) == (0, python)
    assert said in err
    assert len(err.splitlines()) == 1
    for one in ("3.11", "3.13") if wish == "" and python != "3.10" else (wish or python,):
        assert system_trouble(machine(system, one)) == python_trouble(machine(system, one).python) == ""


@pytest.mark.parametrize(
    ("system", "wish", "said", "doctor"),
    [
        (ALPINE, "", "no glibc (musl", "not for musl"),
        (INTEL_MAC, "", "Intel Mac", "macOS on arm64 alone"),
        (WINDOWS, "", "work in WSL 2", "work in WSL 2"),
        (ARM, "", "Linux aarch64, and TFX has wheels for Linux on x86-64", "Linux on x86-64"),
        (BOOKWORM, "3.12", "Python 3.12 wants TFX 1.21, and glibc 2.36 is older", "use Python 3.10"),
        (MAC, "3.10", "take 3.11, 3.12 or 3.13", "use Python 3.11, 3.12 or 3.13"),
    ],
)
def test_what_cannot_work_is_told_with_a_remedy_before_anything_is_fetched(choose, system, wish, said, doctor):
    code, out, err = choose(system, wish)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert doctor in system_trouble(machine(system, wish or "3.13"))


@pytest.mark.parametrize("python", ["3.9", "3.14", "3.15", "2.7"])
def test_a_python_without_wheels_is_named_with_those_that_have_them(choose, python):
    code, _, err = choose(TRIXIE, python)
    assert code == 2
    assert f"FARELITE_PYTHON is {python}; TFX has wheels for 3.10, 3.11, 3.12 and 3.13" in err
    assert "3.10 to 3.13" in python_trouble(machine(TRIXIE, python).python)


def test_the_doctor_says_which_line_it_is_and_whether_there_is_a_newer_one_for_this_system():
    assert why(machine(TRIXIE, "3.13")) == "TFX 1.21, for Python is 3.11 or newer"
    assert "this system takes TFX 1.21 with Python 3.11 to 3.13 too" in why(machine(TRIXIE, "3.10"))
    assert "TFX 1.21 wants glibc 2.39" in why(machine(BOOKWORM, "3.10"))


def machine(system, python):
    name, processor, glibc = system
    libc = tuple(int(part) for part in glibc.split(".")) if glibc else None
    major, minor, *_ = (int(part) for part in python.split("."))
    return Machine("Windows" if name.startswith("MINGW") else name, processor, libc, (major, minor))


def test_pythons_of_pyenv_are_found_by_their_own_paths(tmp_path: Path) -> None:
    for version in ("3.9.1", "3.10.13", "3.13.2"):
        (tmp_path / "versions" / version / "bin").mkdir(parents=True)
    asked = ["make", "-s", "--eval", "show:\n\t@echo '$(PYENVS)'", "show"]
    environment = {**os.environ, "PYENV_ROOT": str(tmp_path)}
    done = subprocess.run(asked, cwd=SCRIPT.parents[1], env=environment, capture_output=True, text=True, check=True)
    found = sorted(done.stdout.strip().strip(":").split(":"))
    assert found == [str(tmp_path / "versions" / version / "bin") for version in ("3.10.13", "3.13.2")]
