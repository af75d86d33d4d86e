"""`farelite kubeflow rehearse` whose steps begin as copies of its own process: four seconds of imports less a step.

The first step starts as a container does, by its command in an environment of its own; the others run the same module
with the same arguments, environment and folder.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from pipeline.cli import main
from pipeline.runners.kubeflow import launcher
from tests.e2e.command import leave


class Copy:
    """What the launcher wants of `subprocess.Popen(["python", "-m", MODULE, ...])`: an id to wait for."""

    def __init__(self, words: Sequence[str], *, cwd: str, env: dict[str, str], stdout: Any, stderr: Any) -> None:
        python, flag, module, *arguments = words
        assert (python, flag) == ("python", "-m")
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid:
            return
        for stream, place in ((stdout, 1), (stderr, 2)):
            os.dup2(stream.fileno(), place)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        sys.argv[:] = [module, *arguments]
        leave(_code_of(module))


def _code_of(module: str) -> int:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


class Steps:
    """The launcher's `subprocess`: a process for the first step, and copies from then on."""

    def __init__(self) -> None:
        self._ways = [subprocess.Popen]

    def Popen(self, *arguments: Any, **settings: Any) -> Any:
        return (self._ways.pop() if self._ways else Copy)(*arguments, **settings)


if __name__ == "__main__":
    launcher.subprocess = Steps()  # type: ignore[assignment]
    main()
