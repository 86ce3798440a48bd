"""Threads and the way back to the GUI. The only room that knows them; QtCore only, no widgets."""
