//! Where tools read their settings from: files and environment variables.

use super::glob::{Glob, Truth};
use crate::finding::Severity;
use serde::Deserialize;

/// An environment variable that changes what tools do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnvironmentSpec {
    /// Its name, a glob.
    pub name: Glob,
    /// Values that have the effect.
    pub value: Glob,
    /// The weakness that it is.
    #[serde(default)]
    pub weakness: Option<String>,
    /// The option that it gives to the tool's events, with the value `true`.
    #[serde(default)]
    pub role: Option<String>,
    /// The tool that it concerns; any, if left out.
    #[serde(default)]
    pub tool: Option<String>,
    /// How bad it is, if that differs from the rule.
    #[serde(default)]
    pub severity: Option<Severity>,
}

/// A setting that weakens a tool, in a file that it reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingSpec {
    /// Paths of the file.
    pub file: Glob,
    /// Lines that are the setting, without blanks around them and with one wherever there are several.
    pub line: Glob,
    /// How lines begin that name the host which the setting is about; any host, if none does.
    #[serde(default)]
    pub host: Option<String>,
    /// The weakness that it is.
    pub weakness: String,
    /// The tool that reads it.
    pub tool: String,
}

impl SettingSpec {
    /// The first line of a text that is the setting, with the host that it is about: one of another machine before those of this one. A pattern
    /// and a name of one's own (`Host prod`) say none.
    #[must_use]
    pub fn find<'t>(&self, text: &'t str) -> Option<(&'t str, Option<String>)> {
        let mut host = None;
        let mut own = None;
        // `echo -e` and `printf` are given their line ends and tabs as escapes.
        for line in text.split('\n').flat_map(|line| line.split("\\n")) {
            let line = line.trim_start_matches("\\t").trim();
            let plain = line.replace("\\t", " ").split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            let named = self.host.as_deref().and_then(|start| {
                let (begin, rest) = plain.split_at_checked(start.len())?;
                begin.eq_ignore_ascii_case(start).then(|| rest.trim_matches([' ', '=', ':', '"']))
            });
            // What a name of one's own stands for (ssh_config(5)).
            let of_ssh = || plain.strip_prefix("HostName ").or_else(|| plain.strip_prefix("Match host "));
            let named = named.or_else(|| of_ssh().filter(|_| self.host.is_some()));
            if let Some(named) = named {
                let all: Vec<&str> = named.split(' ').collect();
                host = match all[..] {
                    _ if all.iter().all(|name| is_this_machine(name)) => Some(THIS_MACHINE.to_owned()),
                    [one] if !one.contains(['*', '?', '!']) && one.contains('.') => Some(one.to_owned()),
                    _ => None,
                };
            }
            if self.line.matches(&plain) == Truth::Yes {
                if host.as_deref() != Some(THIS_MACHINE) {
                    return Some((line, host));
                }
                own = own.or_else(|| Some((line, host.clone())));
            }
        }
        own
    }
}

/// The name of the machine that reads the setting.
const THIS_MACHINE: &str = "localhost";

fn is_this_machine(name: &str) -> bool {
    name == THIS_MACHINE || name == "::1" || name.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_their_hosts() {
        let spec = SettingSpec {
            file: Glob::new("*.ssh/config"),
            line: Glob::new("StrictHostKeyChecking no"),
            host: Some("Host ".to_owned()),
            weakness: String::new(),
            tool: "ssh".to_owned(),
        };
        for (text, want) in [
            ("Host *\\n\\tStrictHostKeyChecking no\\n\\n", Some(("StrictHostKeyChecking no", None))),
            ("host a.example.com\n  stricthostkeychecking\tno", Some(("stricthostkeychecking\tno", Some("a.example.com")))),
            ("Host localhost 127.0.0.1\n  StrictHostKeyChecking no", Some(("StrictHostKeyChecking no", Some("localhost")))),
            ("Host vm\n  HostName 127.0.0.1\n  StrictHostKeyChecking no", Some(("StrictHostKeyChecking no", Some("localhost")))),
            (
                "Host localhost\n StrictHostKeyChecking no\nHost *\n StrictHostKeyChecking no",
                Some(("StrictHostKeyChecking no", None)),
            ),
            ("Host prod\n  StrictHostKeyChecking no", Some(("StrictHostKeyChecking no", None))),
            ("Host *\n  StrictHostKeyChecking accept-new\n# StrictHostKeyChecking no", None),
        ] {
            let found = spec.find(text);
            assert_eq!(found.as_ref().map(|(line, host)| (*line, host.as_deref())), want, "{text}");
        }
    }
}
