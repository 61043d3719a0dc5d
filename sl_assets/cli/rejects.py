"""`sl-assets rejects`."""

import click

from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.tables import find_node, print_rows, reading, write_json
from sl_assets.warehouse.duckdb.history import rejected_rows, rejected_rules


@click.command("rejects")
@click.argument("name", required=False)
@click.option("--rows", is_flag=True, help="The rejected rows themselves, with file, line, message and raw text.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="At most so many rows.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(name: str | None, limit: int, *, rows: bool, as_json: bool) -> None:
    """Show what was refused: how often each rule on each attribute, or the rows themselves.

    NAME is a table as domain.table; without it, all tables. Of a file that was loaded again, its latest load counts.
    """
    console = make_console()
    project = project_or_exit(console)
    key = find_node(project, name).key if name else None
    audit = project.settings.audit_schema
    with reading(console, project) as connection:
        found = rejected_rows(connection, audit, key, limit) if rows else rejected_rules(connection, audit, key)
        if as_json:
            write_json(found)
        elif not print_rows(console, "Rejected rows" if rows else "Rejected rows by rule", found):
            console.print("No row was rejected.")
