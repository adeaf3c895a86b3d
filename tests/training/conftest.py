"""The room stands above the replies, so it is tried with their case."""

from tests.replies.conftest import case as case
