import io
import subprocess
import sys
import time

from rich.console import Console
from rich.text import Text

from pipeline.pulse import Pulse


def test_without_a_terminal_a_line_comes_at_once_and_then_again_and_again():
    stream = io.StringIO()
    pulse = Pulse(Console(file=stream, width=80), every=0.05, first=0.0)
    pulse.say("Trainer (8 of 11)", "50%, 0:03 left")
    time.sleep(0.4)
    pulse.stop()
    lines = stream.getvalue().splitlines()
    assert 3 <= len(lines) <= 9
    assert set(lines) == {"Trainer (8 of 11)  0 s  50%, 0:03 left"}
    time.sleep(0.2)
    assert stream.getvalue().splitlines() == lines, "stopped is stopped"


def test_what_is_quick_leaves_no_line_and_a_line_that_stays_counts_as_a_sign_of_life():
    stream = io.StringIO()
    pulse = Pulse(Console(file=stream, width=80), every=0.4, first=0.4)
    pulse.say("a")
    time.sleep(0.25)
    pulse.print(Text("a is done"))
    pulse.say("b")
    time.sleep(0.25)
    pulse.stop()
    assert stream.getvalue().splitlines() == ["a is done"]


def test_a_block_that_sends_standard_error_elsewhere_is_heard_all_the_same():
    code = (
        "import time; from pipeline.pulse import going_on; from pipeline.quiet import without_native_notes\n"
        "with going_on('working'), without_native_notes(): time.sleep(1.5)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.startswith("working  1 s")
