"""What a run does once: planning, phases of steps, environments, resume, records, publishing.

What is done for each item belongs to `effects.items`.
"""
