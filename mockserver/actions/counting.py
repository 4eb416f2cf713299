"""Count: how many things of a shelf pass the filters."""

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.lists import passing
from threadmock.mockserver.rules.outcome import Done, Refused


def run(call: Call) -> Done | Refused:
    """The number, as the rule's reply has it, or bare."""
    if missing := call.enter():
        return missing
    scope = call.scope
    total = len(passing(scope, call.plan.lister))
    scope.tally = {"total": total}
    return (
        done(call, f"{total} of {scope.store.count(scope.shelf)}")
        if call.plan.reply_maker
        else Done(call.plan.success, total, f"{total} counted")
    )
