import subprocess
import sys


def test_the_seconds_count_from_the_start_of_the_process_not_of_the_import():
    code = "import time; time.sleep(1.2); from pipeline.machine import began; print(time.monotonic() - began())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 1.2 <= float(done.stdout) < 6
