#!/bin/bash
set -e
curl -fsSLo other.tgz https://example.com/1.2.3/other.tgz
echo "928238bfcdc79a26ceb51d7d9759f99144846c0a928238bfcdc79a26ceb51d7d  other.tgz" | sha256sum -c -
tar xzf other.tgz
./other/run
