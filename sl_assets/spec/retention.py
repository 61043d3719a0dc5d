"""`retention:`, an extension of ours: for how long what a load leaves behind is kept. Nothing written: for ever."""

from pydantic import Field

from sl_assets.spec.base import Spec


class RetentionSpec(Spec):
    """`metadata.retention:` of a domain or table; durations as text, such as `90 days`, or `keep`."""

    archive: str | None = Field(default=None, description="For how long loaded files stay in the archive.")
    rejects: str | None = Field(default=None, description="For how long rejected records and quarantined rows are kept.")


class ProjectRetentionSpec(RetentionSpec):
    """`application.retention:`; what it says of archive and rejects holds where a domain or table says nothing."""

    audit: str | None = Field(default=None, description="For how long rows of the audit table are kept.")
    expectations: str | None = Field(default=None, description="For how long results of expectations are kept.")
    unresolved: str | None = Field(default=None, description="For how long files that no table claimed are kept.")
