"""What a result means for the rest: error policy, circuit breaker, retries, merge order, verdict.

Each is a state machine over values that gets the time as an argument; reading the journal belongs to `journal`.
"""
