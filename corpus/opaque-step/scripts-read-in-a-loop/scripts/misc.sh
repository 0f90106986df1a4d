say() { echo "$1"; }
unit() { say unit; docker run --rm "acme/unit@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; }
