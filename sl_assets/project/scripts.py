"""Scripts and filters of tables in the SQL of the loader that Starlake would run them with -> DuckDB's."""

from dataclasses import replace

from sl_assets.project.connections import Connections
from sl_assets.project.records import Attribute
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Source
from sl_assets.sql.expressions import to_duckdb
from sl_assets.sql.parse import SqlError


def expression_dialect(loader: str | None, connections: Connections) -> str:
    """What scripts and filters of a table are written in, by sqlglot's name.

    `loader: spark` is Spark's, `loader: native` that of the connection. Where none is written it is DuckDB's in a project that
    loads into DuckDB, else Spark's, which is Starlake's default.
    """
    own = connections.target(None)
    if loader == "native" or (loader is None and own == "duckdb"):
        return own
    return "spark"


def translate_script(attribute: Attribute, dialect: str, findings: Findings) -> Attribute:
    """An attribute with its script in DuckDB's SQL; SL226 for one that its dialect does not know."""
    if attribute.script is None:
        return attribute
    try:
        return replace(attribute, script=to_duckdb(attribute.script, dialect))
    except SqlError as error:
        findings.error("SL226", attribute.place, f"{attribute.source}.script", _fact(error, dialect), _HINT)
    return attribute


def translate_filter(text: str | None, dialect: str, source: Source, findings: Findings) -> str | None:
    """A table's filter in DuckDB's SQL; SL226 for one that its dialect does not know."""
    try:
        return to_duckdb(text, dialect) if text is not None else None
    except SqlError as error:
        findings.error("SL226", source.place("filter"), source.subject("filter"), _fact(error, dialect), _HINT)
    return text


_HINT = "With loader: spark it is Spark's SQL, with loader: native that of the connection."


def _fact(error: SqlError, dialect: str) -> str:
    return f"cannot be read as SQL of {dialect}: {error.fact}"
