"""Operations on texts and numbers that do not depend on workflows: durations, masking, quoting for messages, log lines,
regular expressions with a time limit.

Reading placeholders belongs to `templates`, reading shell commands to `shell`.
"""
