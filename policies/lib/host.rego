# Hosts: those that the config names in an option of a rule, and this machine's.
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

# Loopback, and the bridge by which a container reaches its machine.
is_loopback(host) if regex.match(`^(localhost(\.localdomain)?|127\.[0-9.]+|0\.0\.0\.0|172\.17\.0\.1|\[?::1\]?)(:[0-9]+)?$`, host)

# These, and the registries of throw-away clusters on it.
is_this_machine(host) if is_loopback(host)

is_this_machine(host) if regex.match(
	`^(169\.254\.|kind-|k3d-|host\.(docker|minikube)\.internal|registry(:|$)|[^.]+\.local(host|:|$)|ttl\.sh)`,
	host,
)

bare(host) := regex.replace(lower(host), `:[0-9]+$`, "")
