"""What a removal leaves to be done elsewhere: the steps of an organization, and their tasks.

``steps`` makes and changes steps, ``opening.sql`` makes tasks of them in the statement of each
removal, ``closing`` closes and reopens tasks, ``cancellation`` cancels them with a restoration, and
``overdue`` reports the late ones.
"""

from pathlib import Path

OPENING = Path(__file__).with_name("opening.sql").read_text(encoding="utf-8")
