crane copy ghcr.io/acme/app:3 prod.example.com/app:1 # expect: copy-by-tag
