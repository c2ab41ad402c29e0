"""The read side: every query takes the session and who asks, and gives a stranger nothing."""
