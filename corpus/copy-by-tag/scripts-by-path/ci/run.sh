#!/bin/bash
HERE=$(cd "$(dirname "$0")" && pwd)
"$HERE/five.sh"
"$(dirname "${BASH_SOURCE[0]}")"/six.sh
${0%/*}/seven.sh
. "${BASH_SOURCE%/*}/eight.sh"
