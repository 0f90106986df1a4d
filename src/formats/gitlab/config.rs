//! A configuration: the file with what it includes laid under it, and jobs with what they extend.
//!
//! Sources: `extends`, `default`, `inherit` in GitLab's CI/CD YAML syntax reference; `Gitlab::Ci::Config::Extendable` (eleven levels at most).

use super::inputs::Inputs;
use super::text::{self, Defined};
use super::value::{Field, References, Value};
use crate::formats::Problem;
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Opaque, Text};
use crate::source::{Embedded, Span};
use std::borrow::Cow;
use std::collections::HashMap;

/// Levels of `extends` that GitLab allows.
const MAX_EXTENDS: usize = 11;
/// Keys at the top that are no jobs.
const RESERVED: &[&str] = &[
    "after_script",
    "before_script",
    "cache",
    "default",
    "image",
    "include",
    "services",
    "spec",
    "stages",
    "types",
    "variables",
    "workflow",
];

/// What a job can take from `default` (or, as GitLab once had it, from the top).
pub(super) struct Inherited<'c, 'y> {
    config: &'c Config<'y>,
    job: &'c Value<'y>,
}

/// A job or template that others may extend.
struct Template<'y> {
    written: Value<'y>,
    /// With what it extends, once it was asked for, and how many levels that has.
    extended: Option<(Value<'y>, usize)>,
}

/// What may be extended, by name.
type Templates<'y> = HashMap<&'y str, Template<'y>>;

/// A whole configuration.
pub(super) struct Config<'y> {
    pub(super) root: Value<'y>,
    pub(super) problems: Vec<Problem>,
    pub(super) opaque: Vec<Opaque>,
    /// Whether nothing is included, so that a name that is not there is nowhere.
    pub(super) complete: bool,
    /// Variables of the whole configuration.
    pub(super) defined: Defined<'y>,
    /// What the included files are given.
    pub(super) inputs: Inputs,
}

impl<'y> Config<'y> {
    /// Puts a configuration together. `files`: the included ones in order, then the one that includes them.
    pub(super) fn new(files: &[Value<'y>], inputs: Inputs, complete: bool) -> Option<Self> {
        let merged = files.iter().cloned().reduce(|below, above| below.merged(&above))?;
        let mut references = References::new(&merged);
        let root = references.resolve(&merged);
        let unknown = references.unknown;
        let complete = complete && root.get("include").is_none();
        let mut config = Config { root, problems: Vec::new(), opaque: Vec::new(), complete, defined: Defined::new(), inputs };
        for node in unknown {
            config.missing(node.place(), format!("{} leads nowhere", node.text().trim()));
        }
        config.defined = config.root.get("variables").map(names).unwrap_or_default();
        Some(config)
    }

    /// Something is named that is not there: a problem if it cannot be elsewhere.
    pub(super) fn missing(&mut self, span: Span, what: String) {
        if self.complete {
            self.problems.push(Problem::new(span, what));
        } else {
            self.opaque.push(Opaque { span, why: format!("{what}, unless an included file has it") });
        }
    }

    /// The jobs that run, with what they extend.
    pub(super) fn jobs(&mut self) -> Vec<Field<'y>> {
        let fields: Vec<Field<'y>> = self.root.fields().to_vec();
        let root = self.root.clone();
        std::iter::once(&root).chain(root.get("default")).for_each(|holder| self.lines_are_texts(holder));
        let mut templates = Templates::new();
        for field in fields.iter() {
            templates.entry(field.name()).or_insert_with(|| Template { written: field.value.clone(), extended: None });
        }
        let mut jobs = Vec::new();
        for field in fields.into_iter().filter(|f| !f.name().starts_with('.') && !is_reserved(f.name())) {
            if !field.value.is_map() {
                if !field.value.is_null() {
                    let message =
                        format!("the job `{}` must be a map, found {}", field.name(), field.value.node.kind().described());
                    self.problems.push(Problem::new(field.key.place(), message));
                }
                continue;
            }
            let (value, _) = self.extended(&field.value, &mut vec![field.name()], &mut templates);
            self.lines_are_texts(&value);
            jobs.push(field.with(value));
        }
        jobs
    }

    /// What YAML reads as a map is no line of a script: GitLab refuses the whole configuration.
    fn lines_are_texts(&mut self, holder: &Value<'y>) {
        for key in ["before_script", "script", "after_script"] {
            for line in holder.get(key).map(Value::flat).unwrap_or_default().iter().filter(|l| l.is_map()) {
                let problem = Problem::new(line.node.place(), format!("a line of `{key}` must be a text, found a map"));
                self.problems.push(problem.help("YAML reads `a: b` as a map; quote the line, or write it behind `|`"));
            }
        }
    }

