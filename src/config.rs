//! The config file: `.github/swaplint.yml` or `swaplint.yml|yaml|toml` at the repository's root.

use crate::finding::{Confidence, Persona, Severity};
use crate::suggest;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where it is looked for, in this order.
pub const NAMES: &[&str] = &[".github/swaplint.yml", ".github/swaplint.yaml", "swaplint.yml", "swaplint.yaml", "swaplint.toml"];

/// A config file that says something wrong.
#[derive(Debug, thiserror::Error)]
#[error("{}{message}", place(.path, *.line))]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// 1-based, where known.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

fn place(path: &str, line: Option<usize>) -> String {
    line.map_or_else(|| format!("{path}: "), |line| format!("{path}:{line}: "))
}

/// What the config file says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// Settings by rule id or family.
    pub rules: BTreeMap<String, RuleSetting>,
    /// Files that are not checked, as patterns of a `.gitignore`.
    pub ignore_paths: Vec<String>,
    /// What the user knows about references.
    pub references: References,
    /// Where it was read from; empty for the default.
    #[serde(skip)]
    pub path: String,
    #[serde(skip)]
    text: String,
}

/// What the user knows about references.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct References {
    /// Patterns of images whose tags the registry refuses to overwrite.
    pub immutable: Vec<String>,
    /// Patterns of images that the user's own organisation makes.
    pub first_party: Vec<String>,
}

/// What is said about one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleSetting {
    /// Whether it runs at all.
    pub enabled: bool,
    /// Instead of the rule's own.
    pub severity: Option<Severity>,
    /// Instead of the rule's own.
    pub confidence: Option<Confidence>,
    /// Instead of the rule's own.
    pub persona: Option<Persona>,
}

impl Default for RuleSetting {
    fn default() -> Self {
        RuleSetting { enabled: true, severity: None, confidence: None, persona: None }
    }
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
        f.write_str("`off`, or a table of `enabled`, `severity`, `confidence`, `persona`")
    }

    fn visit_bool<E: de::Error>(self, enabled: bool) -> Result<RuleSetting, E> {
        Ok(RuleSetting { enabled, ..RuleSetting::default() })
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<RuleSetting, E> {
        match word {
            "off" => self.visit_bool(false),
            "on" => self.visit_bool(true),
            _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RuleSetting, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            #[serde(default = "yes")]
            enabled: bool,
            severity: Option<Severity>,
            confidence: Option<Confidence>,
            persona: Option<Persona>,
        }
        fn yes() -> bool {
            true
        }
        let table = Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let Table { enabled, severity, confidence, persona } = table;
        Ok(RuleSetting { enabled, severity, confidence, persona })
    }
}

impl Config {
    /// The config file of a repository, if it has one.
    #[must_use]
    pub fn find(root: &Path) -> Option<PathBuf> {
        NAMES.iter().map(|name| root.join(name)).find(|path| path.is_file())
    }

    /// Reads a config file; TOML by its extension, else YAML.
    ///
    /// # Errors
    /// If it cannot be read or says something wrong.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let shown = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|e| ConfigError { path: shown.clone(), line: None, message: e.to_string() })?;
        Self::parse(&shown, &text)
    }

    /// As [`Config::read`], from text.
    ///
    /// # Errors
    /// If it says something wrong.
    pub fn parse(path: &str, text: &str) -> Result<Config, ConfigError> {
        let is_toml = Path::new(path).extension().is_some_and(|e| e == "toml");
        let (line, message) = if is_toml {
            match toml::from_str::<Config>(text) {
                Ok(config) => return Ok(Config { path: path.to_owned(), text: text.to_owned(), ..config }),
                Err(e) => (e.span().map(|s| text[..s.start.min(text.len())].matches('\n').count() + 1), e.message().to_owned()),
            }
        } else {
            match serde_yaml::from_str::<Option<Config>>(text) {
                Ok(config) => {
                    return Ok(Config { path: path.to_owned(), text: text.to_owned(), ..config.unwrap_or_default() });
                }
                Err(e) => (e.location().map(|l| l.line()), e.to_string()),
            }
        };
        let line = unknown_field(&message).and_then(|(field, _)| line_of_key(text, field)).or(line);
        Err(ConfigError { path: path.to_owned(), line, message: with_hint(&message) })
    }

    /// An error about a key that this room cannot judge (a rule id).
    #[must_use]
    pub fn error_at(&self, key: &str, message: String) -> ConfigError {
        ConfigError { path: self.path.clone(), line: line_of_key(&self.text, key), message }
    }

    /// The matcher of `ignore-paths`, for paths relative to the root.
    ///
    /// # Errors
    /// If a pattern is none.
    pub fn ignored_paths(&self) -> Result<Gitignore, ConfigError> {
        let mut builder = GitignoreBuilder::new("");
        for pattern in &self.ignore_paths {
            builder.add_line(None, pattern).map_err(|e| self.error_at(pattern, format!("`{pattern}`: {e}")))?;
        }
        builder.build().map_err(|e| self.error_at("ignore-paths", e.to_string()))
    }

    /// What is said about a rule: its own entry, else its family's.
    #[must_use]
    pub fn setting(&self, rule: &str, family: &str) -> RuleSetting {
        self.rules.get(rule).or_else(|| self.rules.get(family)).copied().unwrap_or_default()
    }
}

