# Questions about where the content behind a reference is fixed.
package swaplint.lib.content

import data.swaplint.lib.groups
import data.swaplint.lib.lookup
import data.swaplint.lib.reference

# The pipeline itself fixes it: the digest is written in the definition, or comes from what built or pushed the image in
# this very pipeline. Whoever can only write to the registry changes nothing.
fixed(reference) if {
	reference.mutability == "digest"
	regex.match(`^sha(256|512):[0-9a-f]+$`, reference.digest)
	not reference.digest_is_lookup
}

fixed(reference) if {
	reference.mutability == "digest"
	not reference.digest_is_lookup
	made_here(reference)
}

# A build or push of this pipeline has the same registry and repository.
made_here(reference) if [reference.registry, reference.repository] in made

made contains [e.reference.registry, e.reference.repository] if {
	some kind in ["push", "build"]
	some e in input.events[kind]
}

# Somebody else's image with a full version: its tag moves rarely, and not by our own credentials.
vendor_version(reference) if {
	reference.tag_kind == "full-version"
	not reference.pushed_here
}

# Nothing is promoted: it stays on this machine, or `docker manifest create X X` only wraps what is there.
stays_here(e) if e.destination.is_local

stays_here(e) if e.source.key == e.destination.key

# Nothing is carried anywhere: the copy gives another tag in the same repository.
within_repository(e) if {
	e.source.repository
	e.source.registry == e.destination.registry
	e.source.repository == e.destination.repository
}

# This very execution has pushed the source, by this name.
just_pushed(e) if lookup.put_as[[e.execution_index, e.source.key]][0] < e.id

# A copy that only gives another tag to content that the repository holds already.
adds_tag_only(e) if {
	e.source.mutability == "digest"
	within_repository(e)
}

# `crane tag IMAGE TAG`: the destination is only a tag.
adds_tag_only(e) if {
	e.source.mutability == "digest"
	e.tool in {"crane", "gcrane", "oras"}
	e.verb == "tag"
}

# An index is put together of what cannot be read: most likely of the images that were built for it. It is no copy, and has a
# digest of its own.
assembles(e) if {
	puts_together(e)
	reference.unreadable(e.source)
}

# The same of images that this pipeline has pushed: another name beside them in their repository, or several of their registry under
# one name.
assembles(e) if {
	puts_together(e)
	e.source.pushed_here
	within_repository(e)
}

assembles(e) if {
	puts_together(e)
	e.source.pushed_here
	e.source.registry == e.destination.registry
	count({key | some key in parts[e.span]}) > 1
}

puts_together(e) if e.verb in {"buildx imagetools create", "manifest create"}

parts := groups.by_key([[e.span, e.source.key] | some e in input.events.copy; puts_together(e)])
