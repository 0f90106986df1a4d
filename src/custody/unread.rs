//! What a command runs and nobody here reads: told to auditors, and no more than that.

use super::command::Call;
use super::env::{Env, PROCESS};
use super::expand::Field;
use super::interpret::Walk;
use super::model::RawOpaque;
use super::text::{Atom, Text};
use super::value::Value;
use super::words::Words;
use crate::pipeline::{Call as Use, DefinitionKind, DefinitionTarget};
use crate::snippet::Language;
use crate::source::Span;
use crate::tools::{Subject, SubjectForm, UNKNOWN};

pub(super) const NO_SCRIPT: &str = "it is no script of this repository";

/// Why a file of another shell than bash and its kin is not followed, wherever it lies.
pub(super) const OTHER_SHELL: &str = "a script of PowerShell or cmd is read only where it is a step";

/// How such files end.
const OTHER_SCRIPTS: &[&str] = &[".ps1", ".psm1", ".cmd", ".bat"];
/// The bound of a pipeline, behind which nothing is followed or judged.
pub(super) const TOO_MANY: &str = "the pipeline has more commands than are followed";
/// Classes of shared libraries.
pub(super) const NO_CLASS: &str = "its class is not in this repository";
/// Makefiles and targets that are not there.
pub(super) const NO_TARGET: &str = "the make target is not known";
pub(super) const NO_MAKEFILE: &str = "there is no makefile for it in this repository";
/// Some of several scripts.
pub(super) const NOT_ALL: &str = "some of the scripts that it reads are none of this repository";
const AT_RUN_TIME: &str = "what it runs is put together at run time";

/// Interpreters of languages that are not read, beside those of [`Language`].
const INTERPRETERS: &[(&str, &str)] = &[
    ("ruby", "Ruby"),
    ("perl", "Perl"),
    ("php", "PHP"),
    ("deno", "TypeScript"),
    ("bun", "TypeScript"),
    ("ts-node", "TypeScript"),
    ("tsx", "TypeScript"),
    ("Rscript", "R"),
    ("lua", "Lua"),
    ("groovy", "Groovy"),
];
/// Ends of names of programs in text.
const SCRIPTS: &[&str] = &[".sh", ".bash", ".zsh", ".py", ".rb", ".pl", ".js", ".mjs", ".ts", ".ps1", ".bat", ".cmd", ".groovy"];

/// How a name of a file begins that stands for what a command prints (`<(cat x)`).
/// Folders of the system, whose scripts set variables that describe it.
const SYSTEM: &[&str] = &["/etc/", "/usr/", "/lib/", "/opt/rh/"];

