"""Bodies that an Agent Server takes, as its document has them."""

from support.run_server.shape import anything, either, flag, integer, key, mapping, nothing, number, several, text

MODES = ("values", "messages", "messages-tuple", "tasks", "checkpoints", "updates", "events", "debug", "custom")
THREAD_STATUSES = ("idle", "busy", "interrupted", "error")
RUN_STATUSES = ("pending", "running", "error", "success", "timeout", "interrupted")
THREAD_MEMBERS = (
    "thread_id", "created_at", "updated_at", "state_updated_at", "metadata", "config", "status", "values", "interrupts",
)  # fmt: skip
RUN_MEMBERS = (
    "run_id", "thread_id", "assistant_id", "created_at", "updated_at", "status", "metadata", "kwargs",
    "multitask_strategy", "langsmith_session_name",
)  # fmt: skip
ASSISTANT_MEMBERS = (
    "assistant_id", "graph_id", "name", "description", "config", "context", "created_at", "updated_at", "metadata",
    "version",
)  # fmt: skip

_free = mapping()
_texts = several(text())
_ttl = mapping(strategy=text(words=("delete", "keep_latest")), ttl=number())
_send = mapping(["node", "input"], node=text())
_command = mapping(
    update=either(_free, several(anything), nothing),
    resume=anything,
    goto=either(_send, several(_send), text(), _texts, nothing),
)
_checkpoint = mapping(thread_id=text(), checkpoint_ns=text(), checkpoint_id=text(), checkpoint_map=_free)
_mode = text(words=MODES)
_direction = text(words=("asc", "desc"))
_update = mapping(
    ["as_node"], values=either(several(_free), _free, nothing), command=either(_command, nothing), as_node=text()
)

THREAD = mapping(
    thread_id=key, metadata=_free, if_exists=text(words=("raise", "do_nothing")), ttl=_ttl,
    supersteps=several(mapping(["updates"], updates=several(_update))),
)  # fmt: skip
THREAD_PATCH = mapping(metadata=_free, ttl=_ttl)
THREAD_SEARCH = mapping(
    ids=several(key), metadata=_free, values=_free, status=text(words=THREAD_STATUSES), limit=integer(1, 1000),
    offset=integer(0), sort_by=text(words=("thread_id", "status", "created_at", "updated_at", "state_updated_at")),
    sort_order=_direction, select=several(text(words=THREAD_MEMBERS)), extract=mapping((), text(), 10),
)  # fmt: skip
ASSISTANT_SEARCH = mapping(
    metadata=_free, graph_id=text(), name=text(), limit=integer(1, 1000), offset=integer(0), sort_order=_direction,
    sort_by=text(words=("assistant_id", "created_at", "updated_at", "name", "graph_id")),
    select=several(text(words=ASSISTANT_MEMBERS)),
)  # fmt: skip
STATE = mapping(values=either(several(anything), _free, nothing), checkpoint=_checkpoint, as_node=text())
STATE_AT = mapping(["checkpoint"], checkpoint=_checkpoint, subgraphs=flag)
HISTORY = mapping(limit=integer(1, 1000), before=_checkpoint, metadata=_free, checkpoint=_checkpoint)
CANCEL = mapping(status=text(words=("pending", "running", "all")), thread_id=key, run_ids=several(key))

_shared = {
    "assistant_id": text(),
    "input": anything,
    "command": either(_command, nothing),
    "metadata": _free,
    "config": mapping(tags=_texts, recursion_limit=integer(), configurable=_free),
    "context": _free,
    "webhook": text(least=1, most=65536),
    "stream_mode": either(several(_mode), _mode),
    "stream_subgraphs": flag,
    "stream_resumable": flag,
    "feedback_keys": _texts,
    "after_seconds": number(),
    "checkpoint_during": flag,
    "durability": text(words=("sync", "async", "exit")),
}
_disconnect = text(words=("cancel", "continue"))
_stateful = {
    **_shared,
    "checkpoint": _checkpoint,
    "interrupt_before": either(text(words="*"), _texts),
    "interrupt_after": either(text(words="*"), _texts),
    "multitask_strategy": text(words=("reject", "rollback", "interrupt", "enqueue")),
    "if_not_exists": text(words=("create", "reject")),
}
_stateless = {**_shared, "on_completion": text(words=("delete", "keep"))}
RUN = mapping(["assistant_id"], **_stateful)
RUN_STREAMED = mapping(["assistant_id"], **_stateful, on_disconnect=_disconnect)
LONE_RUN = mapping(["assistant_id"], **_stateless)
LONE_RUN_STREAMED = mapping(["assistant_id"], **_stateless, on_disconnect=_disconnect)
BATCH = several(LONE_RUN, 1)
