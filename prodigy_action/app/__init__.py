"""The composition root: adapters and environments → phases → reports. It alone knows everybody."""
