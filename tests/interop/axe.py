"""What axe-core says against a page."""

from __future__ import annotations

from tests import tools


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page) -> list[str]:
    """Let axe-core judge a page."""
    if not page.evaluate("Boolean(window.axe)"):
        page.add_script_tag(path=tools.node_module("axe-core") / "axe.min.js")
    found = page.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", RULES)
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
