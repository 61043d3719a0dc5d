"""`acl:` and `rls:`: who may see a table, and which of its rows. Known and checked; a DuckDB file has no users to grant to."""

from typing import Annotated

from pydantic import Field

from sl_assets.spec.base import Spec, Unsupported

NO_USERS = Unsupported("A DuckDB file has no users: whoever can read the file reads all of it.")


class AccessSpec(Spec):
    """One of `acl:`."""

    role: str = Field(description="What is granted, such as `roles/bigquery.dataViewer` or `SELECT`.")
    grants: tuple[str, ...] = Field(description="To whom, such as `user:me@example.com`.")
    name: str | None = Field(default=None, description="What the entry is called.")


class RowAccessSpec(Spec):
    """One of `rls:`."""

    name: str = Field(description="What the policy is called.")
    predicate: str = Field(default="TRUE", description="The SQL condition on rows that may be seen.")
    grants: tuple[str, ...] = Field(description="By whom, such as `group:sales@example.com`.")
    description: str = Field(default="", description="What the policy is for.")


Acl = Annotated[tuple[AccessSpec, ...], NO_USERS]
Rls = Annotated[tuple[RowAccessSpec, ...], NO_USERS]
Streams = Annotated[tuple[str, ...], Unsupported("It is for Snowflake.")]
