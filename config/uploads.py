"""Refuses uploaded files, and forms that are too long, before they are read."""

from typing import IO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler


class NoUploadHandler(MemoryFileUploadHandler):
    """Refuses a multipart form by its length; files in it are refused by their number, which is 0.

    Django's own limit does not count what belongs to no field.
    """

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803 (as Django calls it)
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Raise RequestDataTooBig for a form that is longer than any of ours."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is not None and content_length > limit:
            raise RequestDataTooBig("the form is too large")
        super().handle_raw_input(input_data, META, content_length, boundary, encoding)
