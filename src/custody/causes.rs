//! What takes a failure away, in words.

use super::cmdlets::is_cmdlet;
use crate::facts::{EffectCause, Shell};
use crate::source::{Sources, Span};

/// Whether a negated command stands in a condition: `if ! x; then ..`.
fn is_asked(negated: Span, sources: &Sources) -> bool {
    let before = sources.get(negated.file).text.get(..negated.range().start).map(str::trim_end);
    before.is_some_and(|text| ["if", "elif", "while", "until"].iter().any(|word| text.ends_with(word)))
}

/// Whether a text is a setting on one line: `onError: continue`.
fn is_setting(text: &str) -> bool {
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphabetic() || b"-_".contains(&b));
    text.split_once(": ").is_some_and(|(name, value)| is_name(name) && !value.ends_with('…'))
}

/// A clause that says what takes a failure away.
pub(super) fn why(cause: EffectCause, span: Span, sources: &Sources, shell: Shell) -> String {
    let text = sources.text(span);
    let first = text.lines().next().unwrap_or("").trim();
    let short: String = first.chars().take(48).collect();
    let shown = if short.len() < text.trim().len() { format!("{short} …") } else { short };
    match cause {
        EffectCause::Or => format!("`|| {shown}` discards its failure"),
        EffectCause::And => "it stands left of `&&`, where errexit does not apply".to_owned(),
        EffectCause::Condition => "it is a condition, and both outcomes go on".to_owned(),
        EffectCause::Called => format!("errexit is off within `{shown}`, which is called as a condition, or beside `&&` or `||`"),
        EffectCause::Negation if is_asked(span, sources) => "the branch that runs after its failure goes on".to_owned(),
        EffectCause::Negation => "`!` turns its failure into success".to_owned(),
        EffectCause::Pipe => "its exit status is lost in the pipe: `pipefail` is not set".to_owned(),
        EffectCause::Substitution => "its exit status is lost in the substitution".to_owned(),
        EffectCause::Background => "it runs in the background".to_owned(),
        EffectCause::NoErrexit => match shell {
            Shell::Posix => "the script goes on after a failure: `set -e` is not in force".to_owned(),
            Shell::PowerShell if first.split_whitespace().next().is_some_and(is_cmdlet) => {
                "the script goes on after a failure: its error action is not `Stop`".to_owned()
            }
            Shell::PowerShell => "the script goes on after a failure: PowerShell does not stop for that of a program".to_owned(),
            Shell::Cmd => "the script goes on after a failure: `cmd` does not stop for one".to_owned(),
        },
        EffectCause::Handler => "a handler swallows its failure".to_owned(),
        EffectCause::Reported => "a handler goes on after its failure, although it marks the run as failed".to_owned(),
        EffectCause::Finally => "what stands under `finally` runs after its failure too".to_owned(),
        EffectCause::StepTolerance if shown == "after_script" => "what fails in `after_script` fails no job".to_owned(),
        EffectCause::StepTolerance if is_setting(&shown) => format!("`{shown}` lets the step fail"),
        EffectCause::ExecutionTolerance if is_setting(&shown) => format!("`{shown}` lets the job fail"),
        EffectCause::StepTolerance => "the step's failure is tolerated".to_owned(),
        EffectCause::ExecutionTolerance => "the job's failure is tolerated".to_owned(),
        EffectCause::ToolTolerance => format!("`{shown}` makes it succeed in any case"),
        EffectCause::StatusDropped => "its exit status is dropped".to_owned(),
        EffectCause::MakeIgnores => "`make` is told to ignore its failure".to_owned(),
    }
}
