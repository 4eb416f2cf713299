"""The pipeline with planted faults around its stages; it is built only where some are planted."""

from collections.abc import Mapping
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.pipeline.answer import Answer, Pipeline
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.world import World
from threadmock.specs.wire.messages import Request, Response

_STAGES: Mapping[str, str] = {"invalid": "validation", "malformed": "syntax"}
"""By trouble: the stage that faults skip, where it has another name."""


def build_pipeline(world: World) -> Pipeline:
    """The pipeline of a world, with the faults that are planted there."""
    return FaultyPipeline(world) if world.faults else Pipeline(world)


class FaultyPipeline(Pipeline):
    """A pipeline whose stages the faults of its world skip or change. Replies are not checked: they may be wrong."""

    def answer(self, request: Request, plan: Plan, path_values: Mapping[str, str]) -> Answer:
        """See Pipeline."""
        world = self.world
        view = world.fault_view(plan.contract, plan.operation, request)
        view.request = world.faults.apply("request", request, view)
        made = super().answer(view.request, plan, path_values)
        return Answer(world.faults.apply("response", made.response, view), made.rule, made.reason)

    def check_credentials(self, request: Request, plan: Plan) -> Refused | None:
        """See Pipeline."""
        return None if self.world.faults.skips("security") else super().check_credentials(request, plan)

    def tolerates(self, trouble: str) -> bool:
        """See Pipeline."""
        return self.world.faults.skips(_STAGES.get(trouble, trouble))

    def act(self, call: Call) -> Done | Refused:
        """See Pipeline."""
        return self.world.faults.around(super().act)(call)

    def reply_body(self, request: Request, plan: Plan, shown: Any) -> Any:
        """See Pipeline."""
        shown = super().reply_body(request, plan, shown)
        view = self.world.fault_view(plan.contract, plan.operation, request, shown)
        return self.world.faults.apply("shown", dict(shown) if isinstance(shown, dict) else shown, view)

    def check_reply(self, request: Request, plan: Plan, response: Response, shown: Any) -> Response:  # noqa: ARG002
        """See Pipeline."""
        return response
