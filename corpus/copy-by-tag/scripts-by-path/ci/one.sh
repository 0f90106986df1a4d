crane copy ghcr.io/acme/app:1 prod.example.com/app:1 # expect: copy-by-tag
