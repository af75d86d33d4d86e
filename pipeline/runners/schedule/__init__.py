"""Unattended runs: due times from a cron line, a ledger that accounts for each of them, one run at a time."""
