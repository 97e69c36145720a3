"""What a person starts: the `stf` command. No algorithm lives here."""
