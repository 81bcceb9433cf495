"""What a log event says to a reader who does not know the names of events and fields."""
