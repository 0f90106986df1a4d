#!/bin/sh
set -e
SRC=ghcr.io/acme/app:main
crane copy "$SRC" prod.example.com/app:main # expect: copy-by-tag
