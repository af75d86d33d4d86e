"""How long questions take as the metadata store grows: made-up runs from a seed, asked by the command line.

    make bench-lineage          10, 100, 1,000 and 5,000 runs, about three minutes

Each figure is the median of several whole processes, start of Python included.
"""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from common import FARELITE, parser
from made_up_runs import MadeUpRuns

from pipeline.paths import RunPaths


def main() -> None:
    """Prints Markdown on standard output."""
    wanted = parser(__doc__)
    wanted.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000, 5000], help="numbers of runs")
    wanted.add_argument("--rounds", type=int, default=5, help="processes for each figure")
    options = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        story = MadeUpRuns(RunPaths(root / "made-up"))
        header = ("runs", "metadata.db (MB)", "lineage of a version (s)", "lineage by sha256 alone (s)", "runs (s)")
        print(f"| {' | '.join(header)} |")
        print("|---" * len(header) + "|")
        for size in sorted(options.sizes):
            story.add(size - len(story.runs) - 1)
            story.add(1, "pushed")
            print(_row(root, story, options.rounds), flush=True)


def _row(root: Path, story: MadeUpRuns, rounds: int) -> str:
    version, _ = story.pushed[-1]
    megabytes = story.paths.database.stat().st_size / 1e6
    # No folder of the version is there, so both search all records; by its file, the answer needs the digest alone.
    commands = (["lineage", version], ["lineage", _file_of(root, story)], ["runs"])
    seconds = [_median([*one, "--runs-dir", str(root)], rounds) for one in commands]
    return f"| {len(story.runs):,} | {megabytes:.1f} | {' | '.join(f'{one:.2f}' for one in seconds)} |"


def _file_of(root: Path, story: MadeUpRuns) -> str:
    """A file far from the store whose bytes the newest push has recorded."""
    path = root / "elsewhere.tflite"
    path.write_bytes(f"version {story.pushed[-1][0]}".encode())
    story.record_digest(path.read_bytes())
    return str(path)


def _median(arguments: list[str], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.monotonic()
        subprocess.run([str(FARELITE), *arguments], check=True, capture_output=True)
        taken.append(time.monotonic() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
