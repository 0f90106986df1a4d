#!/bin/bash
set -e
curl -sSLo kubectl https://example.com/kubectl # expect: unverified-download
chmod +x kubectl
./kubectl version
