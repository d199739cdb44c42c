"""How fast Points is, against a bare Flask route on the same server: `make bench`, read in docs/performance.md."""
