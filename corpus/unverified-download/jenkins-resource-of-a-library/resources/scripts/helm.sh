set -e
curl -sSLo helm https://example.com/helm # expect: unverified-download
chmod +x helm
./helm version
