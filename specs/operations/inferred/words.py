"""What last segments of paths say: that an operation asks, counts, copies, makes several or keeps nothing."""

SEARCHES = frozenset(["search", "query", "find", "filter", "lookup"])
"""Behind these a collection is asked; what they answer with are its things."""
COUNTS = frozenset(["count", "total", "size"])
"""Behind these a collection is counted."""
COPIES = frozenset(["duplicate", "copy", "clone", "fork"])
"""Behind the key of a thing: it is made again."""
SEVERAL = frozenset(["batch", "bulk", "batchcreate", "bulkcreate", "createmany", "many"])
"""Behind a collection: several things are made at once."""
STATELESS = frozenset(
    (
        *SEARCHES, *COUNTS, *SEVERAL, "stats", "statistics", "summary", "report", "aggregate", "login", "logout",
        "signin", "signout", "token", "refresh", "authorize", "auth", "authenticate", "oauth", "introspect", "validate",
        "verify", "check", "test", "ping", "health", "healthz", "status", "preview", "render", "convert", "parse",
        "estimate", "quote", "calculate", "compute", "translate", "classify", "completions", "embeddings",
        "moderations", "upload", "import", "export", "download", "graphql", "rpc", "webhook", "callback", "echo",
    )
)  # fmt: skip
"""Behind these nothing is kept, unless something is named below them."""
