"""In production, uncaught exceptions and warnings are JSON lines of the log."""

from tests.processes import running

NOWHERE = {
    "SECRET_KEY": "x",
    "ALLOWED_HOSTS": "offboard.example",
    "DATABASE_URL": "postgres://offboard@127.0.0.1:1/offboard",
}


def test_the_exceptions_of_a_command_and_its_threads_and_its_warnings_are_lines() -> None:
    program = (
        "import threading, warnings\n"
        "warnings.warn('old', stacklevel=1)\n"
        "thread = threading.Thread(target=lambda: 1 / 0)\n"
        "thread.start(); thread.join()\n"
        "[][0]\n"
    )

    with running("manage.py", "shell", "-v", "0", "-c", program, environment=NOWHERE) as command:
        warning, of_the_thread, of_the_command = command.logged()
        assert command.process.wait() == 1

    assert (warning["logger"], warning["level"]) == ("py.warnings", "warning")
    for line, raised in ((of_the_thread, "ZeroDivisionError"), (of_the_command, "IndexError")):
        assert (line["event"], line["level"]) == ("uncaught_exception", "critical")
        assert raised in line["exception"]
