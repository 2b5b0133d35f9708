"""Stops PostgreSQL when nobody uses it any more; a program of its own, so that nobody waits for it.

usage: guardian.py FOLDER PG_CTL DATA
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path


def main(folder: Path, pg_ctl: str, data: str) -> None:
    """Wait until every user of the folder's server has ended, then stop the server."""
    if os.fork():
        return  # whoever posted us goes on; nobody has to wait for our end
    guarded = (folder / "guardian.lock").open("w")
    try:
        fcntl.flock(guarded, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # one guardian is enough
    # Whoever comes while we stop the server waits for this lock, and then starts it again.
    users = (folder / "users.lock").open("r+")
    fcntl.flock(users, fcntl.LOCK_EX)
    stop = [pg_ctl, "stop", "-s", "-w", "-m", "fast", "-D", data]
    if os.geteuid() == 0:
        owner = Path(data).stat()  # who the server runs as, since it refuses root
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    subprocess.run(stop, check=False)  # noqa: S603 (the program that the server's starter names)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
