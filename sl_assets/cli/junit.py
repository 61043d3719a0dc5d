"""Outcomes of unit tests as JUnit XML, which CI systems read."""

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from sl_assets.cli.differences import cell, told
from sl_assets.steps.unit_tests.differences import Difference
from sl_assets.steps.unit_tests.run import CaseReport

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIGNS = {"missing": "-", "unexpected": "+", "changed": "~"}


def junit_xml(name: str, reports: Iterable[CaseReport]) -> bytes:
    """The whole document: a suite for each table or task, a failure where rows differ, an error where a test cannot be run."""
    suites: dict[str, list[CaseReport]] = {}
    for report in reports:
        suites.setdefault(f"{report.case.kind}.{report.case.key}", []).append(report)
    top = ET.Element("testsuites", {"name": name, **_counts([each for suite in suites.values() for each in suite])})
    for suite, members in suites.items():
        element = ET.SubElement(top, "testsuite", {"name": suite, **_counts(members)})
        for report in members:
            _add_case(element, suite, report)
    ET.indent(top)
    return ET.tostring(top, encoding="UTF-8", xml_declaration=True) + b"\n"


def _add_case(suite: ET.Element, name: str, report: CaseReport) -> None:
    case = ET.SubElement(suite, "testcase", classname=name, name=report.case.name, time=f"{report.seconds:.3f}")
    if report.error:
        error = ET.SubElement(case, "error", message=_clean(report.error.splitlines()[0]))
        error.text = _clean(report.error)
    elif report.differences:
        sentences = [sentence for each in report.differences for sentence in told(each)]
        failure = ET.SubElement(case, "failure", message=_clean("; ".join(sentences)))
        lines = [line for each in report.differences for line in _lines(each)]
        failure.text = _clean("\n".join((*lines, *(f"rejected: {each}" for each in report.rejects))))


def _lines(difference: Difference) -> Iterable[str]:
    yield from told(difference)
    for row in difference.rows:
        cells = (f"{name}={cell(row, at)}" for at, name in enumerate(difference.columns))
        yield f"{_SIGNS[row.kind]} {', '.join(cells)}"


def _counts(reports: Sequence[CaseReport]) -> dict[str, str]:
    return {
        "tests": str(len(reports)),
        "failures": str(sum(bool(each.differences) for each in reports)),
        "errors": str(sum(bool(each.error) for each in reports)),
        "time": f"{sum(each.seconds for each in reports):.3f}",
    }


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
