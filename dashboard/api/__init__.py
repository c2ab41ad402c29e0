"""The interface for programs: /api/v1, read only, from the same queries as the pages."""
