#!/bin/sh
curl -fsSL https://example.com/other.sh | bash
