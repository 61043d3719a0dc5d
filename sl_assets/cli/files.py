"""`sl-assets files`."""

import click

from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.tables import find_node, has_rows_aside, print_rows, reading, write_json
from sl_assets.warehouse.duckdb.history import loaded_files


@click.command("files")
@click.argument("name", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="At most so many files.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(name: str | None, limit: int, *, as_json: bool) -> None:
    """Show what was loaded: each file, when, by which run, with which counts, and where it is now.

    NAME is a table as domain.table; without it, the files of all tables.
    """
    console = make_console()
    project = project_or_exit(console)
    key = find_node(project, name).key if name else None
    with reading(console, project) as connection:
        rows = loaded_files(connection, project.settings.audit_schema, key, limit)
        if as_json:
            write_json(rows)
            return
        hidden = "archive" if has_rows_aside(rows) else "archive, quarantined, dropped"
        if not print_rows(console, "Loaded files, latest first", rows.select(f"* EXCLUDE ({hidden})")):
            console.print("No file was loaded yet.")
