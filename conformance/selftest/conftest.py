"""The selftests have every signal as a program in the foreground has it: what starts them may ignore
some, as a shell's background does, and programs under test would inherit that."""

import signal

for signo in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(signo, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
