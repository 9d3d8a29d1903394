"""Imported by every Python program that has this folder on its path: stops it at a moment that a test has chosen.

``FAULT`` names the moment as ``<audit event> <pattern of the file>``: the program writes its process id and what it is
about to do into the FIFO ``FAULT_FIFO`` and waits to be killed, or for the FIFO to be taken away. Code of the project
knows nothing of this.
"""

import fnmatch
import os
import sys
import time

EVENT, _, PATTERN = os.environ.get("FAULT", "").partition(" ")
#: Of the arguments of an event, the one that names the file.
FILE = {"open": 0, "os.rename": 1}


def stop(event, arguments):
    if event != EVENT:
        return
    name = arguments[FILE[event]]
    if not isinstance(name, str | os.PathLike) or not fnmatch.fnmatch(os.path.abspath(name), PATTERN):
        return
    if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
        return
    try:
        fifo = os.open(os.environ["FAULT_FIFO"], os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # nobody waits: another program of the run was here first
        return
    os.write(fifo, f"{os.getpid()} {event} {name}\n".encode())
    until = time.monotonic() + 600
    while os.path.exists(os.environ["FAULT_FIFO"]) and time.monotonic() < until:
        time.sleep(0.1)


if PATTERN:
    sys.addaudithook(stop)
