cosign sign --yes ghcr.io/acme/three:1 # expect: sign-by-tag
