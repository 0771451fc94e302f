"""One file a suspicion: a pattern over many orders. A finding is a suspicion; upheld is a word for people."""
