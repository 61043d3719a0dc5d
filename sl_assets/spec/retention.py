"""`retention:`, an extension of ours: for how long what a load leaves behind is kept. Nothing written: for ever."""

from sl_assets.spec.base import Spec


class RetentionSpec(Spec):
    """`metadata.retention:` of a domain or table; durations as text, such as `90 days`, or `keep`."""

    archive: str | None = None
    rejects: str | None = None


class ProjectRetentionSpec(RetentionSpec):
    """`application.retention:`; what it says of archive and rejects holds where a domain or table says nothing."""

    audit: str | None = None
    expectations: str | None = None
    unresolved: str | None = None
