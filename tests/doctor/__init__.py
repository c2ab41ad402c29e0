"""The doctor finds each fault that is planted."""
