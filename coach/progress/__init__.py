"""What is kept: sessions as events, drafts, exports."""
