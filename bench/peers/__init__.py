"""One file an engine; each runs the job of JOB.md as a process of its own (`python -m bench.peers.NAME`)."""
