//! PowerShell's own commands: unlike programs they end the script when they fail, unless it says otherwise.

use super::command::Call;
use super::env::{Env, Variable};
use crate::shell::FETCHES;

/// Whether the command is a cmdlet (`Invoke-WebRequest`) or a method whose failure ends the script: the CI systems set
/// `$ErrorActionPreference = 'Stop'`, which the script or the command may change.
pub(super) fn raises(name: &str, call: &Call, skip: usize, env: &Env) -> bool {
    let given =
        |i: &usize| call.text(*i).is_some_and(|t| t.eq_ignore_ascii_case("-ErrorAction") || t.eq_ignore_ascii_case("-EA"));
    let own = (skip..call.fields.len()).find(given).and_then(|i| call.text(i + 1)).map(str::to_owned);
    let set = || match env.variable("ErrorActionPreference") {
        Some(Variable::Scalar(value)) => value.known().map(str::to_owned),
        _ => None,
    };
    (is_cmdlet(name) || FETCHES.contains(&name))
        && own.or_else(set).is_none_or(|action| action.trim_matches(['"', '\'']).eq_ignore_ascii_case("stop"))
}

/// Verb and noun.
fn is_cmdlet(name: &str) -> bool {
    let word = |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase()) && part.chars().all(|c| c.is_ascii_alphabetic());
    name.split_once('-').is_some_and(|(verb, noun)| word(verb) && word(noun))
}
