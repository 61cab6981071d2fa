"""The same command lines on two implementations, and what differs."""
