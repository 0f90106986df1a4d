#!/bin/sh
curl -fsSL https://example.com/in-a.sh | bash # expect: pipe-to-shell
