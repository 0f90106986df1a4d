//! Findings: what is reported, where, and how much it matters. No finding without a span.

use crate::date::Date;
use crate::source::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// What an attacker gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing by itself; worth knowing.
    Info,
    /// Little, or only together with something else.
    Low,
    /// A part of the way.
    Medium,
    /// Control over what is deployed, signed or executed.
    High,
}

/// How sure the analysis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A guess worth a look.
    Low,
    /// Likely.
    Medium,
    /// Follows from what the file says.
    High,
}

/// Who wants to see it; each sees what the ones before see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Persona {
    /// Everybody.
    #[default]
    Regular,
    /// Who wants good hygiene as well.
    Pedantic,
    /// Who wants everything, unknowns included.
    Auditor,
}

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),* }) => {
        impl $type {
            /// All values, in ascending order.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// The word for it in reports and options.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $word),* }
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|v| v.name() == word).ok_or_else(|| {
                    let names: Vec<_> = Self::ALL.iter().map(|v| v.name()).collect();
                    format!("`{word}` is none of {}", names.join(", "))
                })
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

words!(Severity { Info = "info", Low = "low", Medium = "medium", High = "high" });
words!(Confidence { Low = "low", Medium = "medium", High = "high" });
words!(Persona { Regular = "regular", Pedantic = "pedantic", Auditor = "auditor" });

/// A place that helps to understand a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The place.
    pub span: Span,
    /// What happens there: "pushed here".
    pub message: String,
}

/// Where in the pipeline a finding stands, in the pipeline's own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// The execution's id.
    pub execution: Option<String>,
    /// The step's name, id or position.
    pub step: Option<String>,
}

/// A few values by name. A run keeps many of these: a map of its own would be mostly empty room.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence(Vec<(Cow<'static, str>, serde_json::Value)>);

impl Evidence {
    /// Sets a value.
    pub fn insert(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<serde_json::Value>) {
        let (name, value) = (name.into(), value.into());
        match self.0.binary_search_by(|(known, _)| known.cmp(&name)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (name, value));
            }
        }
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&serde_json::Value> {
        let at = self.0.binary_search_by(|(known, _)| known.as_ref().cmp(name)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &serde_json::Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

impl Serialize for Evidence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// One defect at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Kebab-case rule id.
    pub rule: Arc<str>,
    /// The rule's family.
    pub family: Arc<str>,
    /// What an attacker gains here.
    pub severity: Severity,
    /// How sure the analysis is here.
    pub confidence: Confidence,
    /// Who wants to see it.
    pub persona: Persona,
    /// One sentence about this very place.
    pub message: String,
    /// What to do here.
    pub help: String,
    /// The exact characters.
    pub span: Span,
    /// Where it stands.
    pub context: Context,
    /// Values that the judgement rests on.
    pub evidence: Evidence,
    /// Other places, in the order of the story.
    pub related: Vec<Related>,
    /// The place in another file where it happens, if this only says where a line of the pipeline leads to.
    pub happens_at: Option<Span>,
    /// Why it is not counted, if it is not.
    pub suppressed: Option<Suppression>,
    /// Whether no filter may hide it (`unparsable-pipeline`, `policy-error`).
    pub always_shown: bool,
    /// What makes the finding the same one after lines moved, without the ordinal of equal ones: the normalised text of
    /// what it is about. The reporter hashes rule, path, context and this.
    pub anchor: String,
}

/// Why a finding is not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// How it was suppressed.
    pub kind: SuppressionKind,
    /// The reason that was given.
    pub reason: String,
    /// The last day on which it counts, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// Ways to suppress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SuppressionKind {
    /// A comment beside it.
    Inline,
    /// The config file.
    Config,
    /// The baseline.
    Baseline,
}
