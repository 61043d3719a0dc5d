"""Which columns of which tables each column of a query comes from."""

from sl_assets.sql.columns.kept import kept_flow
from sl_assets.sql.columns.query import column_flow
from sl_assets.sql.columns.records import Fault, Flow, Gap, Known, Named, Origin, Schema, Value

__all__ = ["Fault", "Flow", "Gap", "Known", "Named", "Origin", "Schema", "Value", "column_flow", "kept_flow"]
