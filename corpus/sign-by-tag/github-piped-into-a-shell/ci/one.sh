cosign sign --yes ghcr.io/acme/one:1 # expect: sign-by-tag
