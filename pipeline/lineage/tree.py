"""The answer on the terminal: a tree with the file on top and the source files at the bottom."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.tree import Tree

from components.shown import shown
from pipeline.lineage.differences import flat
from pipeline.lineage.records import Answer, Step, task_in
from pipeline.terminal import wide_console

_SHOWN_FILES = 5
_QUIET = {"provenance", "custom_config", "dataset", "plan", "store_state", "steps", "models_dir", "code", "name"}
"""Settings that are long, or stand elsewhere in the answer."""


def show_tree(answer: Answer) -> None:
    """On standard output."""
    wide_console().print(tree(answer))


def tree(answer: Answer) -> Tree:
    """Every step below the one that read from it; a step that several read from is drawn once."""
    top = Tree(_title(answer))
    for line in _facts(answer):
        top.add(line)
    seen: set[int] = set()
    last = _last(answer)
    if last is not None:
        _branch(top, answer, last, "", seen)
    others = [one for one in answer.chain.steps.values() if one.id not in seen]
    if others:
        below = top.add("[dim]also of this run, which the file does not read from[/]")
        for step in reversed(others):
            if step.id not in seen:
                _branch(below, answer, step, "", seen)
    return top


def _last(answer: Answer) -> Step | None:
    """The step that made the file: the last one that nobody reads from."""
    steps = answer.chain.steps.values()
    return next((one for one in reversed(list(steps)) if one.name == "TFLitePusher"), None)


def _title(answer: Answer) -> str:
    marks = [f"[bold]{escape(answer.pipeline)} {answer.version}[/]" if answer.version else "[bold red]refused[/]"]
    if answer.live is not None and answer.version:
        marks.append("[green]live[/]" if answer.live else "not live")
    return f"{', '.join(marks)}  sha256 {answer.sha256[:12]}  {answer.bytes:,} bytes"


def _facts(answer: Answer) -> Iterator[str]:
    for reason in answer.reasons:
        yield f"[red]- {escape(reason)}[/]"
    task = task_in(answer.config)
    errors = [
        f"{name} {' / '.join(shown(one.get(key)) for key in task.brief)}"
        for name, one in answer.metrics.items()
        if isinstance(one, dict)
    ]
    if errors:
        rows = f" on {answer.metrics['rows']:,} rows" if "rows" in answer.metrics else ""
        titles = " / ".join(task.metrics[key].title for key in task.brief)
        yield f"{titles}{rows}: {', '.join(errors)}"
    yield f"code {escape(answer.code_revision)}, settings {answer.config_hash}, data {answer.fingerprint}"
    yield f"run {escape(answer.run)}" + (f", champion then: {answer.champion}" if answer.champion else "")
    if answer.asked == "manifest":
        why = answer.trouble or "no metadata store that knows this file is at hand"
        yield f"[yellow]told by the manifest: {escape(why)}[/]"


def _branch(parent: Tree, answer: Answer, step: Step, key: str, seen: set[int]) -> None:
    name = f"{escape(key)}: [bold]{escape(step.name)}[/]" if key else f"[bold]{escape(step.name)}[/]"
    if step.id in seen:
        parent.add(
            f"{name} [dim](see above)[/]" if answer.asked == "manifest" else f"{name} #{step.id} [dim](above)[/]"
        )
        return
    seen.add(step.id)
    below = parent.add(f"{name} {_when(answer, step)}")
    settings = _settings(step.settings)
    if settings:
        below.add(f"[dim]settings[/] {escape(settings)}")
    for output, artifacts in step.outputs.items():
        for artifact in artifacts:
            below.add(_artifact(answer, output, artifact))
    if not step.inputs:
        _sources(below, answer, step)
    # The latest first: so the longest way is drawn in full, and what several steps read is found at its end.
    for maker, read in sorted(answer.chain.before(step).items(), reverse=True):
        _branch(below, answer, answer.chain.steps[maker], read, seen)


def _when(answer: Answer, step: Step) -> str:
    if answer.asked == "manifest":
        return f"[dim]{step.started[:19]}[/]"
    elsewhere = f", in run {escape(step.run)}" if step.run != answer.run else ""
    return f"#{step.id} [dim]{step.started[:19]}, {step.seconds:.1f} s{elsewhere}[/]"


def _artifact(answer: Answer, key: str, number: int) -> str:
    one = answer.chain.artifacts[number]
    state = one.state()
    mark = {"freed": " [yellow]freed by a clean[/]", "missing": " [red]its files are missing[/]"}.get(state, "")
    name = f"#{number} " if number > 0 else ""
    return f"[dim]made[/] {escape(key)} {name}[dim]{escape(one.uri)}[/]{mark}"


def _settings(settings: Mapping[str, Any]) -> str:
    shown = [
        f"{key} {_short(value)}"
        for name, one in sorted(settings.items())
        if name not in _QUIET
        for key, value in flat(one, name).items()
        if value not in ("", None, [], {})
    ]
    code = settings.get("code") or (settings.get("custom_config") or {}).get("code")
    return ", ".join([*shown, *([f"code {code}"] if code else [])])


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _sources(below: Tree, answer: Answer, step: Step) -> None:
    if step.name != "TripExampleGen":
        return
    for one in answer.files[:_SHOWN_FILES]:
        below.add(f"[dim]read[/] {escape(one['path'])} [dim]{one['bytes']:,} bytes, sha256 {one['sha256'][:12]}[/]")
    if len(answer.files) > _SHOWN_FILES:
        below.add(f"[dim]and {len(answer.files) - _SHOWN_FILES:,} files more; --json lists all[/]")
