"""`POST /_mock/say`: the ordinary request by which something is said in a thread of a provider, or a thread is made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.control.bodies import ControlError, members, text
from threadmock.mockserver.control.messages.thread_resources import find_thread, parents_of, thread_resources
from threadmock.mockserver.control.prompt_body import NoBody, RunWay, message_body, run_way, thread_body
from threadmock.mockserver.control.prompt_request import Subject, build_request
from threadmock.mockserver.control.threads import mount_of
from threadmock.mockserver.datasets.fill_inference import names_message
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.mounts import Mount
from threadmock.specs.contract import Operation

ASKED = ("provider", "text", "key")
_SHORT = "hello"
_HOWS = ("stream", "when_done", "at_once")


@dataclass(frozen=True)
class _Sayer:
    """Builds requests for one provider. subject: the thread that they are about; said: the text."""

    gateway: Gateway
    mount: Mount
    subject: Subject | None
    said: str

    def run(self, operation: Operation, way: RunWay) -> dict[str, Any]:
        """The request that starts a run."""
        return build_request(self.gateway, self.mount, operation, self.subject, way.places, stream=way.how == "stream")

    def message(self, operation: Operation) -> dict[str, Any] | None:
        """The request that appends a message; None where its body can't hold the text."""
        body = message_body(self.gateway, self.mount, operation, self.said)
        return body and build_request(self.gateway, self.mount, operation, self.subject, {}, body=body)


def say(gateway: Gateway, asked: Any) -> dict[str, Any]:
    """The request that says a text in a thread, or that makes the thread first.

    method, path (with the provider's prefix), headers and body (a text, or None); stream: whether the answer is one of
    events. says: whether it holds the text; where it does not it makes a thread, in which it can then be said. then:
    the request that is to follow, where a message alone starts no run; None for none. ControlError for an unknown
    provider or thread, and where the provider has no operation for it.
    """
    given = members(asked, ASKED)
    mount = mount_of(gateway, text(given["provider"], "provider") if "provider" in given else None)
    said, key = text(given.get("text"), "text"), given.get("key")
    if key is None:
        return _begin(_Sayer(gateway, mount, None, said))
    held = find_thread(gateway.world.store, mount.contract, text(key, "key"))
    if held is None:
        fix = f"GET /_mock/threads?provider={mount.contract.name} lists those that are there."
        raise ControlError(f"{mount.contract.name} has no thread {key[:100]!r}.", where="key", fix=fix)
    return _go_on(_Sayer(gateway, mount, Subject(held[0], key, held[1]), said))


def can_say(gateway: Gateway, mount: Mount) -> bool:
    """Whether a provider has an operation by which something is said in a thread."""
    sayer = _Sayer(gateway, mount, None, _SHORT)
    return _can_go_on(sayer) or any(way.takes_text for _, way in _runs(sayer, on_thread=False))


def _go_on(sayer: _Sayer) -> dict[str, Any]:
    """What says it in a thread: a run that takes the text, else a message, and the run that answers it."""
    runs = [pair for pair in _runs(sayer, on_thread=True) if pair[1].takes_text]
    if runs:
        return _told(sayer.run(*runs[0]))
    message = next((made for each in _appends(sayer.mount) if (made := sayer.message(each))), None)
    if message is None:
        short = can_say(sayer.gateway, sayer.mount)
        raise _unfit(sayer.mount) if short else _speechless(sayer.mount)
    answering = next(_runs(sayer, on_thread=True), None)
    return _told(message, then=sayer.run(*answering) if answering else None)


def _begin(sayer: _Sayer) -> dict[str, Any]:
    """What says it in a new thread, else what makes one."""
    runs = [pair for pair in _runs(sayer, on_thread=False) if pair[1].takes_text]
    if runs:
        return _told(sayer.run(*runs[0]))
    if not can_say(sayer.gateway, sayer.mount):
        raise _speechless(sayer.mount)
    thread = thread_resources(sayer.mount.contract).thread
    for operation in sayer.mount.contract.operations:
        rule = operation.rule
        if rule.action == "create" and rule.resource == thread:
            try:
                body = thread_body(sayer.gateway, sayer.mount, operation, sayer.said)
            except NoBody:
                continue
            made = build_request(sayer.gateway, sayer.mount, operation, None, {}, body=body)
            return _told(made, says=False)
    what = f"{sayer.mount.contract.name} has no operation that makes a thread."
    raise ControlError(what, where="key", fix="Send the key of a thread that is there.")


def _can_go_on(sayer: _Sayer) -> bool:
    """Whether something can be said in a thread, once there is one."""
    runs = any(way.takes_text for _, way in _runs(sayer, on_thread=True))
    return runs or any(message_body(sayer.gateway, sayer.mount, each, sayer.said) for each in _appends(sayer.mount))


def _runs(sayer: _Sayer, *, on_thread: bool) -> Iterator[tuple[Operation, RunWay]]:
    """The operations that start one run, those first whose answer is a stream.

    on_thread: those that name the thread, else those that make one that stays.
    """
    thread = thread_resources(sayer.mount.contract).thread
    found = []
    for operation in sayer.mount.contract.operations:
        run, names = operation.rule.run, _names(operation, thread)
        if run is None or operation.rule.action != "run" or run.commands or run.each or run.follow_thread:
            continue
        makes = run.alone is not None and not run.temporary and "path" not in names
        if bool(names) if on_thread else makes:
            found.append(operation)
    for how in _HOWS:
        for operation in found:
            way = run_way(sayer.gateway, sayer.mount, operation, how, sayer.said, sayer.subject)
            if way is not None:
                yield operation, way


def _appends(mount: Mount) -> Iterator[Operation]:
    """The operations that make a message below a thread."""
    found = thread_resources(mount.contract)
    for operation in mount.contract.operations:
        rule = operation.rule
        named = rule.resource == found.piece or names_message(rule.resource)
        if named and rule.action in ("create", "append") and _names(operation, found.thread) and not found.parent:
            yield operation


def _names(operation: Operation, thread: str) -> list[str]:
    """The places of a request in which a thread is named."""
    return [each.source.place for each in parents_of(operation.rule.within) if each.resource == thread]


def _told(made: Mapping[str, Any], *, says: bool = True, then: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {**made, "says": says, "then": then}


def _unfit(mount: Mount) -> ControlError:
    what = f"No operation of {mount.contract.name} takes this text."
    return ControlError(what, where="text", fix="Its document says what a text may be there; send a shorter one.")


def _speechless(mount: Mount) -> ControlError:
    what = f"{mount.contract.name} has no operation by which something is said in a thread."
    fix = "Describe one with `x-behaviour`: an action `run` that takes a text, or `create` for messages below a thread."
    return ControlError(what, where="provider", fix=fix)
