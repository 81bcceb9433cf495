"""What a result means for other items and for the run: error policy, circuit breaker, retries, merge order, verdict.

Each is a state machine over values that takes the time as an argument; reading the journal belongs to `journal`.
"""
