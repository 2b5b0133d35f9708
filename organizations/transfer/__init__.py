"""Passes on what users own: to a department or to a person, who is called the heir."""
