"""What holds for every test."""

import signal

# Whoever starts the tests in the background of a script has Ctrl-C ignored, and every process of theirs would inherit
# that: what is told to end by an interrupt would not.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
