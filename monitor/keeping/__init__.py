"""Backups: everything an installation is, in one file that either kind of database takes back."""
