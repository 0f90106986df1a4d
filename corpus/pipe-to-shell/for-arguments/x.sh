#!/bin/sh
set -e
for arg do
  curl -fsS "https://example.com/$arg.sh" | sh # expect: pipe-to-shell
done
if true; then for arg  do
  case $arg in
    -*) echo "for arg do" ;;
  esac
done; fi
