print("cosign sign --yes ghcr.io/acme/app:1")
