"""Error bodies of Google's APIs and of its token endpoint."""

from __future__ import annotations

from typing import Any


class GoogleError(Exception):
    """One google.rpc.Status; `body()` is what goes out."""

    def __init__(self, status: int, word: str, message: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.word = word
        self._message = message
        self._details = details

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.status, "message": self._message, "status": self.word}
        if self._details:
            error["details"] = self._details
        return {"error": error}


def unauthenticated() -> GoogleError:
    return GoogleError(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
        " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def denied() -> GoogleError:
    return GoogleError(403, "PERMISSION_DENIED", "The caller does not have permission")


def not_found() -> GoogleError:
    return GoogleError(404, "NOT_FOUND", "Requested entity was not found.")


def invalid_argument(field: str, description: str) -> GoogleError:
    violation = {"field": field, "description": description}
    details = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return GoogleError(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [details])


def quota_exceeded(service: str = "mybusiness.googleapis.com", value: str = "300") -> GoogleError:
    facts = {
        "service": service,
        "quota_metric": f"{service}/default_requests",
        "quota_limit": "DefaultRequestsPerMinutePerProject",
        "quota_limit_value": value,
        "quota_unit": "1/min/{project}",
        "quota_location": "global",
        "consumer": "projects/1234567890",
    }
    details = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": facts,
    }
    return GoogleError(
        429,
        "RESOURCE_EXHAUSTED",
        f"Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service '{service}' for"
        " consumer 'project_number:1234567890'.",
        [details],
    )


class TokenError(Exception):
    """What the token endpoint refuses with."""

    def __init__(self, word: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": word, "error_description": description}
