"""The only place that knows SQL dialects: engine, tables, bulk writes, audit, migrations."""
