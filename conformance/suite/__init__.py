"""The conformance suite for lei and lei-daemon; conformance/README.md is its manual."""
