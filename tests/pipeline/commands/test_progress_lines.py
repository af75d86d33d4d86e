import io
import time

from rich.console import Console

from pipeline.commands.progress_lines import ProgressLines
from pipeline.runners.events import ComponentRun


def test_in_a_pipe_steps_are_lines_and_how_far_they_are_is_said_in_words():
    stream = io.StringIO()
    progress = ProgressLines(Console(file=stream, width=100))
    progress.plan(["Transform", "Trainer"])
    progress.start("Transform")
    progress.done(ComponentRun("Transform", "cached", 0.1, "13 features"))
    progress.start("Trainer")
    progress.progress("float epoch 3 of at most 248, loss 0.02", 3, 248)
    time.sleep(2.1)
    progress.done(ComponentRun("Trainer", "ran", 2.1, ""))
    progress.stop()
    first, second, last = stream.getvalue().splitlines()
    assert first == "Transform  cached     0.1 s  13 features"
    assert second.startswith("Trainer (2 of 2)  ")
    assert " s  1%, 0:" in second or " s  1%, 2:" in second or " left: float epoch 3" in second
    assert "float epoch 3 of at most 248, loss 0.02" in second
    assert last.rstrip() == "Trainer    ran        2.1 s"
