"""The arena: Oddsmith beside its peers, judged by one objective, in one run. `make bench`."""
