"""The gRPC lane. Importing it comes before gRPC's own start, hence the one thing that is done here."""

import os

# The core writes what strangers send (a GOAWAY's text, byte by byte) to the standard error stream, and with
# it to terminals and logs. What concerns us is logged by us. Whoever looks for a fault sets it to INFO.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
