"""What sessionsync costs: `make bench-sessionsync`, explained in docs/sessionsync/cost.md."""
