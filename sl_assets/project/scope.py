"""What the readers of tables and tasks share while a project is built."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sl_assets.facts import Facts
from sl_assets.project.application import Application
from sl_assets.project.attributes import AttributeReader
from sl_assets.project.dags import Dags
from sl_assets.project.expectations import Macros
from sl_assets.project.location import Location
from sl_assets.project.names import KeyRegister
from sl_assets.project.records import StrategyTemplate, Type
from sl_assets.spec.findings import Findings


@dataclass(frozen=True)
class Scope:
    """Everything a table or task is read against."""

    location: Location
    application: Application
    variables: Mapping[str, str]
    types: Mapping[str, Type]
    dags: Dags
    macros: Macros
    findings: Findings
    register: KeyRegister
    templates: Mapping[str, StrategyTemplate] = field(default_factory=dict[str, StrategyTemplate])
    facts: Facts = field(default_factory=Facts)

    @property
    def attributes(self) -> AttributeReader:
        """Reads attributes with the project's types and names of privacy."""
        application = self.application
        return AttributeReader(self.types, self.findings, application.privacies, application.settings.privacy_key is not None)

    @property
    def fail_on_error(self) -> bool | None:
        """The application's switch for expectations, where it is written."""
        spec = self.application.spec.expectations
        return spec.fail_on_error if "fail_on_error" in spec.model_fields_set else None
