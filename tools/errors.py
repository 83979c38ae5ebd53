"""What can go wrong between an agent and a tool server, as opposed to what a tool answers."""


class ToolServerError(Exception):
    """A tool server cannot be reached, died, hung or talked nonsense. Never an answer for the model.

    `sent` is False only when it is certain that the call never left, so that it had no effect.
    """

    def __init__(self, server: str, message: str, *, sent: bool) -> None:
        super().__init__(f"tool server {server!r}: {message}")
        self.server = server
        self.sent = sent
