//! Which shell runs a `run:` step, and with which options.
//!
//! Sources: `jobs.<job_id>.steps[*].shell` in GitHub's workflow syntax reference; `ScriptHandlerHelpers.cs` of actions/runner
//! (`bash --noprofile --norc -e -o pipefail {0}`, `sh -e {0}`); a step without `shell` runs `bash -e {0}`, in a container job
//! `sh -e {0}`, on Windows `pwsh`.

use super::system::System;
use crate::pipeline::{Dialect, ShellOptions, Text};

/// What the job's surroundings say about steps without a `shell`.
#[derive(Debug, Clone, Default)]
pub(super) struct ShellDefaults {
    /// `defaults.run.shell` of the job, or else of the workflow.
    pub(super) named: Option<Text>,
    /// `defaults.run.working-directory` likewise.
    pub(super) directory: Option<Text>,
    /// The system on which the job runs.
    pub(super) system: System,
    /// Whether the job runs in a container.
    pub(super) container: bool,
}

/// The shell of a step with the given `shell`. Where nothing says which it is, a script in PowerShell tells.
pub(super) fn resolve(shell: Option<&Text>, defaults: &ShellDefaults, script: &str) -> (Dialect, ShellOptions) {
    match shell.or(defaults.named.as_ref()) {
        Some(text) => match text.literal() {
            Some(command) => named(command),
            // Some POSIX shell, usually; that a pipe's failure counts is not known, so it does not.
            None => (Dialect::Bash, options(true, false)),
        },
        None if defaults.container => (Dialect::Posix, options(true, false)),
        None => match defaults.system {
            System::Windows => (Dialect::PowerShell, options(false, false)),
            System::Unsaid if is_powershell(script) => (Dialect::PowerShell, options(false, false)),
            System::Posix | System::Unsaid => (Dialect::Bash, options(true, false)),
        },
    }
}

/// Whether the first line of a script that is no comment begins as no line of another shell does: an assignment to `$name` or to a
/// member of a class (`[Net.ServicePointManager]::X = ..`), or a cmdlet. What stands further down may be the text of a here-document.
fn is_powershell(script: &str) -> bool {
    let Some(line) = script.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#')) else {
        return false;
    };
    let name =
        line.strip_prefix('$').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_:".contains(c)));
    let assigns =
        name.is_some_and(|rest| [" = ", "= ", " += ", "="].iter().any(|sign| rest.starts_with(sign) && !rest.starts_with("==")));
    let is_cmdlet = line.split_ascii_whitespace().next().and_then(|word| word.split_once('-')).is_some_and(|(verb, noun)| {
        let is_word =
            |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase()) && part.chars().all(|c| c.is_ascii_alphanumeric());
        is_word(verb) && is_word(noun)
    });
    let names_class = line.starts_with('[') && line.split_ascii_whitespace().next().is_some_and(|word| word.contains("]::"));
    // What stands in the brackets may as well be the command of a subshell.
    let is_bash = line.trim_end().ends_with("then") || line.starts_with("if (${{") && !line.trim_end().ends_with('{');
    let opens = ["param(", "if ($", "if (-not ", "foreach (", "try {"].iter().any(|opening| line.starts_with(opening));
    assigns || is_cmdlet || names_class || opens && !is_bash
}

fn options(errexit: bool, pipefail: bool) -> ShellOptions {
    ShellOptions { errexit, pipefail, failure_counts: true }
}

/// `bash`, or a command line with `{0}`.
fn named(command: &str) -> (Dialect, ShellOptions) {
    match command.trim() {
        "bash" => (Dialect::Bash, options(true, true)),
        "sh" => (Dialect::Posix, options(true, false)),
        // msys2/setup-msys2 puts a wrapper into the path that starts `bash -leo pipefail`.
        line if line.split_whitespace().next() == Some("msys2") => (Dialect::Bash, options(true, true)),
        line => custom(line),
    }
}

/// A command line as written. The shell may stand behind others (`nix develop -c bash -e {0}`), so the last one counts.
fn custom(line: &str) -> (Dialect, ShellOptions) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let shell = words.iter().enumerate().rev().find_map(|(i, word)| dialect(base_name(word)).map(|d| (i, d)));
    match shell {
        Some((i, dialect @ (Dialect::Bash | Dialect::Posix))) => (dialect, flags(&words[i + 1..])),
        Some((_, dialect)) => (dialect, options(false, false)),
        None => (Dialect::Other(words.first().map_or("", |w| base_name(w)).to_owned()), options(false, false)),
    }
}

fn base_name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

