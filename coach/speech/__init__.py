"""Speech: recordings, transcripts, spoken sentences, delivery."""
