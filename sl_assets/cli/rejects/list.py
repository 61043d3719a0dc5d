"""`sl-assets rejects list`."""

import click

from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.rejects import NOTHING_OPEN
from sl_assets.cli.tables import find_node, print_rows, reading, write_json
from sl_assets.warehouse.duckdb.history import rejected_rules


@click.command("list")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(name: str | None, *, as_json: bool) -> None:
    """How many open records each rule on each attribute refused.

    NAME is a table as domain.table; without it, all tables.
    """
    console = make_console()
    project = project_or_exit(console)
    key = find_node(project, name).key if name else None
    with reading(console, project) as connection:
        found = rejected_rules(connection, project.settings.audit_schema, key)
        if as_json:
            write_json(found)
        elif not print_rows(console, "Rejected rows by rule", found):
            console.print(NOTHING_OPEN)
