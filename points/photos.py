"""Photos as evidence: redrawn, small, without metadata, and compared with earlier ones."""
