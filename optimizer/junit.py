"""An evaluation as JUnit XML, the form in which CI systems read test results. Pure.

One test case a task, grouped by family; below `bar` it is a failure that says what the metric found.
"""

from typing import Final
from xml.etree import ElementTree as ET

from optimizer.evaluate import Evaluation, TaskScore

XML_FORBIDDEN: Final = {code: "�" for code in (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF)}
"""Characters that no XML document may hold, and what stands for them."""


def junit_xml(evaluation: Evaluation, agent: str, *, bar: float = 1.0) -> str:
    """The document, with its XML declaration. `bar` is the score (0..1) from which on a task is right."""
    failed = sum(one.score < bar for one in evaluation.told)
    skipped = str(len(evaluation.scores) - len(evaluation.told))
    seconds = sum(one.seconds for one in evaluation.scores)
    counts = {"tests": str(len(evaluation.scores)), "failures": str(failed), "time": f"{seconds:.3f}"}
    root = ET.Element("testsuites", {"name": "strop check", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": agent, "errors": "0", "skipped": skipped, **counts})
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", {"name": "bundle", "value": evaluation.bundle})
    for one in evaluation.scores:
        suite.append(_case(one, agent, bar))
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(one: TaskScore, agent: str, bar: float) -> ET.Element:
    about = {"name": _clean(one.task), "classname": f"{agent}.{_clean(one.family)}", "time": f"{one.seconds:.3f}"}
    case = ET.Element("testcase", about)
    if one.diverged:
        ET.SubElement(case, "skipped", {"message": "it needs a call that may change something"})
    elif one.score < bar:
        failure = ET.SubElement(case, "failure", {"message": f"score {one.score:.2f}", "type": "wrong answer"})
        failure.text = _clean(f"{one.feedback}\nanswer: {one.output}")
    ET.SubElement(case, "system-out").text = f"strop runs show {one.run_id}"
    return case


def _clean(text: str) -> str:
    return text.translate(XML_FORBIDDEN)
