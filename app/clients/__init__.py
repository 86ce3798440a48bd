"""One port, three adapters. Foreign exceptions become ours here and nowhere else. No Qt."""
