more: $(A)/more
$(CURDIR)/bin/more:
	curl -s https://example.com/more.sh | sh # expect: pipe-to-shell
