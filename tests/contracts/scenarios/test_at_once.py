"""Requests at one moment: nobody waits for those that never come."""

import random
import threading

import pytest
from threadmock.contracts.cases.case import base_value, case_with_body
from threadmock.contracts.checks import Context
from threadmock.contracts.scenarios.creates.repeats import send_at_once
from threadmock.contracts.target.open_target import mock_target
from threadmock.specs.loader import load


def test_an_interrupt_while_threads_begin_ends_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = load("langsmith")
    target = mock_target(contract, 1)
    context = Context(contract, target.exchange, lambda *_: [], random.Random(1), {})
    operation = contract.operations[0]
    cases = [case_with_body(operation, base_value(operation), "at once", "scenario") for _ in range(4)]
    begin, begun = threading.Thread.start, []

    def interrupted(thread: threading.Thread) -> None:
        begun.append(thread)
        if len(begun) == 3:
            raise KeyboardInterrupt
        begin(thread)

    assert len(send_at_once(context, cases)) == 4
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        send_at_once(context, cases)
    for thread in begun[:2]:
        thread.join(5)
        assert not thread.is_alive()
