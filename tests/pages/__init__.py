"""The pages as browsers get them: `make test-pages`. They need Node's tools, see node.py."""
