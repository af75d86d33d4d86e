"""Commands for Kubeflow Pipelines."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.options import DONE, REFUSED, AsJson, ConfigFile, Override, print_json

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.runners.kubeflow.client import Wish

group = typer.Typer(help="The same pipeline on Kubeflow Pipelines 2.", no_args_is_help=True)
Image = Annotated[str | None, typer.Option("--image", help="With digest; in place of kubeflow.image.")]
Parameter = Annotated[list[str] | None, typer.Option("--param", help="A runtime parameter, such as until=2016-01-31.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]


@group.command(name="compile")
def compile_(
    config: ConfigFile = None,
    override: Override = None,
    image: Image = None,
    output: Annotated[Path, typer.Option("--output", help="The YAML to write.")] = Path("pipeline.yaml"),
) -> None:
    """Write the pipeline's KFP v2 specification: image by digest, resources, retries, volumes, runtime parameters.

    Checked against what open-source KFP refuses.

    Example: farelite kubeflow compile --image registry/farelite@sha256:... --output pipeline.yaml
    """
    from pipeline.config import load
    from pipeline.runners.kubeflow.client import write

    documents = _compiled(load(config, override or []), config, image)
    write(documents, output)
    print(f"{output}: {len(documents[0]['root']['dag']['tasks'])} steps")


@group.command()
def rehearse(
    spec: Annotated[Path, typer.Argument(help="What `compile` wrote.")],
    folder: Annotated[Path, typer.Option("--folder", help="For the store and the logs.")] = Path("rehearsal"),
    parameter: Parameter = None,
    as_json: AsJson = False,
) -> None:
    """Execute every step's container command of a specification here, each as a process, without a cluster.

    The volumes' paths must exist on this machine; compile with kubeflow.models.mount and kubeflow.data_root set to
    folders here. Prints time, CPU and peak memory of each step, and what the run came to. What is in the folder's cache
    is taken from there, as on the cluster. Exit codes are those of `run`.

    Example: farelite kubeflow rehearse pipeline.yaml --folder /tmp/rehearsal
    """
    import yaml
    from rich.console import Console

    from data.spec import Label
    from pipeline.commands.console import card
    from pipeline.runners.kubeflow.errors import check_extra

    check_extra()
    from pipeline.runners.kubeflow.rehearsal import PUSHER, Rehearsal, Step

    def shown(step: Step) -> None:
        took = f"{step.seconds:6.1f} s  {step.cpu_seconds:6.1f} s CPU  {step.peak_bytes / 1e9:5.2f} GB"
        _say(f"{step.name:<16}  {took if step.state == 'ran' else step.state}")

    documents = list(yaml.safe_load_all(spec.read_text()))
    rehearsal = Rehearsal(documents, folder, _parameters(parameter))
    steps, result = rehearsal.run(shown)
    told = documents[0]["root"]["dag"]["tasks"][PUSHER]["inputs"]["parameters"]["provenance"]
    label = json.loads(told["runtimeValue"]["constant"])["config"]["data"]["label"]
    Console(stderr=True, highlight=False).print(card(result, Label(**label).in_words, rehearsal.log(PUSHER)))
    if as_json:
        print_json({**dataclasses.asdict(result), "steps": [dataclasses.asdict(step) for step in steps]})
    raise typer.Exit(REFUSED if result.verdict == "refused" else DONE)


@group.command()
def submit(
    config: ConfigFile = None,
    override: Override = None,
    image: Image = None,
    parameter: Parameter = None,
    name: Annotated[
        str | None, typer.Option("--run-name", help="Of the run; one of that name is not started twice.")
    ] = None,
    wait: Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the run's end.")] = 0,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Compile, upload and start one run on the cluster that kubeflow.endpoint names.

    A version with the same contents is not uploaded again. After an error the same command goes on where it ended. With
    --wait it ends with code 2 where the run failed or has not ended, and says what to look at.

    Example: farelite kubeflow submit --image registry/farelite@sha256:... --param until=2016-01-31
    """
    from datetime import datetime, timezone

    from pipeline.config import load
    from pipeline.runners.kubeflow.client import Wish

    loaded = load(config, override or [])
    run_name = name or f"{loaded.name}-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"
    _ask(loaded, config, image, Wish("submit", _parameters(parameter), dry_run, run_name, wait), as_json)


@group.command()
def schedule(
    config: ConfigFile = None,
    override: Override = None,
    image: Image = None,
    parameter: Parameter = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Have the cluster run the pipeline by the configuration's `schedule:` block.

    The pipeline has one recurring run: created, changed to what the configuration says, or left as it is.

    Example: farelite kubeflow schedule --image registry/farelite@sha256:... --dry-run
    """
    from pipeline.config import load
    from pipeline.runners.kubeflow.client import Wish, times

    loaded = load(config, override or [])
    wish = Wish("schedule", _parameters(parameter), dry_run, times=times(loaded, _say))
    _ask(loaded, config, image, wish, as_json)


def _ask(loaded: Config, config: Path | None, image: str | None, wish: Wish, as_json: bool) -> None:
    from pipeline.runners.kubeflow.client import Thing, ask

    def shown(thing: Thing) -> None:
        _say(f"{thing.what:<13}  {thing.name}  {thing.did}")

    things = ask(loaded, _compiled(loaded, config, image), wish, _say, shown)
    if as_json:
        print_json([dataclasses.asdict(thing) for thing in things])


def _compiled(loaded: Config, config: Path | None, image: str | None) -> list[dict[str, Any]]:
    from pipeline.config import DEFAULT_CONFIG
    from pipeline.quiet import without_native_notes
    from pipeline.runners.kubeflow.errors import check_extra
    from pipeline.runners.kubeflow.image import wanted

    check_extra()
    wanted(image, loaded.kubeflow)  # before the imports, which take many times as long as all else
    with without_native_notes():
        from pipeline.runners.kubeflow.spec import compile_spec

        return compile_spec(_settled(loaded), (config or DEFAULT_CONFIG).resolve().parent, image, loaded)


def _settled(loaded: Config) -> Config:
    """With what the label is filled in: no step on the cluster looks before the first one types its rows."""
    from data.errors import DataError
    from pipeline.config import ConfigError
    from pipeline.provenance import readable
    from pipeline.settled import settled

    label = loaded.data.label
    if label.kind is not None and (label.is_number or label.classes):
        return loaded
    try:
        readable(loaded.data)
    except DataError as error:
        wanted = "kind" if label.kind is None else "classes"
        raise ConfigError(
            f"data.label.{wanted} is not set, and the table to find it in cannot be read here: give it, such as "
            f"{'`kind: number`' if label.kind is None else '`classes: [no, yes]`'} ({error})"
        ) from error
    known, _, said = settled(loaded)
    _say(said)
    return known


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parameters(given: list[str] | None) -> dict[str, str]:
    from pipeline.config import ConfigError

    found = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--param {text!r}: write name=value, such as until=2016-01-31")
        found[name] = value
    return found
