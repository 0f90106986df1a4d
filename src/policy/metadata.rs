//! The `# METADATA` comment of a policy file, OPA's form. The engine drops comments, so the host reads it.

use super::PolicyError;
use super::entry::{block, is_package, rule_name};
use super::option::Declared;
use crate::facts::{EventKind, Facts};
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
    pub(super) lists: Vec<FactList>,
    #[serde(default)]
    pub(super) options: BTreeMap<String, Declared>,
}

/// A list of the facts without whose entries a rule may have nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactList {
    /// References to pipeline code
    Definitions,
    /// Images that something runs in
    Images,
    /// Images that something builds on
    BaseImages,
    /// Settings that weaken something
    Weaknesses,
    /// Verifications that do not run
    Idle,
    /// Digests at hand
    Digests,
    /// Images handed to what is not seen
    Handed,
    /// in-toto layouts
    Layouts,
    /// Admission policies
    Admissions,
    /// What was not followed
    Opaque,
    /// Values of events that are not there
    Missing,
    /// Executions that hand on all secrets
    InheritedSecrets,
}

impl FactList {
    /// Whether it has entries.
    pub(super) fn has_entries(self, facts: &Facts) -> bool {
        !match self {
            FactList::Definitions => facts.definitions.is_empty(),
            FactList::Images => facts.images.is_empty(),
            FactList::BaseImages => facts.base_images.is_empty(),
            FactList::Weaknesses => facts.weaknesses.is_empty(),
            FactList::Idle => facts.idle.is_empty(),
            FactList::Digests => facts.digests.is_empty(),
            FactList::Handed => facts.handed.is_empty(),
            FactList::Layouts => facts.layouts.is_empty(),
            FactList::Admissions => facts.admissions.is_empty(),
            FactList::Opaque => facts.opaque.is_empty(),
            FactList::Missing => facts.events.values().flatten().all(|event| event.missing.is_empty()),
            FactList::InheritedSecrets => facts.executions.iter().all(|execution| execution.inherits_secrets.is_none()),
        }
    }
}

const KEYS: &[&str] =
    &["scope", "title", "description", "related_resources", "authors", "organizations", "schemas", "entrypoint", "custom"];
const CUSTOM_KEYS: &[&str] = &["id", "family", "severity", "confidence", "persona", "formats", "events", "lists", "options"];

/// The metadata of the built-in policies by their path below `policies`, as the build script wrote it: JSON is read far faster than YAML.
static BUILTIN: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.json"));

/// The metadata of the built-in rules, by path (`FAMILY/ID/rule.rego`).
pub(super) fn builtin() -> Result<BTreeMap<String, Metadata>, PolicyError> {
    serde_json::from_str(BUILTIN).map_err(|e| PolicyError::Metadata {
        path: "policies".to_owned(),
        line: 1,
        message: e.to_string(),
    })
}

/// The metadata of a policy file: the block above `package`, else the one above the `finding` rule. `None` if there is none.
pub(super) fn parse(path: &str, text: &str) -> Result<Option<Metadata>, PolicyError> {
    let lines: Vec<&str> = text.lines().collect();
    let found = block(&lines, is_package).or_else(|| block(&lines, is_finding));
    let Some((first, yaml)) = found else { return Ok(None) };
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

fn is_finding(line: &str) -> bool {
    rule_name(line).is_some()
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
    fn the_build_script_wrote_what_stands_in_the_policies() {
        let built = builtin().expect("metadata");
        for (path, metadata) in &built {
            let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(path);
            let text = std::fs::read_to_string(file).expect("policy");
            let parsed = parse(path, &text).expect("valid").expect("present");
            assert_eq!(format!("{metadata:?}"), format!("{parsed:?}"), "{path}");
        }
        assert!(built.len() > 40, "{}", built.len());
    }

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
