"""The write side: every service takes the session and who acts, checks, writes down and bumps the data version."""
