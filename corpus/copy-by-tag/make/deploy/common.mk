BASE = ghcr.io/acme
TAGS += 1 2
