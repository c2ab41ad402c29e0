"""When things run: the ledger of due periods, claims, jobs and the scheduler that ticks."""
