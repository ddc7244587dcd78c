"""Tests of our side."""
