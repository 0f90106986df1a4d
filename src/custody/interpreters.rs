//! Where the options of an interpreter end.

use super::command::Call;

/// Interpreters, and their options whose value is the next word.
const WITH_VALUE: &[(&str, &[&str])] = &[
    ("python", &["-W", "-X", "--check-hash-based-pycs"]),
    ("node", &["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions"]),
    ("ruby", &["-r", "-I", "-C", "-E"]),
    ("perl", &["-I"]),
    ("php", &["-d", "-c"]),
    ("pwsh", POWERSHELL),
    ("powershell", POWERSHELL),
];

const POWERSHELL: &[&str] = &[
    "-executionpolicy",
    "-exec",
    "-ep",
    "-ex",
    "-version",
    "-workingdirectory",
    "-wd",
    "-windowstyle",
    "-inputformat",
    "-outputformat",
];

const SHELLS: &[&str] = &["bash", "sh", "zsh", "dash", "ksh", "ash"];

/// Index of the word that an interpreter executes: the first that is no option and no option's value.
pub(super) fn script(name: &str, call: &Call, skip: usize) -> Option<usize> {
    let mut at = skip + 1;
    while at < call.fields.len() {
        match call.text(at).filter(|word| word.starts_with('-')) {
            Some(option) => at += if takes_value(name, option) { 2 } else { 1 },
            None => return Some(at),
        }
    }
    None
}

fn takes_value(name: &str, option: &str) -> bool {
    if SHELLS.contains(&name) {
        // `-euo pipefail`
        return !option.starts_with("--") && option.contains(['o', 'O']) || matches!(option, "--rcfile" | "--init-file");
    }
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is_powershell = matches!(name, "pwsh" | "powershell");
    let same = |known: &&str| if is_powershell { known.eq_ignore_ascii_case(option) } else { *known == option };
    WITH_VALUE.iter().any(|(of, options)| *of == name && options.iter().any(&same))
}

#[cfg(test)]
mod tests {
    use super::takes_value;

    #[test]
    fn options_with_values() {
        for (name, option, want) in [
            ("bash", "-euo", true),
            ("bash", "-c", false),
            ("bash", "--norc", false),
            ("python3", "-W", true),
            ("python3", "-m", false),
            ("pwsh", "-ExecutionPolicy", true),
            ("pwsh", "-File", false),
        ] {
            assert_eq!(takes_value(name, option), want, "{name} {option}");
        }
    }
}
