"""What every write strategy must leave behind, row by row in plain Python: slow, obvious, and sharing nothing with the SQL."""

from dataclasses import dataclass, replace

from sl_assets.project.records import WriteStrategy


@dataclass(frozen=True)
class Row:
    """One row of the test table. `file` is the file that brought it; `start` and `end` are numbers of transactions."""

    id: int | None
    part: str | None
    ts: int | None
    label: int
    start: int | None = None
    end: int | None = None
    file: int | None = None

    @property
    def shown(self) -> tuple:
        return (self.id, self.part, self.ts, self.label, self.start, self.end)


def write(table: list[Row], file: list[Row], number: int, strategy: WriteStrategy, now: int) -> list[Row]:
    """The table after one more file, `number`, in the transaction `now`."""
    rows = [replace(row, file=number) for row in file]
    match strategy.type:
        case "APPEND":
            return table + rows
        case "OVERWRITE":
            return rows
        case "OVERWRITE_BY_PARTITION":
            return _replace_all(table, rows, lambda row: values(row, strategy.partition))
        case "DELETE_THEN_INSERT":
            return _replace_all(table, rows, lambda row: key(row, strategy))
        case "SCD2":
            return _versions(table, rows, strategy, now)
    for row in rows:
        table = _upsert(table, row, strategy)
    return table


def values(row: Row, columns: tuple[str, ...]) -> tuple:
    return tuple(getattr(row, column) for column in columns)


def key(row: Row, strategy: WriteStrategy) -> tuple | None:
    """None: matches nothing."""
    found = values(row, strategy.key)
    return None if None in found else found


def is_newer(one: Row, other: Row) -> bool:
    return one.ts is not None and (other.ts is None or one.ts > other.ts)


def _replace_all(table: list[Row], rows: list[Row], group) -> list[Row]:
    for row in rows:
        mine = group(row)
        table = [old for old in table if mine is None or group(old) != mine or old.file == row.file]
        table = [*table, row]
    return table


def _upsert(table: list[Row], row: Row, strategy: WriteStrategy) -> list[Row]:
    mine = key(row, strategy)
    if mine is None or all(key(old, strategy) != mine for old in table):
        return [*table, row]
    return [row if key(old, strategy) == mine and _wins(row, old, strategy) else old for old in table]


def _wins(row: Row, old: Row, strategy: WriteStrategy) -> bool:
    same_file = old.file == row.file
    if strategy.type == "UPSERT_BY_KEY_AND_TIMESTAMP":
        return is_newer(row, old) or (same_file and row.ts == old.ts)
    if strategy.on == "SOURCE_AND_TARGET" and strategy.timestamp and same_file:
        return not is_newer(old, row)
    return True


def _versions(table: list[Row], rows: list[Row], strategy: WriteStrategy, now: int) -> list[Row]:
    if strategy.on == "SOURCE_AND_TARGET":
        rows = [row for row in rows if not any(_outdoes(other, row, strategy) for other in rows)]
    for row in sorted(rows, key=lambda each: (each.ts is not None, each.ts or 0)):
        mine = key(row, strategy)
        current = [old for old in table if mine is not None and key(old, strategy) == mine and old.end is None]
        twin = [old for old in current if old.file == row.file and old.ts == row.ts]
        if twin:
            table = [replace(row, start=now) if old is twin[0] else old for old in table]
        elif all(is_newer(row, old) for old in current):
            ended = [replace(old, end=now) if old in current else old for old in table]
            table = [*ended, replace(row, start=now)]
    return table


def _outdoes(other: Row, row: Row, strategy: WriteStrategy) -> bool:
    """Whether another row of the same file is the one to keep; labels grow with the order of the records."""
    if key(row, strategy) is None or key(other, strategy) != key(row, strategy):
        return False
    return is_newer(other, row) or (other.ts == row.ts and other.label > row.label)
