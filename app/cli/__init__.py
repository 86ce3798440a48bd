"""The command line: serve, run, tour, version. No Qt; heavy imports happen inside the command."""
