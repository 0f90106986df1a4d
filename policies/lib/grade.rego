# Moving severity by context: up in executions that hold write credentials, down in fixtures and examples.
package swaplint.lib.grade

up := {"info": "low", "low": "medium", "medium": "high", "high": "high"}

down := {"info": "info", "low": "info", "medium": "low", "high": "medium"}

# Whether the execution of a thing (event, image, definition, weakness) signs, deploys, publishes or holds credentials.
privileged(thing) if input.executions[thing.execution_index].privileged

# `severity`, lowered where the whole pipeline is a test fixture or an example.
in_context(severity) := down[severity] if input.pipeline.is_example

in_context(severity) := severity if not input.pipeline.is_example

# The same, raised first where the thing's execution is privileged.
of(thing, severity) := in_context(up[severity]) if privileged(thing)

of(thing, severity) := in_context(severity) if not privileged(thing)
