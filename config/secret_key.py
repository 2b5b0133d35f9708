"""Makes and keeps a random SECRET_KEY for a first look without settings."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from django.core.exceptions import ImproperlyConfigured


def kept_key(folder: Path) -> str:
    """Return the random key of a folder, made at the first call and readable by its owner alone.

    Raises ImproperlyConfigured, which says what to do, where it cannot be read or written.
    """
    kept = folder / "secret.key"
    try:
        if not kept.exists():
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, made = mkstemp(dir=folder)  # of mode 600
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
            with suppress(FileExistsError):  # another process was faster
                os.link(made, kept)
            Path(made).unlink()
        return kept.read_text(encoding="ascii")
    except OSError as error:
        raise ImproperlyConfigured(f"{kept} is not usable ({error}). Set SECRET_KEY.") from error
