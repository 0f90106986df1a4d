# Moving severity by context: up in executions that hold write credentials, down in fixtures and examples.
package swaplint.lib.grade

up := {"info": "low", "low": "medium", "medium": "high", "high": "high"}

down := {"info": "info", "low": "info", "medium": "low", "high": "medium"}

# Whether the execution of a thing (event, image, definition, weakness) signs, deploys, publishes or holds credentials.
privileged(thing) if input.executions[thing.execution_index].privileged

as_it_is := {"info": "info", "low": "low", "medium": "medium", "high": "high"}

contextual := down if {
	input.pipeline.is_example
} else := as_it_is

# `severity`, lowered where the whole pipeline is a test fixture or an example.
in_context(severity) := contextual[severity]

# The same, raised first where the thing's execution is privileged.
of(thing, severity) := contextual[up[severity]] if {
	privileged(thing)
} else := contextual[severity]
