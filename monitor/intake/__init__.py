"""Documents in: fetched, kept, parsed in a sandbox, checked, stored."""
