"""Commands for Kubeflow Pipelines."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import AsJson, ConfigFile, Override

group = typer.Typer(help="The same pipeline on Kubeflow Pipelines 2.", no_args_is_help=True)
Image = Annotated[str | None, typer.Option("--image", help="With digest; in place of kubeflow.image.")]
Parameter = Annotated[list[str] | None, typer.Option("--param", help="A runtime parameter, such as until=2016-01-31.")]


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
    from pipeline.config import DEFAULT_CONFIG, load

    loaded = load(config, override or [])
    from pipeline.runners.quiet import without_native_notes

    with without_native_notes():
        from pipeline.runners.kubeflow.spec import compile_spec, write

        documents = compile_spec(loaded, (config or DEFAULT_CONFIG).resolve().parent, image)
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
    folders here. Prints time, CPU and peak memory of each step.

    Example: farelite kubeflow rehearse pipeline.yaml --folder /tmp/rehearsal
    """
    import yaml

    from pipeline.runners.kubeflow.rehearsal import Rehearsal

    (document, *_) = yaml.safe_load_all(spec.read_text())
    steps = Rehearsal(document, folder, _parameters(parameter)).run(
        lambda step: print(
            f"{step.name:<16}  {step.seconds:6.1f} s  {step.cpu_seconds:6.1f} s CPU  {step.peak_bytes / 1e9:5.2f} GB",
            file=sys.stderr,
            flush=True,
        )
    )
    if as_json:
        print(json.dumps([dataclasses.asdict(step) for step in steps]))


def _parameters(given: list[str] | None) -> dict[str, str]:
    from pipeline.config import ConfigError

    found = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--param {text!r}: write name=value, such as until=2016-01-31")
        found[name] = value
    return found
