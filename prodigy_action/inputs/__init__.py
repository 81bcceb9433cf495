"""From text to the model; every problem has file, line and column."""
