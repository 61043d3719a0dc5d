"""`sl-assets rejects show`."""

import click

from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.rejects import NOTHING_OPEN
from sl_assets.cli.tables import find_node, print_rows, reading, write_json
from sl_assets.warehouse.duckdb.history import rejected_rows


@click.command("show")
@click.argument("name", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="At most so many records.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(name: str | None, limit: int, *, as_json: bool) -> None:
    """The open records themselves: file, line, byte, attribute, rule, value, message and raw text.

    NAME is a table as domain.table; without it, all tables. What is private is masked.
    """
    console = make_console()
    project = project_or_exit(console)
    key = find_node(project, name).key if name else None
    with reading(console, project) as connection:
        found = rejected_rows(connection, project.settings.audit_schema, key, limit)
        if as_json:
            write_json(found)
        elif not print_rows(console, "Rejected rows", found):
            console.print(NOTHING_OPEN)
