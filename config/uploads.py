"""Refuses uploaded files and overlong forms before they are read."""

from typing import IO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler


class NoUploadHandler(MemoryFileUploadHandler):
    """Refuses a multipart form by its length; DATA_UPLOAD_MAX_NUMBER_FILES refuses its files.

    Django's own limit does not count parts that belong to no field.
    """

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803 (as Django calls it)
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is not None and content_length > limit:
            raise RequestDataTooBig("the form is too large")
        super().handle_raw_input(input_data, META, content_length, boundary, encoding)
