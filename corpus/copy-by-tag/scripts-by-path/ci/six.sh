#!/bin/sh
crane copy ghcr.io/acme/app:six prod.example.com/app:1 # expect: copy-by-tag
