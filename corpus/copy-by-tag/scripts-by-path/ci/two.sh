crane copy ghcr.io/acme/app:2 prod.example.com/app:1 # expect: copy-by-tag
