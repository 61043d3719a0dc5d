"""`sl-assets schema`."""

from pathlib import Path

import click

from sl_assets.spec.json_schema import ALL, schema_text, schemas, write_schemas
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
    if output is None:
        click.echo(schema_text(schemas()[kind or ALL]), nl=False)
        return
    for path in write_schemas(output, [kind] if kind else None):
        click.echo(path)
