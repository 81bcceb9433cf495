"""Where values of a script may become code later: how far they spread, and the places that run something."""
