//! Names that a tool has for servers: `mc alias set prod https://s3.example`, then `mc cp prod/bucket/app .`.

use super::command::Call;
use super::effects::Words;
use super::interpret::{Env, Variable, Walk};
use super::value::Value;
use crate::tools::OptionValue;

/// Roles of the options that give a server its name.
const NAME: &str = "server-name";
const URL: &str = "server-url";

impl Walk<'_> {
    /// Puts the server in the place of its name in the words of a command, and remembers the name that a command gives.
    pub(super) fn name_servers(&self, words: &mut Words, call: &Call, env: &mut Env) {
        let argv = words.argv();
        let Some(found) = self.world.toolbox.recognise(&argv) else { return };
        let Some(prefix) = found.spec.and_then(|tool| tool.servers.as_deref()) else { return };
        let option = |role: &str| {
            found.options(&argv).into_iter().find(|o| o.role == role).and_then(|o| match o.value {
                OptionValue::Written(slice) => Some(words.value(&slice)),
                OptionValue::True | OptionValue::Fixed(_) => None,
            })
        };
        if let (Some(name), Some(url)) = (option(NAME), option(URL)) {
            if let Some(name) = name.known() {
                env.files.insert(remembered(prefix, name), url);
            }
            return;
        }
        let places: Vec<usize> = found.positionals.iter().map(|p| p.arg).collect();
        for arg in places {
            let (name, rest) = match words.masked[arg].find('/') {
                Some(end) => words.masked[arg].split_at(end),
                None => (words.masked[arg].as_str(), ""),
            };
            let variable = format!("{prefix}{name}");
            let here = call.environment.iter().rev().find(|(set, ..)| **set == *variable).map(|(_, value, _)| value.clone());
            let server = here.or_else(|| match env.variables.get(variable.as_str()) {
                Some(Variable::Scalar(server)) => Some(server.clone()),
                _ => env.files.get(&remembered(prefix, name)).cloned(),
            });
            if let Some(server) = server {
                let from = name.len();
                let path = words.values[arg].map(|text| text.slice_masked(from..usize::MAX));
                let path = if rest.is_empty() { Value::literal("") } else { path };
                words.replace(arg, server.then(&path));
            }
        }
    }
}

/// Where a tool writes down the names that it was told: they outlive the shell, as files do.
fn remembered(prefix: &str, name: &str) -> String {
    format!("~/{prefix}/{name}")
}
