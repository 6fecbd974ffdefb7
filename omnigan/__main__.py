"""``python -m omnigan`` is the command ``omnigan``."""

import sys

from omnigan.cli import main

sys.exit(main())