/// The field and the known ones, out of serde's message.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.split_once("unknown field `")?.1;
    let (field, rest) = rest.split_once('`')?;
    Some((field, rest.split('`').skip(1).step_by(2).collect()))
}

fn with_hint(message: &str) -> String {
    unknown_field(message).map_or_else(
        || message.to_owned(),
        |(field, known)| format!("unknown key `{field}`{}", suggest::did_you_mean(field, known)),
    )
}

/// 1-based line of the first `key:`, `key =`, `- key` or `[..key]`.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let starts = |line: &str| {
        let line = line.trim_start_matches([' ', '\t', '-', '[', '"', '\'']);
        let rest = line.strip_prefix("rules.").unwrap_or(line).strip_prefix(key)?;
        rest.is_empty().then_some(()).or_else(|| rest.starts_with([':', ' ', '=', ']', '"', '\'']).then_some(()))
    };
    text.lines().position(|line| starts(line).is_some()).map(|i| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_toml_say_the_same() {
        let yaml = "rules:\n  sign-by-tag: off\n  copy:\n    severity: low\nignore-paths: [test/**]\nreferences:\n  first-party: [\"ghcr.io/acme/*\"]\n";
        let toml = "ignore-paths = [\"test/**\"]\n[rules]\nsign-by-tag = \"off\"\ncopy = { severity = \"low\" }\n[references]\nfirst-party = [\"ghcr.io/acme/*\"]\n";
        for (path, text) in [("swaplint.yml", yaml), ("swaplint.toml", toml)] {
            let config = Config::parse(path, text).expect(path);
            assert!(!config.setting("sign-by-tag", "signing").enabled, "{path}");
            assert_eq!(config.setting("unchecked-copy", "copy").severity, Some(Severity::Low), "{path}");
            assert_eq!(config.references.first_party, ["ghcr.io/acme/*"], "{path}");
            let ignored = config.ignored_paths().expect("patterns");
            assert!(ignored.matched_path_or_any_parents("test/a/b.yml", false).is_ignore(), "{path}");
        }
        assert!(Config::parse("a.yml", "").expect("empty").rules.is_empty());
    }

    #[test]
    fn mistakes_name_line_and_neighbour() {
        let cases = [
            ("a.yml", "rules: {}\nignore-path: []\n", "a.yml:2: unknown key `ignore-path`, did you mean `ignore-paths`?"),
            ("a.yml", "rules:\n  a:\n    sevrity: low\n", "a.yml:3: unknown key `sevrity`, did you mean `severity`?"),
            ("a.toml", "[rules.a]\nsevrity = \"low\"\n", "a.toml:2: unknown key `sevrity`, did you mean `severity`?"),
        ];
        for (path, text, expected) in cases {
            assert_eq!(Config::parse(path, text).expect_err(text).to_string(), expected);
        }
        let error = Config::parse("a.yml", "rules:\n  a: maybe\n").expect_err("word").to_string();
        assert!(error.starts_with("a.yml:2: "), "{error}");
    }
}
