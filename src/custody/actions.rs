//! Steps that use an action, plugin or template: what data says of them, or what they hold.

use super::effects::At;
use super::env::Env;
use super::graph::NodeId;
use super::interpret::Walk;
use super::model::RawDefinition;
use super::scope::Scope;
use super::symbol::Symbol;
use super::value::Value;
use crate::facts::Origin;
use crate::pipeline::{
    Binding, Call, Definition, DefinitionKind, DefinitionTarget, Dialect, Expr, Format, Port, Script, Step, Text,
};
use crate::snippet::Language;
use crate::tools::{ActionSpec, Yield};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The kind of what GitLab itself brings: the artifacts that a job gets from others.
const STORED: &str = "gitlab-step";

impl Walk<'_> {
    /// Whether the image of a container action is made of a Dockerfile that lies beside it: then that one's images are noted.
    pub(super) fn builds_action(&mut self, image: &Text, scope: &Scope) -> bool {
        if scope.pipeline.format != Format::GithubAction || !image.holes.is_empty() {
            return false;
        }
        let action = &self.world.sources.get(scope.pipeline.file).path;
        let file = image.raw().trim_start_matches("./");
        let path = action.rsplit_once('/').map_or_else(|| file.to_owned(), |(folder, _)| format!("{folder}/{file}"));
        self.bases_in(&path)
    }

    pub(super) fn use_action(
        &mut self,
        call: &Call,
        step: &Step,
        entry: NodeId,
        scope: &mut Scope,
        files: &mut Env,
    ) -> (NodeId, NodeId) {
        let call = &*self.filled(call, scope);
        if let Some(spec) = self.described(call) {
            if matches!(call.definition.target, DefinitionTarget::Remote { .. }) {
                self.define(call, false);
            }
            if spec.passes_on {
                self.hand_to_call(call, scope);
            }
            let (node, ok, fail) = self.single(entry);
            let at = At { node, origin: Origin::Action, branch: self.place.conditional, span: call.definition.text.span() };
            let ends = self.known_action(spec, call, step.id.as_deref(), &at, (ok, fail), scope, files);
            self.result_of(call, step);
            return ends.unwrap_or((ok, fail));
        }
        match &call.definition.target {
            // What is included is merged into the including pipeline, not run in its place.
            DefinitionTarget::Local(path) if call.definition.kind == DefinitionKind::Include => {
                if !path.contains('*') && self.world.files.read(path).is_none() {
                    self.noted(call.definition.text.span(), "what it includes is not in this repository");
                }
                (entry, self.point())
            }
            DefinitionTarget::Local(path) if call.definition.kind == DefinitionKind::Library => {
                self.library_step(path, call, step, entry, scope, files)
            }
            // Jobs of GitLab have what others left without having asked for it.
            DefinitionTarget::Named { kind, .. } if kind.ends_with("-step") => {
                let names = call.inputs.iter().filter(|b| b.name == "name" && kind == STORED);
                names.for_each(|name| self.take_stored(name.value.raw(), "", files));
                let (_, ok, fail) = self.single(entry);
                (ok, fail)
            }
            DefinitionTarget::Local(path) => {
                let found = self.world.files.pipeline(path);
                self.local_action(found, call, entry, scope, files)
            }
            DefinitionTarget::Image(image) => {
                let text = &call.definition.text;
                let start = text.raw().find(image.as_str()).unwrap_or(0);
                let image = text.slice(start..text.raw().len());
                self.image("step", &image, scope);
                let value = self.text(&image, scope);
                let argv: Vec<Text> = call.inputs.iter().filter(|b| b.name == "args").map(|b| b.value.clone()).collect();
                let argv = argv.first().map(words_in).unwrap_or_default();
                self.container(&value, &argv, step.span, entry, scope, files)
            }
            DefinitionTarget::Named { kind, name } => {
                let found = self.world.files.named(kind, name, scope.pipeline.file);
                if found.is_none() {
                    self.define(call, false);
                }
                self.local_action(found, call, entry, scope, files)
            }
            DefinitionTarget::Remote { .. }
            | DefinitionTarget::Merged(_)
            | DefinitionTarget::Filled(_)
            | DefinitionTarget::Unknown => {
                self.unseen = true;
                self.define(call, false);
                self.hand_to_call(call, scope);
                self.elsewhere_defined(call, "what it uses is not in this repository, and no data describes it");
                let (_, ok, fail) = self.single(entry);
                (ok, fail)
            }
        }
    }

    /// A call whose reference says where it leads, as far as the values are known that it is made of.
    pub(super) fn filled<'c>(&mut self, call: &'c Call, scope: &Scope) -> Cow<'c, Call> {
        let DefinitionTarget::Filled(template) = &call.definition.target else { return Cow::Borrowed(call) };
        let target = template.fill(|text| self.text(text, scope).known().map(str::to_owned));
        let parameter = template.version().and_then(|version| self.default_in(version, scope));
        let definition = Definition { target, parameter, ..call.definition.clone() };
        Cow::Owned(Call { definition, ..call.clone() })
    }

    /// The parameter that a text consists of, if its default holds unless somebody starts the pipeline with another value.
    fn default_in(&mut self, text: &Text, scope: &Scope) -> Option<String> {
        let [hole] = text.holes.as_slice() else { return None };
        let Expr::Port(Port::Input(name)) = &*hole.expr else { return None };
        if hole.range != (0..text.raw().len()) {
            return None;
        }
        let is_default = !scope.called && self.text(text, scope).origins.iter().any(|o| &*o.what == super::scope::DEFAULT);
        is_default.then(|| name.clone())
    }

    /// Records a reference to pipeline code.
    pub(super) fn define(&mut self, call: &Call, whole: bool) {
        self.records.definitions.push(RawDefinition { definition: call.definition.clone(), place: self.place.clone(), whole });
    }

    /// Applies what the data says of an action or reusable workflow; sets its outputs. Returns other ends if it runs a script.
    pub(super) fn known_action(
        &mut self,
        spec: &ActionSpec,
        call: &Call,
        id: Option<&str>,
        at: &At,
        ends: (NodeId, NodeId),
        scope: &Scope,
        files: &mut Env,
    ) -> Option<(NodeId, NodeId)> {
        let texts: Vec<Text> = call.inputs.iter().map(|b| b.value.clone()).collect();
        let words = self.words_of(&texts, scope);
        let argv = words.argv();
        let inputs: Vec<(&str, &str)> = call.inputs.iter().map(|b| b.name.as_str()).zip(argv.iter().copied()).collect();
        let found = spec.apply(&inputs);
        self.apply(&found, &words, &argv, at, files);
        if let Some(checkout) = &spec.checkout {
            self.checked_out(checkout, call, scope);
        }
        let owner =
            id.map_or_else(|| format!("{}.{}", scope.execution, self.place.step), |id| format!("{}.steps.{id}", scope.execution));
        for (name, output) in &spec.outputs {
            let of = found.about(&output.of, &argv);
            let content = Yield {
                content: output.content,
                of,
                lookup: output.lookup,
                local: false,
                fields: &output.fields,
                uncertain: false,
            };
            let value = self.yielded(&content, &found, &words, at, files);
            let value = self.renamed(&value, format!("{owner}.outputs.{name}")).from(at.span, "output of this step");
            self.outputs.insert(name.clone(), value);
        }
        self.unseen |= spec.other_outputs.is_none();
        for name in spec.other_outputs.iter().flat_map(|names| &names.0) {
            let value = self.unknown(format!("{owner}.outputs.{name}"));
            self.outputs.insert(name.clone(), value);
        }
        // Names of inputs are the same in any case.
        let input = |names: &[String]| call.inputs.iter().find(|b| names.iter().any(|name| name.eq_ignore_ascii_case(&b.name)));
        if let Some(program) = input(&spec.javascript.0) {
            return Some(self.program_step(&program.value, Language::JavaScript, ends.0, scope, files));
        }
        let script = input(&spec.scripts.0)?;
        Some(self.input_script(script, ends.0, scope, files))
    }

    /// The same symbol under the name by which the pipeline refers to it.
    fn renamed(&mut self, value: &Value, key: String) -> Value {
        let Some(id) = value.single().and_then(super::text::Text::as_symbol) else { return value.clone() };
        let symbol = self.symbols.get(id).clone();
        let fields = self.fields.get(&id).cloned();
        let new = self.symbols.intern(Symbol { key, ..symbol });
        if let Some(fields) = fields {
            self.fields.insert(new, fields);
        }
        Value::symbol(new)
    }

    /// A shell script in an input of an action.
    pub(super) fn input_script(&mut self, binding: &Binding, entry: NodeId, scope: &Scope, files: &mut Env) -> (NodeId, NodeId) {
        let options = crate::pipeline::ShellOptions { errexit: true, pipefail: false, failure_counts: true };
        let script = Script { text: binding.value.clone(), dialect: Dialect::Bash, options };
        let mut scope = scope.clone();
        self.run_script(&script, entry, &mut scope, files)
    }

    /// Values that a call gives.
    pub(super) fn given(&mut self, bindings: &[Binding], scope: &Scope) -> BTreeMap<String, Value> {
        let mut given = BTreeMap::new();
        for binding in bindings {
            for (name, part) in parts_given(binding, scope) {
                let value = self.input(&part, scope).from(binding.value.span(), "given here");
                given.entry(name).or_insert(value);
            }
            given.insert(binding.name.clone(), self.text(&binding.value, scope).from(binding.value.span(), "given here"));
        }
        given
    }
}

