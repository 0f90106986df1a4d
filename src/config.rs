//! The config file: `.github/swaplint.yml`, or `swaplint.yml|yaml|toml` at the repository's root. `docs/configuration.md` is its page.
//!
//! YAML and TOML become one tree with places ([`tree`]), from which the types below are read ([`de`]), so that every mistake is told
//! with its line and column, whichever syntax it is written in.

mod de;
mod tools;
mod tree;

pub use de::Located;
pub use tools::ToolEntry;

use crate::date::Date;
use crate::finding::{Confidence, Persona, Severity};
use crate::source::{FileId, SourceFile, Span};
use crate::tools::Document;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use schemars::JsonSchema;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use tree::Node;

/// Where it is looked for, in this order.
pub const NAMES: &[&str] = &[".github/swaplint.yml", ".github/swaplint.yaml", "swaplint.yml", "swaplint.yaml", "swaplint.toml"];
/// What `swaplint init` writes.
pub const STARTER: &str = include_str!("config/starter.yml");

/// A config file that says something wrong.
#[derive(Debug, thiserror::Error)]
#[error("{path}{}: {message}", .place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default())]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// Line and column, 1-based, where known.
    pub place: Option<(u32, u32)>,
    /// What is wrong.
    pub message: String,
}

/// What the config file says. Paths in it are relative to the root of the repository.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// Settings by rule id or family: `off`, a severity, or a table.
    #[schemars(with = "BTreeMap<String, SettingForm>")]
    pub rules: BTreeMap<Located<String>, RuleSetting>,
    /// Only these files are checked, as patterns of a `.gitignore`; all, if left out.
    pub paths: Vec<Located<String>>,
    /// Files that are not checked, as patterns of a `.gitignore`.
    pub ignore_paths: Vec<Located<String>>,
    /// Findings that are accepted.
    pub ignore: Vec<Located<Accepted>>,
    /// Whether whoever accepts a finding must say why.
    pub require_reason: bool,
    /// The file of findings that are there already (`swaplint baseline create`).
    pub baseline: Option<Located<String>>,
    /// What is known about references.
    pub references: References,
    /// Who may sign.
    pub identities: Identities,
    /// What your own programs, actions, library steps and tasks do to artifacts.
    pub tools: Vec<Located<ToolEntry>>,
    /// Files that say the same in the format of the built-in data (`docs/add-a-tool.md`).
    pub tool_files: Vec<Located<String>>,
    /// Folders of your own policies.
    pub policies: Vec<Located<String>>,
    /// JSON or YAML files that your own policies see as `data`.
    pub policy_data: Vec<Located<String>>,
    /// How much is looked at.
    pub limits: Limits,
    /// Where it was read from; empty for the default.
    #[serde(skip)]
    pub path: String,
    /// Its text.
    #[serde(skip)]
    pub text: Arc<str>,
}

/// A finding that is accepted: all that is said must fit.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Accepted {
    /// Rules or families.
    pub rules: Vec<Located<String>>,
    /// Files, as patterns of a `.gitignore`; any, if left out.
    pub paths: Vec<Located<String>>,
    /// Jobs, tasks, stages by id (`*` is any text); any, if left out.
    pub executions: Vec<String>,
    /// References that the finding is about (`*` is any text); any, if left out.
    pub references: Vec<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it is accepted.
    pub until: Option<Date>,
}

/// What is known about references.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct References {
    /// Images whose tags the registry refuses to overwrite: `registry/repository` or `registry/repository:tag`, `*` is any text.
    pub immutable: Vec<String>,
    /// Images that your own organisation makes: `registry/repository`, `*` is any text.
    pub first_party: Vec<String>,
    /// Organisations and groups that are your own: actions, workflows, tasks and includes of theirs.
    pub owners: Vec<String>,
}

/// Who may sign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Identities {
    /// Identities and expressions that are as narrow as they are meant to be.
    pub trusted: Vec<Trusted>,
}

