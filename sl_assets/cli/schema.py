"""`sl-assets schema`."""

import json
from pathlib import Path

import click

from sl_assets.spec.json_schema import ALL, schemas
from sl_assets.spec.kinds import KINDS


@click.command("schema")
@click.argument("kind", required=False, type=click.Choice([*KINDS, ALL]))
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), help="Write files <kind>.schema.json into this folder."
)
def command(kind: str | None, output: Path | None) -> None:
    """JSON Schema (draft 7) of the YAML files, by which editors complete and check them.

    KIND is the key that a file's contents are under. Without it: one schema for all of them; with --output every one in a file of
    its own. An editor finds it through the first line of a YAML file: `# yaml-language-server: $schema=<path>`.
    """
    found = schemas()
    if output is None:
        click.echo(_text(found[kind or ALL]), nl=False)
        return
    output.mkdir(parents=True, exist_ok=True)
    for name in [kind] if kind else found:
        path = output / f"{name}.schema.json"
        path.write_text(_text(found[name]), encoding="utf-8")
        click.echo(path)


def _text(schema: object) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
