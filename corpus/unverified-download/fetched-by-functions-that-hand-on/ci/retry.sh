#!/bin/bash
set -eu -o pipefail
retry() { local n="$1"; shift; for _ in $(seq "$n"); do "$@" && return 0; done; return 1; }
main() { local -r n="$1"; shift; retry "$n" "$@"; }
main "$@"
