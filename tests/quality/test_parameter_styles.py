"""Parameters in every style: a server that takes exactly what the style writes has no finding, and is really asked."""

import json

from support.crowded_list import run_on
from support.style_server import STYLES, StyleServer, document


def test_a_server_that_is_strict_in_every_style_has_no_failure(tmp_path) -> None:
    path = tmp_path / "styles.json"
    path.write_text(json.dumps(document()), encoding="utf-8")
    server = StyleServer()
    run = run_on(server, str(path), seed=1, max_examples=10)
    failures = []
    for slug, phase in run.items():
        outcome = run.perform(slug, phase)
        assert not outcome.crash, outcome.crash
        failures += [
            (slug, each.check, each.got, each.case.url) for each, _ in outcome.findings if each.severity == "failure"
        ]
    run.target.close()
    assert failures == []
    assert {name for name in STYLES if not server.taken[name]} == set()