    /// A job laid over what it extends, and how many levels that has. Each template is put together once: what is wrong with it
    /// is said where it is met first.
    fn extended(&mut self, job: &Value<'y>, path: &mut Vec<&'y str>, all: &mut Templates<'y>) -> (Value<'y>, usize) {
        let Some(extends) = job.get("extends").cloned() else { return (job.clone(), 0) };
        let (mut base, mut levels): (Option<Value<'y>>, usize) = (None, 0);
        for name in extends.flat() {
            let Some(written) = name.as_str() else { continue };
            let place = name.node.place();
            let Some(template) = all.get(written).filter(|template| template.written.is_map()) else {
                self.missing(place, format!("`{written}` is extended and not defined"));
                continue;
            };
            let known = template.extended.clone();
            if path.contains(&written) || path.len() + known.as_ref().map_or(0, |known| known.1) > MAX_EXTENDS {
                self.problems.push(Problem::new(place, format!("`{written}` is extended in a circle, or too deeply")));
                continue;
            }
            let (value, below) = match known {
                Some(known) => known,
                None => {
                    let own = template.written.clone();
                    path.push(written);
                    let (value, below) = self.extended(&own, path, all);
                    path.pop();
                    let made = (value.without("extends"), below);
                    all.entry(written).and_modify(|template| template.extended = Some(made.clone()));
                    made
                }
            };
            levels = levels.max(below + 1);
            base = Some(base.map_or_else(|| value.clone(), |base| base.merged(&value)));
        }
        let own = job.without("extends");
        (base.map_or_else(|| own.clone(), |base| base.merged(&own)), levels)
    }

    /// What is there for a job beside its own keys.
    pub(super) fn inherited<'c>(&'c self, job: &'c Value<'y>) -> Inherited<'c, 'y> {
        Inherited { config: self, job }
    }

    /// A text of a field of a job; nothing for a list or map.
    pub(super) fn text(&self, value: &Value<'y>, own: &Defined<'y>) -> Option<Text> {
        let is_scalar = value.as_str().is_some();
        is_scalar.then(|| {
            let all: Defined<'y> = if own.is_empty() { self.defined.clone() } else { self.defined.union(own).copied().collect() };
            self.inputs.fill(text::field(value.node.embedded(), &all), &[value.part])
        })
    }

    /// The text of a script of lines, which may stand in several files.
    pub(super) fn script(&self, lines: &[Value<'y>]) -> Option<Text> {
        let lines = || lines.iter().filter(|l| l.as_str().is_some());
        let mut parts: Vec<usize> = lines().map(|l| l.part).collect();
        parts.dedup();
        let lines: Vec<Embedded> = lines().map(|l| l.node.embedded()).collect();
        Some(self.inputs.fill(text::script(Embedded::lines(&lines)?), &parts))
    }

    /// A word of the configuration (a name, a stage) with its inputs filled in.
    pub(super) fn word(&self, value: &Value<'y>) -> Option<Cow<'y, str>> {
        let written = value.as_str()?;
        if !written.contains("$[[") {
            return Some(Cow::Borrowed(written));
        }
        self.inputs
            .literal(&text::script(value.node.embedded()), value.part)
            .map_or(Some(Cow::Borrowed(written)), |w| Some(Cow::Owned(w)))
    }
}

/// The keys of a map.
pub(super) fn names<'y>(value: &Value<'y>) -> Defined<'y> {
    value.fields().iter().map(|f| f.name()).collect()
}

impl<'c, 'y> Inherited<'c, 'y> {
    /// The job's own entry of a key, even if null, or else the default's.
    pub(super) fn field(&self, name: &str) -> Option<&'c Field<'y>> {
        if let Some(own) = self.job.fields().iter().find(|f| f.name() == name) {
            return Some(own).filter(|f| !f.value.is_null());
        }
        if !self.inherits("default", name) {
            return None;
        }
        let root = &self.config.root;
        root.get("default").and_then(|d| d.field(name)).or_else(|| root.field(name).filter(|_| is_reserved(name)))
    }

    /// Its value.
    pub(super) fn get(&self, name: &str) -> Option<&'c Value<'y>> {
        self.field(name).map(|f| &f.value)
    }

    /// Whether `inherit:` lets a name of `default` or `variables` through.
    pub(super) fn inherits(&self, what: &str, name: &str) -> bool {
        match self.job.get("inherit").and_then(|i| i.get(what)) {
            None => true,
            Some(list) if list.is_list() => list.words().contains(&name),
            Some(value) => value.as_bool() != Some(false),
        }
    }

    /// Whether all variables of the configuration are there.
    pub(super) fn all_variables(&self) -> bool {
        let inherit = self.job.get("inherit").and_then(|i| i.get("variables"));
        inherit.is_none_or(|v| v.as_bool() == Some(true))
    }
}

/// Whether a key at the top is no job.
pub(super) fn is_reserved(key: &str) -> bool {
    RESERVED.contains(&key)
}

/// Whether a document is the header of a configuration with inputs.
pub(super) fn is_header(node: NodeRef<'_>) -> bool {
    node.kind() == Kind::Map && node.entries().len() == 1 && node.get("spec").is_some()
}
