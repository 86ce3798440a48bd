"""The composition root: builds every object once and hands each what it needs by constructor.

The boot, in order:

0. Everything without Qt is imported, then Qt (plain).
1. Paths, crash report, log: from here on nothing unexpected is lost (core).
2. QApplication, Qt's messages, Ctrl-C (desktop).
3. Settings and theme (core, desktop).
4. The bus, the pool of calls, and the lanes, which have no clients yet: nobody knows an address (core).
5. View-models, each with its ports: plain callables made here (models).
6. The window, then its style sheet. It is complete without a server: its pills say *starting* (desktop).
7. After the first paint the three servers start in turn, each in its thread. When one is up, its thread makes
   the lane's client (that imports a library, which the window must not wait for) and the bus tells the rest.
   The panels around the lanes come when all are up, a second after the paint at the latest, or at a click.
8. Garbage collection moves to a timer and the stall watch begins. When all three servers are up, everything
   that lives long is there, and it is frozen for the collector.

The end is told in lifecycle.py. Only this package and the command line know the backends.
"""

from app.bootstrap.plain import quiet_imports

quiet_imports()
