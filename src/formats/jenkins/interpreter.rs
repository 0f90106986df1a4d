//! What runs the text of a script step.
//!
//! Sources: `ShellStep` and `BourneShellScript` of Jenkins' durable-task plugin: without `#!` the script is run by `sh -xe`; with
//! one, by what it names, and only what it says counts. A blank line before the `#!` makes it a comment.

use crate::pipeline::{Dialect, ShellOptions};

/// The language and the options of a step's script.
pub(super) fn interpreter(step: &str, script: &str) -> (Dialect, ShellOptions) {
    let dialect = match step {
        "bat" => Dialect::Cmd,
        "powershell" | "pwsh" => Dialect::PowerShell,
        _ => return shell(script),
    };
    (dialect, options(false, false))
}

fn options(errexit: bool, pipefail: bool) -> ShellOptions {
    ShellOptions { errexit, pipefail, failure_counts: true }
}

fn shell(script: &str) -> (Dialect, ShellOptions) {
    let Some(line) = script.strip_prefix("#!") else { return (Dialect::Posix, options(true, false)) };
    let line = line.lines().next().unwrap_or_default();
    let mut words = line.split_whitespace().peekable();
    let mut program = base_name(words.next().unwrap_or_default());
    if program == "env" {
        while words.next_if(|w| w.starts_with('-') || w.contains('=')).is_some() {}
        program = base_name(words.next().unwrap_or_default());
    }
    let dialect = match program {
        "bash" | "zsh" | "ksh" => Dialect::Bash,
        "sh" | "dash" | "ash" | "" => Dialect::Posix,
        "pwsh" | "powershell" => Dialect::PowerShell,
        other => Dialect::Other(other.to_owned()),
    };
    let mut result = options(false, false);
    while let Some(word) = words.next() {
        let Some(flags) = word.strip_prefix('-').filter(|f| !f.starts_with('-')) else { continue };
        result.errexit |= flags.contains('e');
        if flags.contains('o') {
            match words.next() {
                Some("pipefail") => result.pipefail = true,
                Some("errexit") => result.errexit = true,
                _ => {}
            }
        }
    }
    (dialect, result)
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shebang_decides() {
        let of = |step, script| {
            let (dialect, options) = interpreter(step, script);
            (dialect, options.errexit, options.pipefail)
        };
        assert_eq!(of("sh", "make"), (Dialect::Posix, true, false));
        assert_eq!(of("sh", "\n#!/bin/bash\nmake"), (Dialect::Posix, true, false), "Jenkins looks at the first byte");
        assert_eq!(of("sh", "#!/bin/bash\nmake"), (Dialect::Bash, false, false));
        assert_eq!(of("sh", "#!/usr/bin/env -S bash -eo pipefail\nmake"), (Dialect::Bash, true, true));
        assert_eq!(of("sh", "#!/bin/bash -ex\nmake"), (Dialect::Bash, true, false));
        assert_eq!(of("sh", "#!/usr/bin/env python3\nprint"), (Dialect::Other("python3".into()), false, false));
        assert_eq!(of("bat", "dir"), (Dialect::Cmd, false, false));
        assert_eq!(of("pwsh", "dir"), (Dialect::PowerShell, false, false));
    }
}
