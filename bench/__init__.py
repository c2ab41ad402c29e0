"""Ratios of the product to a measured floor, both in one run on one machine."""