/// An identity, or an expression for several, that a verification may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trusted {
    /// The issuer (or expression for it) that must be asked for along with it; any, if left out.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The identity or expression, character by character as the pipeline gives it.
    pub identity: String,
    /// Only for these artifacts: `registry/repository`, `*` is any text; all, if left out.
    #[serde(default)]
    pub references: Vec<String>,
}

/// How much is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// Commands of one pipeline that are followed, scripts and called pipelines included.
    pub commands: Option<usize>,
    /// Executions (jobs, tasks, stages) of one pipeline that are followed, those of called pipelines included.
    pub executions: Option<usize>,
}

/// What is said about one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSetting {
    /// Whether it runs at all.
    pub enabled: bool,
    /// Instead of the rule's own.
    pub severity: Option<Severity>,
    /// Instead of the rule's own.
    pub confidence: Option<Confidence>,
    /// Instead of the rule's own.
    pub persona: Option<Persona>,
    /// What the rule reads as `data.options["its-id"]`.
    pub options: BTreeMap<Located<String>, Located<serde_json::Value>>,
}

impl Default for RuleSetting {
    fn default() -> Self {
        RuleSetting { enabled: true, severity: None, confidence: None, persona: None, options: BTreeMap::new() }
    }
}

/// How a setting may be written.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "RuleSetting")]
#[expect(dead_code, reason = "for the schema alone")]
enum SettingForm {
    /// Whether it runs.
    Switch(bool),
    /// The same in words.
    Word(Word),
    /// Its severity.
    Severity(Severity),
    /// All of it.
    Table(SettingTable),
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Word {
    On,
    Off,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SettingTable {
    /// Whether it runs at all.
    enabled: Option<bool>,
    /// Instead of the rule's own.
    severity: Option<Severity>,
    /// Instead of the rule's own.
    confidence: Option<Confidence>,
    /// Instead of the rule's own.
    persona: Option<Persona>,
    /// What the rule's page (`swaplint explain RULE`) lists; what a policy of your own reads as `data.options["its-id"]`.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    options: BTreeMap<Located<String>, Located<serde_json::Value>>,
}

impl<'de> Deserialize<'de> for RuleSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SettingVisitor)
    }
}

struct SettingVisitor;

