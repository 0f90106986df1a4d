#!/bin/sh
crane copy ghcr.io/acme/app:seven prod.example.com/app:1 # expect: copy-by-tag
