"""Text and number forms that know nothing of workflows: durations, masking, quoting for messages, log lines, bounded
regular expressions.

What reads a placeholder belongs to `templates`, what reads a shell command to `shell`.
"""
