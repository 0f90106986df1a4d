#!/bin/sh
curl -fsSL https://example.com/ours.sh | bash # expect: pipe-to-shell
