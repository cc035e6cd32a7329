"""Measurement: fixed transcripts played through the interview, and how well judges agree with their labels."""
