"""Holding a call back until the house allows it: the wrapper that asks the policies before a tool is reached.

It decides nothing itself: what is asked or refused goes up as pydantic-ai's `ApprovalRequired`, with the policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_ai import ApprovalRequired, RunContext
from pydantic_ai.toolsets import ToolsetTool, WrapperToolset

from tools.policies import Policy, judge

HELD: Final = "strop.held"
"""Key of a held call's metadata: the policy, and the server that the call is for."""


@dataclass
class PolicedToolset(WrapperToolset[Any]):
    """A server's tools, each call of which is judged first.

    Args:
        server: the server's name, as policies call it.
        policies: in their order; the first that fits decides.
    """

    server: str = ""
    policies: Sequence[Policy] = ()

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        """Pass an allowed or approved call on; hold any other back."""
        if not ctx.tool_call_approved:
            policy = judge(self.policies, self.server, name, tool_args)
            if policy is not None and policy.then != "allow":
                told = {"server": self.server, "tool": name, "arguments": tool_args}
                raise ApprovalRequired({HELD: {**told, "policy": policy.model_dump(mode="json")}})
        return await super().call_tool(name, tool_args, ctx, tool)
