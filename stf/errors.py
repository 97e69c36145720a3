"""The one exception that a person using the program is meant to read."""


class UserError(Exception):
    """Something the user can put right: one sentence saying what was wrong with what, and what to do.

    The command line prints the message and exits with code 2; any other exception reaching it is a bug.
    """
