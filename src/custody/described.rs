//! Which entry of the data is about something that a pipeline uses.

use super::interpret::Walk;
use crate::pipeline::{Call, DefinitionKind, DefinitionTarget};
use crate::tools::ActionSpec;

impl<'w> Walk<'w> {
    /// What the data (the user's included) says about something that is used. It goes before what its own files say.
    pub(super) fn described(&self, call: &Call) -> Option<&'w ActionSpec> {
        let toolbox = self.world.toolbox;
        match &call.definition.target {
            DefinitionTarget::Remote { source, path, .. } => {
                let by_place = toolbox.action(source, path.as_deref());
                // A task that a resolver fetches, by its name.
                let name = || path.as_deref()?.rsplit('/').next()?.split('.').next();
                let is_task = call.definition.kind == DefinitionKind::Task;
                by_place.or_else(|| toolbox.action(&format!("task:{}", name().filter(|_| is_task)?), None))
            }
            DefinitionTarget::Local(path) => {
                // A step of a Jenkins library: `x` or `x.method`.
                let step = path.strip_prefix("vars/").and_then(|p| p.strip_suffix(".groovy")).map(|name| {
                    let method = call.definition.text.raw();
                    let dotted = if method == name { name.to_owned() } else { format!("{name}.{method}") };
                    format!("jenkins-step:{dotted}")
                });
                // A library's variable hides the step of Jenkins that is called like it.
                let is_own = |step: &String| !toolbox.is_given(step) && self.world.files.pipeline(path).is_some();
                match step {
                    Some(step) if is_own(&step) => None,
                    step => toolbox.action(&step.unwrap_or_else(|| format!("./{path}")), None),
                }
            }
            DefinitionTarget::Named { kind, name } => toolbox.action(&format!("{kind}:{name}"), None),
            DefinitionTarget::Image(_)
            | DefinitionTarget::Merged(_)
            | DefinitionTarget::Filled(_)
            | DefinitionTarget::Unknown => None,
        }
    }
}
