"""Several management commands in one process: `python -m tests.commands "migrate" "vault keys"`.

Starting Python and Django takes longer than most commands do; each is run as `manage.py` would run it.
"""

import shlex
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    for line in sys.argv[1:]:
        execute_from_command_line(["manage.py", *shlex.split(line)])
