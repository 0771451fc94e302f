"""No process that a test starts outlives it, however the test ends."""

import shutil

MORTAL = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
"""Before a command: the kernel kills it when the thread that started it ends (util-linux, so Linux alone)."""
