"""Error bodies of Google's APIs and of its token endpoint."""

from __future__ import annotations

from typing import Any

PROJECT_NUMBER = "1234567890"
SERVICE_NAMES = {
    "mybusiness.googleapis.com": "Google My Business API",
    "mybusinessaccountmanagement.googleapis.com": "My Business Account Management API",
    "mybusinessbusinessinformation.googleapis.com": "My Business Business Information API",
    "mybusinessnotifications.googleapis.com": "My Business Notifications API",
    "mybusinessverifications.googleapis.com": "My Business Verifications API",
}


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


def _info(reason: str, metadata: dict[str, str]) -> dict[str, Any]:
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def unauthenticated() -> GoogleError:
    return GoogleError(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
        " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def denied() -> GoogleError:
    return GoogleError(403, "PERMISSION_DENIED", "The caller does not have permission")


def scope_missing(service: str) -> GoogleError:
    """The person left the scope's box empty."""
    details = [_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", {"service": service})]
    message = "Request had insufficient authentication scopes."
    return GoogleError(403, "PERMISSION_DENIED", message, details)


def service_disabled(service: str) -> GoogleError:
    """One API of the project is not switched on, while the others work."""
    page = f"https://console.developers.google.com/apis/api/{service}/overview?project={PROJECT_NUMBER}"
    message = (
        f"{SERVICE_NAMES.get(service, service)} has not been used in project {PROJECT_NUMBER} before or it is disabled."
        f" Enable it by visiting {page} then retry. If you enabled this API recently, wait a few minutes for the action"
        " to propagate to our systems and retry."
    )
    facts = {"service": service, "consumer": f"projects/{PROJECT_NUMBER}", "activationUrl": page}
    return GoogleError(403, "PERMISSION_DENIED", message, [_info("SERVICE_DISABLED", facts)])


def not_found() -> GoogleError:
    return GoogleError(404, "NOT_FOUND", "Requested entity was not found.")


def failed_precondition(message: str) -> GoogleError:
    return GoogleError(400, "FAILED_PRECONDITION", message)


def invalid_argument(field: str, description: str) -> GoogleError:
    violation = {"field": field, "description": description}
    details = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return GoogleError(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [details])


def invalid_v4(field: str, message: str, code: int = 3, value: str | None = None) -> GoogleError:
    """v4's own shape of the same: google.mybusiness.v4.ValidationError."""
    detail: dict[str, Any] = {"code": code, "field": field, "message": message}
    if value is not None:
        detail["value"] = value
    details = {"@type": "type.googleapis.com/google.mybusiness.v4.ValidationError", "errorDetails": [detail]}
    return GoogleError(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [details])


def quota_exceeded(service: str = "mybusiness.googleapis.com", value: str = "300") -> GoogleError:
    """Over the limit; a `value` of "0" is a project that was never approved."""
    facts = {
        "service": service,
        "quota_metric": f"{service}/default_requests",
        "quota_limit": "DefaultRequestsPerMinutePerProject",
        "quota_limit_value": value,
        "quota_unit": "1/min/{project}",
        "quota_location": "global",
        "consumer": f"projects/{PROJECT_NUMBER}",
    }
    return GoogleError(
        429,
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service"
        f" '{service}' for consumer 'project_number:{PROJECT_NUMBER}'.",
        [_info("RATE_LIMIT_EXCEEDED", facts)],
    )


class TokenError(Exception):
    """What the token endpoint refuses with."""

    def __init__(self, word: str, description: str, status: int = 400, **more: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": word, "error_description": description, **more}
