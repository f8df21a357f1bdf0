"""Numbers beside texts: what is scored, by what, where the scores are kept, and on which machines they are made."""
