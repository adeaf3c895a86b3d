"""Refusals in Stripe's shape."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """One refused call. `keeps` says that what was changed before it stays, as after a declined card."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        keeps: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.keeps = keeps
        facts = {"code": code, "decline_code": decline_code, "message": message, "param": param, "type": kind, **more}
        self.facts = {name: value for name, value in facts.items() if value is not None}

    @property
    def is_stored(self) -> bool:
        """Whether the answer is kept under the call's idempotency key: only where the call had begun to work."""
        return self.status == 402 or self.status >= 500

    def body(self) -> dict[str, Any]:
        return {"error": self.facts}


def missing(kind: str, id_: object, param: str = "id") -> StripeError:
    return StripeError(404, f"No such {kind}: '{id_}'", code="resource_missing", param=param)


def unfit(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    return StripeError(400, message, param=param, code=code)


def not_modelled(what: str, param: str | None = None) -> StripeError:
    """Stripe can do it, the stand-in cannot: said loudly, so that nobody takes silence for an answer."""
    return StripeError(400, f"The stand-in does not model {what}.", param=param, code="stand_in_limit")
