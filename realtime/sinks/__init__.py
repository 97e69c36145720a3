"""Videos out: pictures and sound."""
