"""Error bodies of the Graph API: codes, subcodes, words and HTTP statuses."""

from __future__ import annotations

import secrets
from typing import Any


class GraphError(Exception):
    """One Graph error; `body()` is what the platform sends."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        subcode: int | None = None,
        kind: str = "OAuthException",
        status: int = 400,
        is_transient: bool | None = None,
        reason: str = "invalid_request",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.status = status
        self._message = message
        self._kind = kind
        self._is_transient = is_transient
        self._reason = reason
        self.extra_headers = headers or {}

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"message": self._message, "type": self._kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self._is_transient is not None:
            error["is_transient"] = self._is_transient
        error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
        return {"error": error}

    def headers(self) -> dict[str, str]:
        quoted = self._message.replace('"', "'").encode("ascii", "replace").decode()
        quoted = "".join(letter if letter.isprintable() else " " for letter in quoted)
        return {"WWW-Authenticate": f'OAuth "Facebook Platform" "{self._reason}" "{quoted}"', **self.extra_headers}


def missing_object(object_id: str, verb: str = "get") -> GraphError:
    """Gone, never there, or not for this token: the platform does not say which."""
    return GraphError(
        100,
        f"Unsupported {verb} request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing"
        " permissions, or does not support this operation. Please read the Graph API documentation at"
        " https://developers.facebook.com/docs/graph-api",
        subcode=33,
        kind="GraphMethodException",
    )


def unknown_field(name: str, node_type: str) -> GraphError:
    return GraphError(100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({node_type})")


def bad_parameter(message: str) -> GraphError:
    return GraphError(100, f"(#100) {message}")


def no_token() -> GraphError:
    return GraphError(104, "An access token is required to request this resource.", reason="invalid_token", status=400)


def unreadable_token() -> GraphError:
    return GraphError(190, "Invalid OAuth access token - Cannot parse access token", reason="invalid_token", status=401)


def dead_token(subcode: int) -> GraphError:
    words = {
        458: "Error validating access token: The user has not authorized application.",
        459: "Error validating access token: You cannot access the app till you log in to www.facebook.com and follow"
        " the instructions given.",
        460: "Error validating access token: The session has been invalidated because the user changed their password"
        " or Facebook has changed the session for security reasons.",
        463: "Error validating access token: Session has expired.",
        492: "Error validating access token: Session does not match current stored session. This may be because the"
        " user lost the role on the Page.",
    }
    message = words.get(subcode, "Error validating access token: The session is invalid.")
    return GraphError(190, message, subcode=subcode, reason="invalid_token", status=401)


def wrong_token_kind() -> GraphError:
    return GraphError(190, "This method must be called with a Page Access Token", reason="invalid_token")


def server_fault() -> GraphError:
    return GraphError(
        2,
        "An unexpected error has occurred. Please retry your request later.",
        status=500,
        is_transient=True,
    )


def throttled(use: str) -> GraphError:
    """`use` is the word of the usage header: pages, messenger or instagram."""
    code, what = {"instagram": (80002, "Instagram account"), "messenger": (80006, "Messenger account")}.get(
        use, (80001, "Page account")
    )
    return GraphError(
        code,
        f"(#{code}) There have been too many calls to this {what}. Wait a bit and try again. For more info, please"
        " refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.",
        status=403,
    )


def application_throttled() -> GraphError:
    return GraphError(4, "(#4) Application request limit reached", status=403, is_transient=True)


def blocked() -> GraphError:
    return GraphError(368, "(#368) The action attempted has been deemed abusive or is otherwise disallowed", status=403)


def may_not_message() -> GraphError:
    return GraphError(
        10, "(#10) This Page is temporarily restricted from sending messages", subcode=1893063, status=403
    )


def duplicate_text() -> GraphError:
    return GraphError(506, "(#506) Duplicate status message", status=400)


def reviews_are_gone() -> GraphError:
    return GraphError(12, "(#12) The ratings edge of this Page is deprecated for versions v22.0 and higher")


def over_the_limit(maximum: int) -> GraphError:
    return GraphError(
        100, f"(#100) Param limit must be at most {maximum}. Please reduce the amount of data you're asking for"
    )


def message_is_deleted() -> GraphError:
    return GraphError(
        9000001, "(#9000001) The message has been deleted by the user or the business.", kind="OAuthException"
    )


def permission_missing(scope: str) -> GraphError:
    return GraphError(
        10,
        f"(#10) To use this endpoint your application needs the '{scope}' permission. Please see"
        " https://developers.facebook.com/docs/apps/review/login-permissions",
        status=403,
    )


def may_not(scope: str) -> GraphError:
    return GraphError(200, f"(#200) Requires {scope} permission to manage the object", status=403)


def task_missing(task: str) -> GraphError:
    return GraphError(200, f"(#200) The user must have the {task} task on this Page", status=403)
