"""Write strategies of a project's own: `write-strategies/duckdb/<name>.j2`, Jinja over SQL, several statements in one text."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from sl_assets.project.records import StrategyTemplate
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place
from sl_assets.spec.read import read_text
from sl_assets.spec.template import load_macros, render_text

FOLDER = "write-strategies"
ENGINE = "duckdb"

MACROS = """
{%- macro renderStrategyKeyJoinCondition(one, other, names) -%}
{%- for name in names %}{{ one }}.{{ quote }}{{ name }}{{ quote }} = {{ other }}.{{ quote }}{{ name }}{{ quote }}
{%- if not loop.last %} AND {% endif %}{% endfor -%}
{%- endmacro -%}
{%- macro renderStrategyKeyIsNull(table, names) -%}
{%- for name in names %}{{ table }}.{{ quote }}{{ name }}{{ quote }} IS NULL{% if not loop.last %} AND {% endif %}{% endfor -%}
{%- endmacro -%}
{%- macro renderTableColumns(table, names) -%}
{%- for name in names %}{{ table }}.{{ quote }}{{ name }}{{ quote }}{% if not loop.last %}, {% endif %}{% endfor -%}
{%- endmacro -%}
"""
"""Starlake's macros for templates, as far as they are of use on DuckDB."""

NEUTRAL_VALUES: Mapping[str, object] = MappingProxyType(
    {
        "strategyType": "APPEND",
        "strategyKey": ["key"],
        "quotedStrategyKey": ['"key"'],
        "strategyKeyCsv": '"key"',
        "strategyKeyJoinCondition": 'SL_INCOMING."key" = SL_EXISTING."key"',
        "strategyTimestamp": "timestamp",
        "quotedStrategyTimestamp": '"timestamp"',
        "strategyOn": "TARGET",
        "strategyStartTs": "sl_start_ts",
        "strategyEndTs": "sl_end_ts",
        "strategyNow": "now()",
        "strategyQueryFilter": "",
        "tableDatabase": "",
        "tableDomain": "domain",
        "tableName": "table",
        "tableFullName": '"domain"."table"',
        "tableExists": True,
        "tableColumnNames": ["key"],
        "quotedTableColumnNames": ['"key"'],
        "tableColumnsCsv": '"key"',
        "tableIncomingColumnsCsv": 'SL_INCOMING."key"',
        "tableInsert": 'INSERT ("key") VALUES (SL_INCOMING."key")',
        "tableParamsForInsertSql": '("key") VALUES (SL_INCOMING."key")',
        "tableParamsForUpdateSql": 'SET "key" = SL_INCOMING."key"',
        "tableUpdateSetExpression": 'SET "key" = SL_INCOMING."key"',
        "tableTruncate": False,
        "tableFormat": "",
        "materializedView": "TABLE",
        "sinkPartition": [],
        "sinkTablePartitionClause": "",
        "sinkClustering": [],
        "selectStatement": 'SELECT "key" FROM rows',
        "quote": '"',
    }
)
"""What a template may name, with values that stand for nothing: Starlake's variables, and the two of `template_values`."""


def read_templates(metadata: Path, findings: Findings) -> Mapping[str, StrategyTemplate]:
    """The project's write strategies by name, upper-cased as `writeStrategy.type` is.

    A template that has the name of a built-in strategy takes its place, as in Starlake.

    Args:
        metadata: The config folder.
        findings: Takes SL109 (another engine's folder) and SL113 (a file in a place where it is never read).
    """
    folder = metadata / FOLDER
    found: dict[str, StrategyTemplate] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and path.name == ENGINE:
            found |= _read_engine(path, findings)
        elif path.is_dir() and not path.name.startswith("."):
            findings.warning("SL109", Place(path), "", f"is for another engine than {ENGINE}, ignored.")
        elif path.suffix == ".j2":
            findings.warning("SL113", Place(path), "", "is never read.", f"Put it into {FOLDER}/{ENGINE}/.")
    return found


def check_templates(
    templates: Iterable[StrategyTemplate], variables: Mapping[str, str], macros: Mapping[str, object], findings: Findings
) -> None:
    """Render each template with neutral values, for SL103 (it is broken) and SL104 (it names what nobody defines).

    Args:
        templates: What `read_templates` found.
        variables: The project's, which they may name besides.
        macros: The project's.
        findings: Takes what is wrong.
    """
    for each in templates:
        context = {**variables, **NEUTRAL_VALUES}
        render_text(each.text, context, each.file, findings, macros={**strategy_macros(), **macros}, comment="--")


def strategy_macros() -> Mapping[str, object]:
    """The macros that a template may call besides those of the project."""
    return load_macros(MACROS, {"quote": NEUTRAL_VALUES["quote"]}, Path(FOLDER), Findings())


def _read_engine(folder: Path, findings: Findings) -> Mapping[str, StrategyTemplate]:
    found: dict[str, StrategyTemplate] = {}
    for file in sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")):
        if file.suffix != ".j2":
            findings.warning("SL113", Place(file), "", "is never read.", f"A template's name ends with .j2: {file.stem}.j2.")
            continue
        text = read_text(file, findings)
        if text is None:
            continue
        name = file.stem.upper()
        found[name] = StrategyTemplate(name, text, file)
    return found
