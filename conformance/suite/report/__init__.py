"""What a run found.  `results` turns it into data, the JSON report; every other form is made of that.

terminal, junit, tap, page: the data for a person, for two kinds of tools, and for a browser.
saved: the data as a file, written and read back.  compare: two of them."""