impl<'de> Visitor<'de> for SettingVisitor {
    type Value = RuleSetting;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("`off`, a severity, or a table of `enabled`, `severity`, `confidence`, `persona`, `options`")
    }

    fn visit_bool<E: serde::de::Error>(self, enabled: bool) -> Result<RuleSetting, E> {
        Ok(RuleSetting { enabled, ..RuleSetting::default() })
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<RuleSetting, E> {
        match word {
            "off" => self.visit_bool(false),
            "on" => self.visit_bool(true),
            _ => match word.parse() {
                Ok(severity) => Ok(RuleSetting { severity: Some(severity), ..RuleSetting::default() }),
                Err(_) => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
            },
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RuleSetting, A::Error> {
        let table = SettingTable::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        let SettingTable { enabled, severity, confidence, persona, options } = table;
        Ok(RuleSetting { enabled: enabled.unwrap_or(true), severity, confidence, persona, options })
    }
}

impl Config {
    /// The error about a config file that cannot be read; `why` is a clause.
    #[must_use]
    pub fn unreadable(path: &str, why: &str) -> ConfigError {
        ConfigError { path: path.to_owned(), place: None, message: format!("the file {why}") }
    }

    /// Reads a config, which errors call `path`; TOML by its extension, else YAML.
    ///
    /// # Errors
    /// If it says something wrong.
    pub fn parse(path: &str, text: &str) -> Result<Config, ConfigError> {
        let is_toml = Path::new(path).extension().is_some_and(|e| e == "toml");
        let node = if is_toml { Node::from_toml(text) } else { Node::from_yaml(text) };
        let read = node.and_then(|node| Config::deserialize(&node).and_then(|config| config.checked()));
        match read {
            Ok(config) => Ok(Config { path: path.to_owned(), text: text.into(), ..config }),
            Err(e) => Err(error(path, text, e.span, e.message)),
        }
    }

    /// What types cannot say.
    fn checked(self) -> Result<Config, de::Error> {
        for accepted in &self.ignore {
            if accepted.rules.is_empty() {
                return Err(de::Error::new(accepted.span.clone(), "`rules` is missing: name what is accepted".to_owned()));
            }
            if self.require_reason && accepted.reason.trim().is_empty() {
                return Err(de::Error::new(
                    accepted.span.clone(),
                    "`reason` is missing, and `require-reason` asks for it".to_owned(),
                ));
            }
        }
        let patterns = self.paths.iter().chain(&self.ignore_paths).chain(self.ignore.iter().flat_map(|a| &a.paths));
        patterns.map(std::slice::from_ref).try_for_each(|pattern| matcher(pattern).map(drop))?;
        tools::document(&self.tools, &|_| false).map_err(|(span, message)| de::Error::new(span, message))?;
        Ok(self)
    }

    /// An error about something that this room cannot judge (a rule id, a file that there is not).
    #[must_use]
    pub fn error_at(&self, span: &Range<usize>, message: String) -> ConfigError {
        error(&self.path, &self.text, Some(span.clone()), message)
    }

    /// What `tools` says, as a data document. `is_known` tells programs that are built in, of which entries are a part.
    ///
    /// # Errors
    /// None for a config that was read from a file.
    pub fn tools(&self, is_known: &dyn Fn(&str) -> bool) -> Result<Document, ConfigError> {
        tools::document(&self.tools, is_known).map_err(|(span, message)| self.error_at(&span, message))
    }

    /// Whether a file is to be checked, by its path relative to the root. Files outside of it always are.
    pub fn is_checked(&self) -> impl Fn(&str) -> bool {
        let (only, not) = (matcher(&self.paths).ok().filter(|_| !self.paths.is_empty()), matcher(&self.ignore_paths).ok());
        move |path| {
            path.starts_with("..")
                || (only.as_ref().is_none_or(|m| matches(m, path)) && !not.as_ref().is_some_and(|m| matches(m, path)))
        }
    }

    /// What is said about a rule: its own entry, else its family's.
    #[must_use]
    pub fn setting(&self, rule: &str, family: &str) -> Option<&RuleSetting> {
        self.rules.get(rule).or_else(|| self.rules.get(family))
    }
}

impl Accepted {
    /// Whether it is about a file, by its path relative to the root.
    pub fn is_about(&self) -> impl Fn(&str) -> bool + use<> {
        let paths = matcher(&self.paths).ok().filter(|_| !self.paths.is_empty());
        move |path| paths.as_ref().is_none_or(|m| matches(m, path))
    }
}

fn error(path: &str, text: &str, span: Option<Range<usize>>, message: String) -> ConfigError {
    let position = |span: Range<usize>| SourceFile::new(path.to_owned(), text.into()).position(span.start);
    ConfigError { path: path.to_owned(), place: span.map(position).map(|p| (p.line, p.column)), message }
}

/// Patterns of a `.gitignore`, for paths relative to the root.
fn matcher(patterns: &[Located<String>]) -> Result<Gitignore, de::Error> {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        builder.add_line(None, pattern).map_err(|e| de::Error::new(pattern.span.clone(), format!("`{}`: {e}", pattern.value)))?;
    }
    builder.build().map_err(de::Error::custom)
}

fn matches(patterns: &Gitignore, path: &str) -> bool {
    patterns.matched_path_or_any_parents(path, false).is_ignore()
}

impl<T> Located<T> {
    /// Its place in the config file of this id.
    #[must_use]
    pub fn place(&self, config: FileId) -> Span {
        Span::new(config, self.span.clone())
    }
}

#[cfg(test)]
mod tests;
