cosign sign --yes ghcr.io/acme/two:1 # expect: sign-by-tag
