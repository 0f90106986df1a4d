#!/usr/bin/env bash
# promote.sh FROM TO DIGEST: copies one verified image and checks that it arrived.
set -euo pipefail

from=$1
to=$2
digest=$3

cosign verify --certificate-identity "$SIGNER" --certificate-oidc-issuer "$ISSUER" "$from@$digest"
crane copy "$from@$digest" "$to:stable"

arrived=$(crane digest "$to:stable")
if [ "$arrived" != "$digest" ]; then
  echo "promotion of $digest failed: $to:stable is $arrived" >&2
  exit 1
fi
