"""The fictitious compound of the demo: it is generated as files and comes in through the importers like anyone's data."""
