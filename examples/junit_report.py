"""`${map.results_json}` on standard input to a JUnit report on standard output."""

from __future__ import annotations

import json
import sys
from xml.etree import ElementTree

suite = ElementTree.Element("testsuite", name="packages")
for result in json.load(sys.stdin):
    case = ElementTree.SubElement(suite, "testcase", name=result["key"], time=str(result["duration"]))
    if result["error"]:
        ElementTree.SubElement(case, "failure", message=result["error"])
suite.set("tests", str(len(suite)))
suite.set("failures", str(len(suite.findall("testcase/failure"))))
ElementTree.indent(suite)
ElementTree.ElementTree(suite).write(sys.stdout, encoding="unicode")
print()
