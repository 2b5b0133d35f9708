"""Who PostgreSQL runs as: it refuses root, so for root it is a system user of its own."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path
from typing import TypedDict

from django.core.exceptions import ImproperlyConfigured

NAME = "pgserver"


class RunAs(TypedDict, total=False):
    """The arguments of `subprocess.run` that say as whom."""

    user: int
    group: int
    extra_groups: list[int]


def run_as(*folders: Path) -> RunAs:
    """Return whom to run PostgreSQL as; for root, let that user pass through to the folders.

    Raises ImproperlyConfigured if root can create no such user.
    """
    if os.geteuid() != 0:
        return {}
    for folder in folders:
        for above in folder.resolve().parents:
            _let_through(above)
    account = _account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def own(folder: Path) -> None:
    """Give a folder of PostgreSQL's own to the user that it runs as."""
    if os.geteuid() == 0:
        account = _account()
        os.chown(folder, account.pw_uid, account.pw_gid)
        folder.chmod(0o700)


def _let_through(folder: Path) -> None:
    """Add the right to pass through for others, and no other: not to list, not to write."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & stat.S_IXOTH:
        folder.chmod(mode | stat.S_IXOTH)


def _account() -> pwd.struct_passwd:
    """Return PostgreSQL's system user, which is created where it is missing."""
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        useradd = shutil.which("useradd", path=os.defpath + ":/usr/sbin:/sbin")
        if useradd is None:
            raise ImproperlyConfigured(
                f"PostgreSQL does not run as root. Create a system user {NAME!r} for it, run this"
                " as another user, or set DATABASE_URL to a server."
            ) from None
        subprocess.run(  # noqa: S603 (a fixed command)
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(NAME)
