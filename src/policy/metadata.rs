//! The `# METADATA` comment of a policy file, OPA's form. The engine drops comments, so the host reads it.

use super::PolicyError;
use super::option::Declared;
use crate::facts::EventKind;
use crate::finding::{Confidence, Persona, Severity};
use crate::suggest;
use serde::Deserialize;
use serde_yaml::Value;
use std::collections::BTreeMap;

/// What a metadata block says.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) related_resources: Vec<Resource>,
    #[serde(default)]
    pub(super) custom: Custom,
}

/// A link to read on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Resource {
    Bare(String),
    Described {
        #[serde(rename = "ref")]
        link: String,
        #[serde(default)]
        description: String,
    },
}

/// Our own part.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Custom {
    pub(super) id: Option<String>,
    pub(super) family: Option<String>,
    pub(super) severity: Option<Severity>,
    pub(super) confidence: Option<Confidence>,
    pub(super) persona: Option<Persona>,
    #[serde(default)]
    pub(super) formats: Vec<String>,
    #[serde(default)]
    pub(super) events: Vec<EventKind>,
    #[serde(default)]
    pub(super) options: BTreeMap<String, Declared>,
}

const KEYS: &[&str] =
    &["scope", "title", "description", "related_resources", "authors", "organizations", "schemas", "entrypoint", "custom"];
const CUSTOM_KEYS: &[&str] = &["id", "family", "severity", "confidence", "persona", "formats", "events", "options"];

/// The metadata of a policy file: the block above `package`, else the one above the `finding` rule. `None` if there is none.
pub(super) fn parse(path: &str, text: &str) -> Result<Option<Metadata>, PolicyError> {
    let lines: Vec<&str> = text.lines().collect();
    let block = find_block(&lines, is_package).or_else(|| find_block(&lines, is_finding));
    let Some((first, yaml)) = block else { return Ok(None) };
    let error = |line: usize, message: String| PolicyError::Metadata { path: path.to_owned(), line, message };
    let value: Value = serde_yaml::from_str(&yaml).map_err(|e| {
        let line = e.location().map_or(first, |at| first + at.line());
        error(line, e.to_string())
    })?;
    for (keys, known) in [(Some(&value), KEYS), (value.get("custom"), CUSTOM_KEYS)] {
        if let Some(unknown) = unknown_key(keys, known) {
            let line = line_of_key(&lines, first, &unknown);
            return Err(error(
                line,
                format!("unknown key `{unknown}`{}", suggest::did_you_mean(&unknown, known.iter().copied())),
            ));
        }
    }
    serde_yaml::from_str(&yaml).map(Some).map_err(|e| {
        let line = e.location().map_or(first, |at| first + at.line());
        error(line, e.to_string())
    })
}

/// 1-based line of the `# METADATA` marker and the YAML below it, of the block that stands directly above a line that `wanted` accepts.
fn find_block(lines: &[&str], wanted: fn(&str) -> bool) -> Option<(usize, String)> {
    let marks = lines.iter().enumerate().filter(|(_, l)| l.trim_end() == "# METADATA").map(|(i, _)| i);
    for mark in marks {
        let body: Vec<&str> = lines[mark + 1..].iter().take_while(|l| l.starts_with('#')).copied().collect();
        let follows = lines[mark + 1 + body.len()..].iter().find(|l| !l.trim().is_empty());
        if follows.is_some_and(|l| wanted(l)) {
            let yaml: Vec<&str> = body.iter().map(|l| l[1..].strip_prefix(' ').unwrap_or(&l[1..])).collect();
            return Some((mark + 1, yaml.join("\n")));
        }
    }
    None
}

fn is_package(line: &str) -> bool {
    line.starts_with("package ")
}

fn is_finding(line: &str) -> bool {
    rule_name(line).is_some()
}

/// The name of the rule that holds results, if the line defines it.
pub(super) fn rule_name(line: &str) -> Option<&'static str> {
    ["findings", "finding"]
        .into_iter()
        .find(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '[', '=', ':', '\t'])))
}

fn unknown_key(value: Option<&Value>, known: &[&str]) -> Option<String> {
    let mapping = value?.as_mapping()?;
    mapping.keys().map(|k| k.as_str().unwrap_or("?")).find(|k| !known.contains(k)).map(str::to_owned)
}

fn line_of_key(lines: &[&str], first: usize, key: &str) -> usize {
    let prefix = format!("{key}:");
    let below = lines[first..].iter().position(|l| l.trim_start_matches(['#', ' ']).starts_with(&prefix));
    below.map_or(first, |i| first + i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_above_the_package_is_read() {
        let text = "# METADATA\n# title: T\n# description: >-\n#   a\n#   b\n# related_resources:\n# - ref: https://x\n# - https://y\n\
                    # custom:\n#   severity: low\n#   events: [sign]\npackage a.b\n";
        let found = parse("a.rego", text).expect("valid").expect("present");
        assert_eq!((found.title.as_str(), found.description.as_str()), ("T", "a b"));
        assert_eq!(found.custom.severity, Some(Severity::Low));
        assert_eq!(found.custom.events, [EventKind::Sign]);
        assert_eq!(found.related_resources.len(), 2);
    }

    #[test]
    fn a_block_above_the_rule_is_read_and_others_are_not() {
        let text =
            "package a\n\n# METADATA\n# title: helper\nhelp := 1\n\n# METADATA\n# title: T\nfinding contains x if { x := 1 }\n";
        assert_eq!(parse("a.rego", text).expect("valid").expect("present").title, "T");
        assert!(parse("a.rego", "# title: no marker\npackage a\n").expect("valid").is_none());
    }

    #[test]
    fn mistakes_name_their_line() {
        let error =
            parse("a.rego", "\n# METADATA\n# title: T\n# custom:\n#   sevrity: low\npackage a\n").expect_err("unknown key");
        assert_eq!(error.to_string(), "a.rego:5: metadata: unknown key `sevrity`, did you mean `severity`?");
        let error = parse("a.rego", "# METADATA\n# title: T\n# custom:\n#   severity: huge\npackage a\n").expect_err("bad value");
        assert!(error.to_string().starts_with("a.rego:4: "), "{error}");
    }
}
