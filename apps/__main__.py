"""`python -m apps` is `stf`."""

from apps.cli import main

main()