fn dialect(name: &str) -> Option<Dialect> {
    Some(match name {
        "bash" | "wsl-bash" | "zsh" | "ksh" | "mksh" => Dialect::Bash,
        "sh" | "dash" | "ash" => Dialect::Posix,
        "pwsh" | "powershell" => Dialect::PowerShell,
        "cmd" => Dialect::Cmd,
        "python" | "python3" | "node" | "perl" | "ruby" | "deno" | "bun" | "nu" | "fish" | "Rscript" => {
            Dialect::Other(name.to_owned())
        }
        _ => return None,
    })
}

/// `-e`, `-eo pipefail`, `-o errexit`, `+e` in the order in which they stand, up to the script.
fn flags(words: &[&str]) -> ShellOptions {
    let mut result = options(false, false);
    let mut words = words.iter().take_while(|w| **w != "{0}");
    while let Some(word) = words.next() {
        let Some((on, letters)) = word.strip_prefix('-').map(|l| (true, l)).or(word.strip_prefix('+').map(|l| (false, l))) else {
            continue;
        };
        if letters.starts_with('-') {
            continue;
        }
        if letters.contains('e') {
            result.errexit = on;
        }
        if letters.contains('o') {
            match words.next() {
                Some(&"pipefail") => result.pipefail = on,
                Some(&"errexit") => result.errexit = on,
                _ => {}
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Embedded, FileId};

    fn shell(command: &str) -> (Dialect, bool, bool) {
        let text = Text::plain(Embedded::verbatim(FileId(0), command, 0));
        let (dialect, options) =
            resolve(Some(&text), &ShellDefaults { system: System::Windows, container: true, ..ShellDefaults::default() }, "");
        assert!(options.failure_counts);
        (dialect, options.errexit, options.pipefail)
    }

    #[test]
    fn shells_by_name_and_as_written() {
        use Dialect::{Bash, Other, Posix, PowerShell};
        for (command, wanted) in [
            ("bash", (Bash, true, true)),
            ("sh", (Posix, true, false)),
            ("bash {0}", (Bash, false, false)),
            ("bash -l {0}", (Bash, false, false)),
            ("bash -el {0}", (Bash, true, false)),
            ("bash -euxo pipefail {0}", (Bash, true, true)),
            ("/usr/bin/env bash --noprofile --norc -eo pipefail {0}", (Bash, true, true)),
            ("bash -o errexit -o nounset {0}", (Bash, true, false)),
            ("nix develop -c bash -e {0}", (Bash, true, false)),
            ("zsh -e {0}", (Bash, true, false)),
            ("msys2 {0}", (Bash, true, true)),
            ("pwsh", (PowerShell, false, false)),
            ("powershell", (PowerShell, false, false)),
            ("cmd", (Dialect::Cmd, false, false)),
            ("python", (Other("python".into()), false, false)),
            ("alpine.sh {0}", (Other("alpine.sh".into()), false, false)),
        ] {
            assert_eq!(shell(command), wanted, "{command}");
        }
    }

    #[test]
    fn without_a_shell_the_place_decides() {
        let of = |system, container, script: &str| {
            let (dialect, options) = resolve(None, &ShellDefaults { system, container, ..ShellDefaults::default() }, script);
            (dialect, options.errexit, options.pipefail)
        };
        let (bash, powershell) = ((Dialect::Bash, true, false), (Dialect::PowerShell, false, false));
        assert_eq!(of(System::Posix, false, "$x = 1"), bash);
        assert_eq!(of(System::Posix, true, "$x = 1"), (Dialect::Posix, true, false));
        assert_eq!(of(System::Windows, false, "make"), powershell);
        for (script, wanted) in [
            ("make\n", &bash),
            ("# gets it\n\n$file = Get-Item x\n", &powershell),
            ("$env:NAME='x'\n", &powershell),
            ("Invoke-WebRequest $url -OutFile x\n", &powershell),
            ("Import-Module 'x.dll'\n", &powershell),
            ("Xvfb-run make\n", &bash),
            ("[Net.ServicePointManager]::SecurityProtocol = 'Tls12'\n", &powershell),
            ("[[ $A == x ]]\n", &bash),
            ("if (${{ inputs.x }}); then\n  make\nfi\n", &bash),
            ("if (${{ inputs.x }}) {\n", &powershell),
            ("cat > x.php <<'EOF'\n$x = 1;\nEOF\n", &bash),
            ("$TOOL --version\n", &bash),
        ] {
            assert_eq!(&of(System::Unsaid, false, script), wanted, "{script}");
        }
    }
}
