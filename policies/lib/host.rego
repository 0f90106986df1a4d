# Hosts that the config names in an option of a rule.
package swaplint.lib.host

# Whether a host, with its port or without, is one of these or below one of them.
among(host, names) if {
	some name in names
	bare(host) == lower(name)
}

among(host, names) if {
	some name in names
	endswith(bare(host), concat("", [".", lower(name)]))
}

bare(host) := regex.replace(lower(host), `:[0-9]+$`, "")
