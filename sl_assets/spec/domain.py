"""`load/<domain>/_config.sl.yml`: what the tables of a domain have in common."""

from typing import Annotated

from pydantic import Field

from sl_assets.spec.base import DOCUMENTARY, EXTENSION, Spec, Unsupported, Version
from sl_assets.spec.metadata import MetadataSpec
from sl_assets.spec.table import TableSpec

ONE_DATABASE = Unsupported("Everything is in the project's one DuckDB file.")


class DomainSpec(Spec):
    """`load:`."""

    name: str | None = Field(default=None, description="The domain's name; else that of its folder.")
    metadata: MetadataSpec = Field(default_factory=MetadataSpec, description="What its tables have in common.")
    comment: str = Field(default="", description="What the domain is.")
    tags: tuple[str, ...] = Field(default=(), description="Tags of the domain.")
    owners: Annotated[tuple[str, ...], EXTENSION] = Field(default=(), description="Owners of its tables.")
    rename: str | None = Field(default=None, description="The schema in the warehouse, where it has another name.")
    database: Annotated[str | None, ONE_DATABASE] = Field(default=None, description="The catalog or project of its tables.")
    tables: tuple[TableSpec, ...] = Field(default=(), description="Tables that are written here, not in files of their own.")
    table_refs: Annotated[tuple[str, ...], DOCUMENTARY] = Field(
        default=(), description="Files of its tables; every file of the folder is read."
    )


class DomainFile(Spec):
    """A whole `_config.sl.yml` of `load/` or `external/`."""

    version: Version = None
    load: DomainSpec = Field(default_factory=DomainSpec, description="The domain.")