impl Walk<'_> {
    /// Notes a place that was not followed. It says nothing of what the step left behind.
    pub(super) fn noted(&mut self, span: Span, why: &str) {
        if self.records.opaque.last().is_none_or(|last| (last.span, last.why.as_str()) != (span, why)) {
            let before = self.point();
            self.records.opaque.push(RawOpaque { span, why: why.to_owned(), place: self.place.clone(), before });
        }
    }

    /// Notes that a command of which no data says anything runs something that is not read.
    pub(super) fn unread(&mut self, call: &Call, skip: usize, env: &Env) {
        if let Some(why) = self.why_unread(call, skip, env) {
            self.noted(call.span, &why);
        }
    }

    fn why_unread(&self, call: &Call, skip: usize, env: &Env) -> Option<String> {
        let first = call.fields.get(skip)?;
        let Some(name) = name_in_any_folder(&first.value) else {
            // Quoted it is a single program, like any other that nobody knows.
            let whole = first.value.all(|t| t.literal_len() == 0);
            return (whole && first.elastic && !self.is_fetched(&first.value)).then(|| AT_RUN_TIME.to_owned());
        };
        let name = name.replace('\\', "/");
        let base = name.rsplit('/').next().unwrap_or(&name);
        let arguments = &call.fields[skip + 1..];
        let operand = arguments.iter().find(|f| f.value.known().is_none_or(|text| !text.starts_with(['-', '+'])));
        let given = |flag: char| {
            let has = |text: &str| text.starts_with('-') && !text.starts_with("--") && text.contains(flag);
            arguments.iter().any(|f| f.value.known().is_some_and(has))
        };
        let fetched = arguments.iter().any(|f| self.is_fetched(&f.value));
        match base {
            _ if fetched => None,
            "eval" => operand.map(|_| AT_RUN_TIME.to_owned()),
            "source" | "." => {
                let operand = operand.filter(|f| !f.value.known().is_some_and(is_of_system))?;
                Some(if names_file(operand) { NO_SCRIPT } else { AT_RUN_TIME }.to_owned())
            }
            "bash" | "sh" | "dash" | "zsh" | "ash" | "ksh" if given('c') => operand.map(|_| AT_RUN_TIME.to_owned()),
            "bash" | "sh" | "dash" | "zsh" | "ash" | "ksh" => match operand.filter(|_| !given('s')) {
                Some(f) if f.value.known().is_some_and(|path| path.starts_with(PROCESS)) => {
                    let printed = f.value.known().and_then(|path| env.files.get(path));
                    printed.filter(|text| self.fetched(text).is_none()).map(|_| AT_RUN_TIME.to_owned())
                }
                Some(f) if f.value.known().is_none_or(|path| path != "/dev/stdin") => Some(NO_SCRIPT.to_owned()),
                _ => {
                    let input = env.stdin.as_ref().filter(|input| self.fetched(input).is_none());
                    input.map(|_| AT_RUN_TIME.to_owned())
                }
            },
            "pwsh" | "powershell" | "pwsh.exe" | "powershell.exe" => operand.map(|_| OTHER_SHELL.to_owned()),
            _ if OTHER_SCRIPTS.iter().any(|end| base.ends_with(end)) => Some(OTHER_SHELL.to_owned()),
            _ => match language(base) {
                // A module is an installed program.
                Some(_) if given('c') || given('e') || given('m') => None,
                Some(language) => operand.map(|_| format!("a program in {language} is not read")),
                None => is_script(&name).then(|| NO_SCRIPT.to_owned()),
            },
        }
    }

    /// Whether a command hands a manifest on that nobody here wrote.
    pub(super) fn is_unread_manifest(&self, subject: &Subject<'_>, words: &Words, env: &Env) -> bool {
        match &subject.form {
            SubjectForm::Manifest(slice) => env.held_by_any(&words.value(slice), &self.symbols).is_none(),
            SubjectForm::FixedManifest(path) => env.held(&Text::literal(path), &self.symbols).is_none(),
            SubjectForm::ManifestStdin => env.stdin.as_ref().is_none_or(|text| text.places.is_none()),
            _ => false,
        }
    }

    /// Notes a definition that is somewhere else. What the forge itself provides is no gap.
    pub(super) fn elsewhere_defined(&mut self, call: &Use, why: &str) {
        let own = |source: &str| source.starts_with("actions/") || source.starts_with("github/");
        let by_forge = matches!(&call.definition.target, DefinitionTarget::Remote { source, .. } if own(source));
        if !(by_forge && call.definition.kind == DefinitionKind::Action) {
            self.noted(call.definition.text.span(), why);
        }
    }
}

/// The name of a program, of whose folder not all may be known: `$TOOLS/run.sh`.
fn name_in_any_folder(value: &Value) -> Option<String> {
    if let Some(name) = value.known() {
        return Some(name.to_owned());
    }
    let names: Vec<String> = value.alternatives().iter().map(Text::masked).collect();
    let base = |name: &str| name.rsplit_once('/').map(|(_, base)| base.to_owned()).filter(|base| !base.contains(UNKNOWN));
    let first = base(names.first()?)?;
    names.iter().all(|name| name.starts_with(UNKNOWN) && base(name).as_ref() == Some(&first)).then(|| names[0].clone())
}

/// Whether a word is the name of one file that is written out, or begins with a folder that is not known.
fn names_file(field: &Field) -> bool {
    let end = |text: &Text| matches!(text.atoms().last(), Some(Atom::Literal(end)) if !end.contains(['*', '?']));
    field.value.single().is_some_and(|text| end(text) && text.atoms().len() < 3)
}

/// Whether a file is one that comes with the system: `/etc/os-release`.
fn is_of_system(path: &str) -> bool {
    SYSTEM.iter().any(|folder| path.starts_with(folder))
}

/// The language that an interpreter runs.
fn language(interpreter: &str) -> Option<&'static str> {
    match Language::of(interpreter) {
        Some(Language::Python) => Some("Python"),
        Some(Language::JavaScript) => Some("JavaScript"),
        None => INTERPRETERS.iter().find(|(name, _)| *name == interpreter).map(|(_, language)| *language),
    }
}

/// Whether a name is that of a file of the repository rather than of an installed program, which may lie in any folder.
fn is_script(name: &str) -> bool {
    let inside = name.trim_start_matches("./").trim_start_matches("../");
    SCRIPTS.iter().any(|end| name.ends_with(end))
        || (name.contains('/') && !name.starts_with(['/', '~', UNKNOWN]) && !inside.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_repository_are_told_from_programs() {
        for name in ["./deploy", "scripts/deploy", "../x", "ci/x.py", "/opt/x.sh", "x.ps1", ".ci/x.sh"] {
            assert!(is_script(name), "{name}");
        }
        for name in ["deploy", "/usr/local/bin/deploy", ".venv/bin/deploy", "~/bin/deploy"] {
            assert!(!is_script(name), "{name}");
        }
    }
}
