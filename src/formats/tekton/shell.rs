//! Which shell runs a step, and with which options.
//!
//! Source: Tekton's `pkg/pod/script.go`: a script that does not begin with `#!` gets `#!/bin/sh` and `set -e`; one that does
//! is run as its first line says.

use crate::pipeline::{Dialect, Script, ShellOptions, Text};

/// A script with what runs it.
pub(super) fn script(text: Text) -> Script {
    let first = text.raw().trim_start().lines().next().unwrap_or("");
    let (dialect, options) = match first.strip_prefix("#!") {
        Some(line) => shebang(line),
        None => (Dialect::Posix, options(true, false)),
    };
    Script { text, dialect, options }
}

fn options(errexit: bool, pipefail: bool) -> ShellOptions {
    ShellOptions { errexit, pipefail, failure_counts: true }
}

/// What stands behind `#!`: the interpreter may be named by `env`, or on Windows by `win`.
fn shebang(line: &str) -> (Dialect, ShellOptions) {
    let mut words = line.split_whitespace().peekable();
    while words.next_if(|w| matches!(base_name(w), "env" | "win") || w.starts_with('-') || w.contains('=')).is_some() {}
    let Some(program) = words.next() else { return (Dialect::Other(String::new()), options(false, false)) };
    let dialect = dialect(base_name(program));
    let mut flags = Flags::default();
    if matches!(dialect, Dialect::Posix | Dialect::Bash) {
        words.for_each(|word| flags.word(word));
    }
    (dialect, options(flags.errexit, flags.pipefail))
}

/// A shell with `-c` and what it is given: the script, and the words after it (`$0`, `$1` ..).
pub(super) fn command(argv: &[Text]) -> Option<(Script, &[Text])> {
    let dialect = dialect(base_name(argv.first()?.literal()?));
    if matches!(dialect, Dialect::Other(_) | Dialect::Cmd) {
        return None;
    }
    let mut flags = Flags::default();
    for (i, word) in argv.iter().enumerate().skip(1) {
        let raw = word.raw();
        if flags.awaits_name || raw.starts_with(['-', '+']) && word.holes.is_empty() && raw.len() > 1 {
            flags.word(raw);
            continue;
        }
        let script = Script { text: word.clone(), dialect, options: options(flags.errexit, flags.pipefail) };
        return flags.command.then_some((script, &argv[i + 1..]));
    }
    None
}

/// Options in the order in which they stand.
#[derive(Debug, Default)]
struct Flags {
    errexit: bool,
    pipefail: bool,
    command: bool,
    /// After `-o`.
    awaits_name: bool,
    on: bool,
}

impl Flags {
    fn word(&mut self, word: &str) {
        if std::mem::take(&mut self.awaits_name) {
            match word {
                "errexit" => self.errexit = self.on,
                "pipefail" => self.pipefail = self.on,
                _ => {}
            }
            return;
        }
        if word.eq_ignore_ascii_case("-command") {
            self.command = true;
            return;
        }
        self.on = word.starts_with('-');
        let letters = word.strip_prefix(['-', '+']).filter(|l| !l.starts_with('-')).unwrap_or("");
        for letter in letters.chars() {
            match letter {
                'e' => self.errexit = self.on,
                'o' => self.awaits_name = true,
                'c' => self.command = true,
                _ => {}
            }
        }
    }
}

fn base_name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

fn dialect(name: &str) -> Dialect {
    match name {
        "sh" | "dash" | "ash" => Dialect::Posix,
        "bash" | "zsh" | "ksh" | "mksh" => Dialect::Bash,
        "pwsh" | "powershell" => Dialect::PowerShell,
        "cmd" => Dialect::Cmd,
        other => Dialect::Other(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Embedded, FileId};

    fn text(raw: &str) -> Text {
        Text::plain(Embedded::verbatim(FileId(0), raw, 0))
    }

    #[test]
    fn the_first_line_decides() {
        use Dialect::{Bash, Other, Posix};
        for (raw, wanted) in [
            ("echo x", (Posix, true, false)),
            ("#!/bin/sh\necho", (Posix, false, false)),
            ("\n  #!/usr/bin/env bash\n", (Bash, false, false)),
            ("#!/bin/bash -ex", (Bash, true, false)),
            ("#! /usr/bin/env -S bash -euo pipefail", (Bash, true, true)),
            ("#!/usr/bin/env bash\nset -e", (Bash, false, false)),
            ("#!/usr/libexec/platform-python", (Other("platform-python".into()), false, false)),
            ("#!win pwsh.exe -File", (Dialect::PowerShell, false, false)),
            ("#!", (Other(String::new()), false, false)),
        ] {
            let script = script(text(raw));
            assert_eq!((script.dialect, script.options.errexit, script.options.pipefail), wanted, "{raw}");
        }
    }

    #[test]
    fn a_shell_with_a_command() {
        let of = |words: &[&str]| {
            let argv: Vec<Text> = words.iter().map(|w| text(w)).collect();
            command(&argv).map(|(s, rest)| (s.text.raw().to_owned(), s.options.errexit, s.options.pipefail, rest.len()))
        };
        assert_eq!(of(&["/bin/sh", "-c", "x"]), Some(("x".into(), false, false, 0)));
        assert_eq!(of(&["bash", "-euxo", "pipefail", "-c", "x", "_", "y"]), Some(("x".into(), true, true, 2)));
        assert_eq!(of(&["sh", "-ce", "x"]), Some(("x".into(), true, false, 0)));
        assert_eq!(of(&["sh", "a.sh"]), None);
        assert_eq!(of(&["cosign", "-c", "x"]), None);
        assert_eq!(of(&["sh", "-c"]), None);
    }
}
