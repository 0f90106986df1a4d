//! Servers that the words of a tool do not name in full: by a name of its own (`mc alias set prod https://s3.example`, then
//! `mc cp prod/bucket/app .`), or in a variable (`KO_DOCKER_REPO`).

use super::command::Call;
use super::env::{Env, Variable};
use super::value::Value;
use super::words::Words;
use crate::tools::{Match, OptionValue};

/// Roles of the options that give a server its name.
const NAME: &str = "server-name";
const URL: &str = "server-url";

/// Puts the server in the place of its name in the words of a command, and remembers the name that a command gives. Says whether words
/// changed.
pub(super) fn name_servers(found: &Match, words: &mut Words, call: &Call, env: &mut Env) -> bool {
    let Some(prefix) = found.spec.and_then(|tool| tool.servers.as_deref()) else { return false };
    let argv = words.argv();
    let options = found.options(&argv);
    let option = |role: &str| match &options.iter().find(|o| o.role == role)?.value {
        OptionValue::Written(slice) => Some(words.value(slice)),
        OptionValue::True | OptionValue::Fixed(_) => None,
    };
    if let (Some(name), Some(url)) = (option(NAME), option(URL)) {
        if let Some(name) = name.known() {
            env.files.insert(remembered(prefix, name), url);
        }
        return false;
    }
    let mut changed = false;
    for arg in found.positionals.iter().map(|p| p.arg) {
        let (name, has_path) = match words.masked[arg].split_once('/') {
            Some((name, _)) => (name, true),
            None => (words.masked[arg].as_str(), false),
        };
        let variable = format!("{prefix}{name}");
        let server = variable_of(&variable, call, env).or_else(|| env.files.get(&remembered(prefix, name)));
        let Some(server) = server else { continue };
        let mut url = server.clone();
        if has_path {
            let from = name.len();
            url = url.then(&words.values[arg].map(|text| text.slice_masked(from..usize::MAX)));
        }
        words.replace(arg, url);
        changed = true;
    }
    changed
}

/// The registry and folder that a tool pushes to, where a variable says that.
pub(super) fn repository(found: &Match, call: &Call, env: &Env) -> Option<Value> {
    variable_of(found.spec?.repository.as_deref()?, call, env).cloned()
}

/// What a variable holds for a command, which may have it in front.
fn variable_of<'a>(name: &str, call: &'a Call, env: &'a Env) -> Option<&'a Value> {
    let here = call.environment.iter().rev().find(|(set, ..)| **set == *name).map(|(_, value, _)| value);
    here.or_else(|| match env.variables.get(name) {
        Some(Variable::Scalar(value)) => Some(value),
        _ => None,
    })
}

/// Where a tool writes down the names that it was told: they outlive the shell, as files do.
fn remembered(prefix: &str, name: &str) -> String {
    format!("~/{prefix}/{name}")
}
