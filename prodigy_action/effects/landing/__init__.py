"""Landing what items have committed: the queue in item order, and the records of items that do not land."""
