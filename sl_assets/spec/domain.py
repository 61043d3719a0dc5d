"""`load/<domain>/_config.sl.yml`: what the tables of a domain have in common."""

from pydantic import Field

from sl_assets.spec.base import Ignored, Spec
from sl_assets.spec.metadata import MetadataSpec
from sl_assets.spec.table import TableSpec


class DomainSpec(Spec):
    """`load:`."""

    name: str | None = None
    metadata: MetadataSpec = Field(default_factory=MetadataSpec)
    comment: str = ""
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    rename: str | None = None
    database: Ignored = None
    tables: tuple[TableSpec, ...] = ()


class DomainFile(Spec):
    """A whole `_config.sl.yml` of `load/` or `external/`."""

    version: int | None = None
    load: DomainSpec = Field(default_factory=DomainSpec)
