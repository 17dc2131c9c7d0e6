"""A request that is refused, in the one shape that every error of the API has."""

from __future__ import annotations


class ApiError(Exception):
    """`message` is one sentence for whoever asked. `param` names the field that is at fault."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, param: str | None = None, retry: int = 0
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param
        self.retry = retry  # seconds after which to try again, 0: do not


NOT_READY = "The engine is not ready; try again in a moment."
