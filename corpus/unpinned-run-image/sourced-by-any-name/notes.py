#!/usr/bin/env python3
PY_IMAGE="quay.io/acme/e:v1"
