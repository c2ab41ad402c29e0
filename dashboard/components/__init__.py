"""What pages are made of: pure functions from figures to components and charts."""
