#!/bin/bash
curl -fsSLo tool.tgz https://example.com/1.2.3/tool.tgz # expect: unverified-download
tar xzf tool.tgz
./tool/run
