//! Judgement: the rules, and what they say about a pipeline's facts.
//!
//! Built-in and users' rules are the same thing: a Rego file with a `# METADATA` comment whose rule `finding` is a set of
//! results. Rules are evaluated one by one; one that fails loses its own findings and says so.

mod bundle;
mod engine;
mod entry;
mod fields;
mod metadata;
mod option;
mod outcome;
mod recursion;
mod testing;
mod tokens;
mod value;

pub use metadata::FactList;
pub use option::RuleOption;
pub use testing::{FileCoverage, TestOutcome, TestReport, test_builtin, test_directory};

use crate::facts::{EventKind, Facts};
use crate::finding::{Confidence, Context, Evidence, Finding, Persona, Severity};
use crate::pipeline::Format;
use crate::source::{Sources, Span};
use bundle::{Bundle, Rule};
use engine::{Pool, Runner};
use regorus::Value;
use regorus::rvm::vm::RegoVM;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Why policies could not be loaded: the fault of whoever wrote them.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A file could not be read.
    #[error("{path}: {message}")]
    Read {
        /// The file or directory.
        path: String,
        /// What the system says.
        message: String,
    },
    /// A rule without a `# METADATA` block.
    #[error("{path}:{line}: the rule has no `# METADATA` comment above its package")]
    NoMetadata {
        /// The file.
        path: String,
        /// 1-based.
        line: usize,
    },
    /// A `# METADATA` block that says something wrong.
    #[error("{path}:{line}: metadata: {message}")]
    Metadata {
        /// The file.
        path: String,
        /// 1-based.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The engine refuses the text; its message quotes file and line.
    #[error("the policy does not load: {0}")]
    Syntax(String),
    /// A field that the facts do not have; a function that calls itself.
    #[error("{path}:{line}:{column}: {message}")]
    Field {
        /// The file.
        path: String,
        /// 1-based.
        line: usize,
        /// 1-based, in characters.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Brackets within brackets that the engine could not bear.
    #[error("{path}:{line}: more than {limit} brackets within each other")]
    TooDeep {
        /// The file.
        path: String,
        /// 1-based.
        line: usize,
        /// How many are borne.
        limit: usize,
    },
    /// Two rules of one id.
    #[error("rule `{id}` is defined twice: {first} and {second}")]
    Duplicate {
        /// The id.
        id: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// Nothing to run.
    #[error("{0}: no rule found: a policy has a rule `finding contains result if ..` and a `# METADATA` comment")]
    Empty(String),
    /// A data file.
    #[error("data: {0}")]
    Data(String),
}

/// What is known about a rule without running it.
#[derive(Debug, Clone)]
pub struct RuleInfo {
    /// Kebab-case id.
    pub id: Arc<str>,
    /// Family; `custom` for users' rules that name none.
    pub family: Arc<str>,
    /// A short sentence.
    pub title: String,
    /// Why it matters, in a sentence or two.
    pub description: String,
    /// Default grade.
    pub severity: Severity,
    /// Default grade.
    pub confidence: Confidence,
    /// Default grade.
    pub persona: Persona,
    /// Formats it is for, by public name; empty: all.
    pub formats: Vec<String>,
    /// It has nothing to say where none of these occur and none of [`RuleInfo::lists`] has entries; both empty: always asked.
    pub events: Vec<EventKind>,
    /// Lists of the facts, as [`RuleInfo::events`].
    pub lists: Vec<FactList>,
    /// What the config can say to it, by name; of users' rules that declare none, anything.
    pub options: Vec<RuleOption>,
    /// Links and their descriptions.
    pub references: Vec<(String, String)>,
    /// The page, in Markdown.
    pub doc: String,
    /// Whether it comes with the linter.
    pub builtin: bool,
}

/// Names of all formats, as metadata and reports spell them.
pub(crate) fn format_names() -> Vec<&'static str> {
    Format::ALL.map(Format::name).to_vec()
}

/// Values of options, by rule and name.
pub type Options = BTreeMap<String, BTreeMap<String, serde_json::Value>>;

/// Loaded rules, ready to be asked by any number of threads.
pub struct Policies {
    builtin: Bundle,
    custom: Bundle,
    data: Vec<Value>,
    infos: Vec<RuleInfo>,
    options: Options,
    disabled: BTreeSet<Arc<str>>,
    machine: Pool<RegoVM>,
    interpreter: Option<Pool<engine::Interpreter>>,
}

impl Policies {
    /// The rules that come with the linter.
    ///
    /// # Errors
    /// None in a binary whose tests pass.
    pub fn builtin() -> Result<Self, PolicyError> {
        Self::of(bundle::builtin()?)
    }

    /// Only the linter's own findings (`policy-error`, `unused-ignore` ..), which no option turns off as rules.
    ///
    /// # Errors
    /// As [`Policies::builtin`].
    pub fn none() -> Result<Self, PolicyError> {
        let mut bundle = bundle::builtin()?;
        bundle.rules.retain(|r| r.entry.is_none());
        Self::of(bundle)
    }

    fn of(builtin: Bundle) -> Result<Self, PolicyError> {
        let mut policies = Policies {
            builtin,
            custom: Bundle::default(),
            data: Vec::new(),
            infos: Vec::new(),
            options: Options::new(),
            disabled: BTreeSet::new(),
            machine: engine::machine(&Value::new_object()),
            interpreter: None,
        };
        policies.prepare()?;
        Ok(policies)
    }

    /// SHA-256 of everything that they are made of: texts of rules and helpers, data.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut part = |text: &str| hash.update([&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat());
        self.builtin.modules.iter().chain(&self.custom.modules).for_each(|module| part(&module.text));
        self.data.iter().for_each(|data| part(&data.to_string()));
        hash.finalize().into()
    }

    /// Adds the policies of a directory (or of one file).
    ///
    /// # Errors
    /// If a file cannot be read, or a policy does not load or reads what the facts do not have.
    pub fn with_dir(self, path: &Path) -> Result<Self, PolicyError> {
        self.with_bundle(bundle::directory(path)?, &path.display().to_string())
    }

    /// The same with files at hand: their paths and texts. `shown` is what errors call them together, `page` gives the text of a
    /// file beside one of them.
    ///
    /// # Errors
    /// If a policy does not load or reads what the facts do not have.
    pub fn with_files(
        self,
        shown: &str,
        files: Vec<(String, String)>,
        page: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<Self, PolicyError> {
        let modules = files.into_iter().map(|(path, text)| engine::Module { path, text }).collect();
        self.with_bundle(bundle::custom(modules, page)?, shown)
    }

    fn with_bundle(mut self, added: Bundle, shown: &str) -> Result<Self, PolicyError> {
        if added.rules.is_empty() {
            return Err(PolicyError::Empty(shown.to_owned()));
        }
        self.custom.modules.extend(added.modules.iter().cloned());
        self.custom.rules.extend(added.rules);
        recursion::count(&self.custom.modules)?;
        self.prepare()?;
        fields::check(&added.modules)?;
        recursion::check(&self.custom.modules)?;
        Ok(self)
    }

    /// Adds a JSON or YAML document to what users' policies see as `data`.
    ///
    /// # Errors
    /// If it cannot be read, is no object, or claims `data.swaplint`.
    pub fn with_data(self, path: &Path) -> Result<Self, PolicyError> {
        self.with_data_text(&path.display().to_string(), &bundle::read(path)?)
    }

    /// The same with its text at hand, which errors call `shown`.
    ///
    /// # Errors
    /// As [`Policies::with_data`].
    pub fn with_data_text(self, shown: &str, text: &str) -> Result<Self, PolicyError> {
        let document: serde_json::Value = serde_yaml::from_str(text).map_err(|e| PolicyError::Data(format!("{shown}: {e}")))?;
        let keys = document.as_object().ok_or_else(|| PolicyError::Data(format!("{shown}: not an object")))?;
        if keys.contains_key("swaplint") {
            return Err(PolicyError::Data(format!("{shown}: `swaplint` is taken by the linter's own policies")));
        }
        self.with_document(document)
    }

    /// The same with a document at hand.
    ///
    /// # Errors
    /// If it contradicts another document.
    pub fn with_document(mut self, document: serde_json::Value) -> Result<Self, PolicyError> {
        self.data.push(Value::from(document));
        self.prepare()?;
        Ok(self)
    }

    /// Sets options of rules; what is not set is as the rule declares it. Rules read them as `data.options["its-id"]["its-name"]`.
    ///
    /// # Errors
    /// If a document of users' data contradicts them.
    pub fn with_options(mut self, options: Options) -> Result<Self, PolicyError> {
        self.options = options;
        self.prepare()?;
        Ok(self)
    }

    /// All rules, by family and id, users' rules last.
    #[must_use]
    pub fn rules(&self) -> &[RuleInfo] {
        &self.infos
    }

    /// The rule of an id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&RuleInfo> {
        self.infos.iter().find(|r| *r.id == *id)
    }

    /// Turns off the rules that `unwanted` accepts; they are not evaluated.
    pub fn disable(&mut self, unwanted: impl Fn(&RuleInfo) -> bool) {
        self.disabled.extend(self.infos.iter().filter(|r| unwanted(r)).map(|r| r.id.clone()));
    }

    /// Whether there is such a rule and it was not turned off.
    #[must_use]
    pub fn is_enabled(&self, id: &str) -> bool {
        !self.disabled.contains(id) && self.rule(id).is_some()
    }

    /// What the rules say about one pipeline, in the order of the rules.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts, sources: &Sources) -> Vec<Finding> {
        let input = match value::to_value(facts) {
            Ok(input) => input,
            Err(e) => {
                return vec![self.policy_error(facts, &format!("the facts of this pipeline cannot be shown to policies: {e}"))];
            }
        };
        let mut findings = Vec::new();
        self.ask(&self.machine, &self.builtin, &input, facts, sources, &mut findings);
        if let Some(interpreter) = &self.interpreter {
            self.ask(interpreter, &self.custom, &input, facts, sources, &mut findings);
        }
        findings
    }

    fn ask<R: Runner>(
        &self,
        pool: &Pool<R>,
        bundle: &Bundle,
        input: &Value,
        facts: &Facts,
        sources: &Sources,
        findings: &mut Vec<Finding>,
    ) {
        let asked = bundle.rules.iter().filter(|rule| self.is_asked(rule, facts));
        let asked: Vec<(&Rule, &str)> = asked.filter_map(|rule| Some((rule, rule.entry.as_deref()?))).collect();
        if asked.is_empty() {
            return;
        }
        let entries: Vec<&str> = asked.iter().map(|(_, entry)| *entry).collect();
        for ((rule, _), value) in asked.into_iter().zip(pool.eval(input, &entries)) {
            self.outcome(rule, value, facts, sources, findings);
        }
    }

    fn is_asked(&self, rule: &Rule, facts: &Facts) -> bool {
        rule.applies(facts) && !self.disabled.contains(&rule.info.id)
    }

    fn outcome(&self, rule: &Rule, value: Result<Value, String>, facts: &Facts, sources: &Sources, findings: &mut Vec<Finding>) {
        let (id, path) = (&rule.info.id, &rule.path);
        match value {
            Err(e) => findings.push(self.policy_error(facts, &format!("rule `{id}` failed, its findings are missing: {e}"))),
            Ok(value) => {
                let (found, wrong) = outcome::findings(&rule.info, &value, facts, sources);
                if let Some(first) = wrong.first() {
                    let missing = match wrong.len() {
                        1 => format!("a result of rule `{id}` is missing"),
                        several => format!("{several} results of rule `{id}` are missing"),
                    };
                    let message = format!("{missing}: {first} ({path})");
                    findings.push(self.policy_error(facts, &message));
                }
                findings.extend(found);
            }
        }
    }

    /// There is no place in the pipeline to blame: the whole definition is what was not judged.
    fn policy_error(&self, facts: &Facts, message: &str) -> Finding {
        let span = facts.spans.get(facts.pipeline.span as usize).copied().unwrap_or(Span::default());
        let help = "repair the policy: nothing of what it looks for was reported here".to_owned();
        Finding { always_shown: true, ..self.own_finding("policy-error", message.to_owned(), help, span) }
    }

    /// A finding of the linter itself, with the grades of the catalogue.
    #[must_use]
    pub fn own_finding(&self, id: &str, message: String, help: String, span: Span) -> Finding {
        let info = self.rule(id);
        Finding {
            rule: info.map_or_else(|| id.into(), |i| Arc::clone(&i.id)),
            family: info.map_or_else(|| "linter".into(), |i| Arc::clone(&i.family)),
            severity: info.map_or(Severity::High, |i| i.severity),
            confidence: info.map_or(Confidence::High, |i| i.confidence),
            persona: info.map_or(Persona::Regular, |i| i.persona),
            anchor: message.clone(),
            message,
            help,
            span,
            context: Context::default(),
            evidence: Evidence::default(),
            related: Vec::new(),
            happens_at: None,
            suppressed: None,
            always_shown: false,
        }
    }

    /// Compiles what is loaded and checks that ids are unique.
    fn prepare(&mut self) -> Result<(), PolicyError> {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for rule in self.builtin.rules.iter().chain(&self.custom.rules) {
            if let Some(first) = seen.insert(&rule.info.id, &rule.path) {
                let (id, second) = (rule.info.id.clone(), rule.path.clone());
                return Err(PolicyError::Duplicate { id: id.to_string(), first: first.to_owned(), second });
            }
        }
        let entries = |bundle: &Bundle| bundle.rules.iter().filter_map(|r| r.entry.clone()).collect::<Vec<_>>();
        let options = options_data(self.builtin.rules.iter().chain(&self.custom.rules), &self.options);
        self.machine = engine::machine(&options);
        if !self.custom.rules.is_empty() {
            let mut modules = bundle::library();
            modules.extend(self.custom.modules.iter().cloned());
            let data: Vec<Value> = self.data.iter().cloned().chain([options]).collect();
            self.interpreter = Some(engine::interpreter(&modules, &entries(&self.custom), &data)?);
        }
        self.infos = self.builtin.rules.iter().chain(&self.custom.rules).map(|r| r.info.clone()).collect();
        Ok(())
    }
}

/// What rules see as `data`: what they declare as options, and instead of it what is set.
fn options_data<'r>(rules: impl Iterator<Item = &'r Rule>, set: &Options) -> Value {
    let mut all: Options = set.clone();
    for rule in rules.filter(|r| !r.info.options.is_empty()) {
        let own = all.entry(rule.info.id.to_string()).or_default();
        for option in &rule.info.options {
            own.entry(option.name.clone()).or_insert_with(|| option.default.clone());
        }
    }
    Value::from(serde_json::json!({ "options": all }))
}

#[cfg(test)]
mod tests;
