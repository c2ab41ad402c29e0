"""The monthly report: data from the queries that pages read, rendered once, kept as it was."""
