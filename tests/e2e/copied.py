"""`farelite` whose children, steps of a rehearsal or runs of a schedule, begin as copies of its own process.

That is four seconds of imports less a child. The first of them starts as a container or a service does, by its command;
the others run the same module with the same arguments, environment and folder.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.cli import main
from pipeline.runners.kubeflow import launcher
from pipeline.runners.schedule import attempts
from tests.e2e.command import become, leave


class Copy:
    """What launcher and schedule want of `subprocess.Popen(["python", "-m", MODULE, ...])`."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        stdout: Any,
        stderr: Any,
        cwd: str = ".",
        env: dict[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
        start_new_session: bool = False,
    ) -> None:
        python, flag, module, *arguments = words
        assert Path(python).name.startswith("python")
        assert (flag, stdin) == ("-m", subprocess.DEVNULL)
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid:
            return
        if start_new_session:
            os.setsid()
        out, err = (os.dup(stream.fileno()) for stream in (stdout, stderr))
        become([module, *arguments], cwd, dict(os.environ if env is None else env), out, err)
        leave(_code_of(module))

    def poll(self) -> int | None:
        """Its exit code; None while it goes on."""
        if self.returncode is None and (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            self.returncode = os.waitstatus_to_exitcode(ended[1])
        return self.returncode


def _code_of(module: str) -> int:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


class Processes:
    """Their `subprocess`: a process for the first child, and copies from then on."""

    DEVNULL = subprocess.DEVNULL

    def __init__(self) -> None:
        self._ways = [subprocess.Popen]

    def Popen(self, *arguments: Any, **settings: Any) -> Any:
        return (self._ways.pop() if self._ways else Copy)(*arguments, **settings)


if __name__ == "__main__":
    launcher.subprocess = attempts.subprocess = Processes()  # type: ignore[assignment]
    main()