/// The parts of a list or map that is handed over as a whole: their names there, and the names of the inputs here.
fn parts_given(binding: &Binding, scope: &Scope) -> Vec<(String, String)> {
    let (Some(there), [hole]) = (binding.name.strip_suffix("[*]"), &binding.value.holes[..]) else { return Vec::new() };
    let Expr::Port(Port::Input(here)) = &*hole.expr else { return Vec::new() };
    let Some(here) = here.strip_suffix("[*]") else { return Vec::new() };
    let declared = scope.pipeline.inputs.iter().map(|i| &i.name);
    let parts = scope.inputs.keys().chain(declared).filter_map(|name| name.strip_prefix(here));
    let parts = parts.filter(|part| part.starts_with(['.', '[']) && *part != "[*]");
    parts.map(|part| (format!("{there}{part}"), format!("{here}{part}"))).collect()
}

/// Splits an `args:` text at white space that is in no quotes and no hole.
fn words_in(text: &Text) -> Vec<Text> {
    let raw = text.raw();
    let in_hole = |at: usize| text.holes.iter().any(|h| h.range.contains(&at));
    let (mut words, mut start, mut quote) = (Vec::new(), None, None);
    for (i, c) in raw.char_indices() {
        let blank = c.is_whitespace() && !in_hole(i) && quote.is_none();
        match (blank, start) {
            (true, Some(from)) => {
                words.push(text.slice(from..i));
                start = None;
            }
            (false, None) => start = Some(i),
            _ => {}
        }
        if matches!(c, '"' | '\'') && !in_hole(i) {
            quote = if quote == Some(c) { None } else { quote.or(Some(c)) };
        }
    }
    if let Some(from) = start {
        words.push(text.slice(from..raw.len()));
    }
    words
}
