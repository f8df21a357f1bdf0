"""New data from models: translations, dialogues about a passage, answers, evolved instructions; no row lost or shuffled."""
