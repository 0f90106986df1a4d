//! PowerShell's own commands: unlike programs they end the script when they fail, unless it says otherwise.

use super::command::Call;
use super::env::{Env, Variable};
use super::graph::{NodeId, Small};
use super::interpret::{Ctx, Out, Walk};
use super::statuses::OF_PROGRAM;
use super::value::Value;
use crate::shell::FETCHES;

impl Walk<'_> {
    /// What a program leaves in `$LASTEXITCODE`, and whether its failure ends the script.
    pub(super) fn of_program(&mut self, call: &Call, out: Out, env: &Env, ctx: &Ctx) -> Out {
        if call.text(0).is_some_and(|name| is_own(name) || env.functions.contains_key(name)) {
            return out;
        }
        let var = self.graph.var(OF_PROGRAM);
        let mut left = |at: Option<NodeId>, status: Small| at.map(|at| self.graph.assign(at, var, status.clone()));
        let ok = left(out.ok, Small::Constant("0".into()));
        let (fail, quiet) = (left(out.fail, Small::NonEmpty), left(out.quiet, Small::NonEmpty));
        if !(Self::counts_programs(env) && stops(env)) {
            return Out { ok, fail, quiet };
        }
        [fail, quiet].into_iter().flatten().for_each(|fail| self.graph.ok(fail, ctx.exit_fail));
        Out { ok, fail: None, quiet: None }
    }

    /// Whether the failure of a program is an error (about_Preference_Variables).
    fn counts_programs(env: &Env) -> bool {
        let given = preference("PSNativeCommandUseErrorActionPreference", env).and_then(Value::known);
        matches!(given, Some("1" | "true"))
    }

    /// `Write-Error` is an error that its caller makes.
    pub(super) fn write_error(&mut self, call: &Call, skip: usize, entry: NodeId, env: &Env, ctx: &Ctx) -> Out {
        if raises("Write-Error", call, skip, env) {
            self.graph.ok(entry, ctx.exit_fail);
            return Out::default();
        }
        Out::ok(self.failed(entry))
    }
}

/// Whether the command is a cmdlet (`Invoke-WebRequest`) or a method whose failure ends the script: the CI systems set
/// `$ErrorActionPreference = 'Stop'`, which the script or the command may change.
pub(super) fn raises(name: &str, call: &Call, skip: usize, env: &Env) -> bool {
    let given =
        |i: &usize| call.text(*i).is_some_and(|t| t.eq_ignore_ascii_case("-ErrorAction") || t.eq_ignore_ascii_case("-EA"));
    let own = (skip..call.fields.len()).find(given).and_then(|i| call.text(i + 1));
    (is_cmdlet(name) || FETCHES.contains(&name)) && own.map_or_else(|| stops(env), is_stop)
}

/// Whether errors end the script.
fn stops(env: &Env) -> bool {
    preference("ErrorActionPreference", env).is_none_or(|value| value.known().is_none_or(is_stop))
}

fn is_stop(action: &str) -> bool {
    action.trim_matches(['"', '\'']).eq_ignore_ascii_case("stop")
}

/// What the script has set a preference to, in whatever scope.
fn preference<'e>(name: &str, env: &'e Env) -> Option<&'e Value> {
    let is_it = |set: &str| set.rsplit(':').next().is_some_and(|set| set.eq_ignore_ascii_case(name));
    match env.variables.iter().find(|(set, _)| is_it(set))?.1 {
        Variable::Scalar(value) => Some(value),
        Variable::List(_) => None,
    }
}

/// Verb and noun.
pub(super) fn is_cmdlet(name: &str) -> bool {
    let word = |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase()) && part.chars().all(|c| c.is_ascii_alphabetic());
    name.split_once('-').is_some_and(|(verb, noun)| word(verb) && word(noun))
}

/// Whether PowerShell does it itself.
fn is_own(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut letters = lower.split('-');
    let is_verb = |verb: &str| VERBS.contains(&verb);
    is_cmdlet(name)
        || FETCHES.contains(&name)
        || OWN.contains(&&*lower)
        || lower.contains('-') && letters.next().is_some_and(is_verb)
}

/// Verbs of the commonest cmdlets, in lower case.
const VERBS: &[&str] = &["write", "out", "get", "set", "new", "remove", "invoke", "start", "select", "import", "expand"];

/// Statements, and aliases that hide no program of that name on Windows.
const OWN: &[&str] = &[
    "exit", "return", "throw", "break", "continue", "echo", "write", "cd", "pwd", "pushd", "popd", "ls", "dir", "cat", "type",
    "cp", "copy", "mv", "move", "rm", "del", "mkdir", "md", "rmdir", "sleep", "iwr", "irm", "iex", "saps", "select", "where",
    "foreach", "sort", "measure", "tee",
];
