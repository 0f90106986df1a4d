crane copy ghcr.io/acme/app:4 prod.example.com/app:1 # expect: copy-by-tag
