"""The world around the rules: Kafka, Faust, files, HTTP, the wall clock, the command line."""
