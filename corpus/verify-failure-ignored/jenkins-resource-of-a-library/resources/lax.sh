#!/bin/bash
cosign verify --key cosign.pub ghcr.io/acme/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef # expect: verify-failure-ignored
docker run ghcr.io/acme/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
