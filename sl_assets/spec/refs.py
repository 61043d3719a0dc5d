"""`refs.sl.yml` (and `application.refs`): which tables names in SQL mean."""

from pydantic import Field

from sl_assets.spec.base import Spec, Version


class RefInputSpec(Spec):
    """`input:`: patterns for the parts of a name. A part without a pattern must not be written in the name."""

    table: str = Field(default=".*", description="A Java regular expression for the table.")
    domain: str | None = Field(default=None, description="One for the domain; without it, names that have no domain are meant.")
    database: str | None = Field(default=None, description="One for the database; without it, names that have none are meant.")


class RefOutputSpec(Spec):
    """`output:`: the name it stands for; SL_THIS_DATABASE, SL_THIS_DOMAIN and SL_THIS_TABLE are the parts as written."""

    table: str = Field(default="SL_THIS_TABLE", description="The table.")
    domain: str = Field(default="", description="The domain; empty: found by the table's name alone.")
    database: str = Field(default="", description="The database; one that is not the project's own file is left out.")


class RefSpec(Spec):
    """One of `refs:`; the first whose input matches counts."""

    input: RefInputSpec = Field(description="Which names in SQL are meant.")
    output: RefOutputSpec = Field(description="What they stand for.")


class RefsFile(Spec):
    """A whole `refs.sl.yml`."""

    version: Version = None
    refs: tuple[RefSpec, ...] = Field(default=(), description="The references, in order.")
