"""The verbs of the domain, each an effect: they act and decide nothing."""
