"""One file a duty: something that must happen in time."""
