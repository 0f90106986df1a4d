//! Executions of a pipeline, in the order of their edges, those of called pipelines of the repository in place.

use super::conditions::beyond_status;
use super::effects::At;
use super::env::Env;
use super::filepath::{file_key, written_key};
use super::idle::Outcome;
use super::interpret::Walk;
use super::model::{Place, RawExecution, RawMissing};
use super::needs::AnyOutcome;
use super::refer::MARK;
use super::scope::Scope;
use super::secrets::{secrets_of, shared_secrets};
use super::value::Value;
use crate::facts::{IdleCause, Origin, Shell};
use crate::pipeline::{Binding, Call, DefinitionTarget, Execution, Pipeline, Text};
use crate::tools::ActionSpec;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Called pipelines within called pipelines that are followed (GitHub allows ten levels, the caller included).
const MAX_CALLS: usize = 10;
/// Executions of one pipeline, called ones included.
const MAX_EXECUTIONS: usize = 1_000;

/// What a called pipeline is given.
pub(super) struct Given {
    pub(super) prefix: Rc<str>,
    pub(super) inputs: Rc<BTreeMap<String, Value>>,
    pub(super) called: bool,
    /// Executions that stand before all of its own.
    pub(super) after: Vec<usize>,
    /// What the caller calls the folders that outlive an execution, by their names here.
    pub(super) carriers: BTreeMap<String, String>,
    /// What must hold for it to run at all.
    pub(super) conditions: Vec<Rc<str>>,
    /// As [`Place::calls`].
    pub(super) calls: Rc<Vec<crate::source::Span>>,
    /// Variables that win over its own.
    pub(super) env: Rc<BTreeMap<String, Value>>,
}

/// What stands before an execution.
#[derive(Default)]
struct Before {
    all: Vec<usize>,
    /// Those that it names, with what they call.
    named: BTreeMap<String, Vec<usize>>,
    /// What must hold for it because it must hold for them.
    implied: BTreeSet<Rc<str>>,
}

impl Walk<'_> {
    /// Walks all executions; returns their indices.
    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, given: &Given) -> Vec<usize> {
        let mut done: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut all = Vec::new();
        for execution in in_order(&pipeline.executions) {
            if self.records.executions.len() >= self.world.knowledge.executions.unwrap_or(MAX_EXECUTIONS) {
                self.opaque(execution.span, "the pipeline has more executions than are followed");
                break;
            }
            let mut before = Before { all: given.after.clone(), ..Before::default() };
            for need in &execution.needs {
                let indices = done.get(need.execution.as_str()).map(Vec::as_slice).unwrap_or_default();
                before.all.extend(indices);
                before.named.insert(need.execution.clone(), indices.to_vec());
                // The first is the execution itself, the others are those of the pipeline that it calls.
                if let Some(first) = indices.first().filter(|_| !need.optional) {
                    let earlier = &self.records.executions[*first];
                    before.implied.extend(earlier.conditions.iter().chain(&*earlier.implied).cloned());
                }
            }
            let mut indices = self.execution(pipeline, execution, before, given);
            all.extend(indices.iter().copied());
            if execution.detached {
                indices.truncate(1);
            }
            done.insert(&execution.id, indices);
        }
        all
    }

    fn execution(&mut self, pipeline: &Pipeline, execution: &Execution, before: Before, given: &Given) -> Vec<usize> {
        let id = format!("{}{}", given.prefix, execution.id);
        let index = self.records.executions.len();
        let (entry, ok, fail) = (self.point(), self.point(), self.point());
        let own = execution.condition.as_ref().and_then(|c| beyond_status(&c.expr));
        let mut conditions = given.conditions.clone();
        conditions.extend(own.clone().map(Rc::from));
        self.records.executions.push(RawExecution {
            id: id.clone(),
            needs: before.all,
            condition: execution.condition.as_ref().map(|c| super::conditions::describe(&c.expr)),
            machine: execution.machine.as_ref().map(|m| format!("{}{m}", given.prefix)),
            conditions: conditions.clone(),
            implied: Rc::new(before.implied),
            any_outcome: AnyOutcome::of(execution.condition.as_ref(), before.named),
            caller: given.after.first().copied(),
            permissions: execution.permissions.as_ref().map(|p| p.scopes.iter().cloned().collect::<BTreeMap<_, _>>()),
            permissions_span: execution.permissions.as_ref().map(|p| p.span),
            secrets: secrets_of(pipeline, execution),
            shared_secrets: shared_secrets(pipeline, execution),
            inherits_secrets: execution.call.as_ref().and_then(|c| c.inherits_secrets),
            has_environment: execution.environment.is_some(),
            is_elsewhere: false,
            is_given_more: execution.left.elsewhere,
            entry,
            ok,
            tolerance: execution.tolerance.as_ref().filter(|t| t.certain).map(|t| (t.span, t.how.clone())),
            caught: execution.caught,
            span: execution.id_span,
        });
        self.place = Place {
            execution: index,
            step: "".into(),
            step_span: None,
            shell: Shell::Posix,
            conditions: Rc::new(conditions.clone()),
            conditional: false,
            calls: Rc::clone(&given.calls),
            folder: Rc::default(),
        };
        let mut scope = Scope {
            called: given.called,
            fixed: Rc::clone(&given.env),
            ..Scope::new(pipeline, Rc::clone(&given.prefix), id.as_str().into(), Rc::clone(&given.inputs))
        };
        self.workspace.clear();
        self.left_behind(index, execution, &mut scope);
        self.surroundings(pipeline, execution, &mut scope);
        let machine = self.records.executions[index].machine.clone();
        let mut files = Env::default();
        if let Some(machine) = &machine {
            files.files = self.machines.get(machine).cloned().unwrap_or_default();
        }
        let off = match self.outcome_of(execution.condition.as_ref(), &scope) {
            // What one caller does not want, another may.
            Outcome::Never(off) if off.why != IdleCause::Never => Some(off.by_default()),
            Outcome::Never(off) => {
                self.idly(off, |walk| {
                    walk.steps(&execution.steps, entry, true, &mut scope, &mut files);
                });
                return vec![index];
            }
            Outcome::Runs { off, .. } => off,
        };
        let outer_off = self.records.off.clone();
        if let Some(off) = off.filter(|_| outer_off.is_none()) {
            self.records.off = Some(off);
        }
        self.carried(index, execution, given, &scope, &mut files);
        let first = self.records.events.len();
        let (done, failed) = self.steps(&execution.steps, entry, true, &mut scope, &mut files);
        self.doubts(execution.tolerance.as_ref(), first);
        self.records.off = outer_off;
        self.carry(index, execution, given, &scope, &files);
        self.graph.ok(done, ok);
        self.graph.ok(failed, fail);
        if let Some(machine) = machine {
            self.machines.insert(machine, files.files.clone());
        }
        let mut indices = vec![index];
        match &execution.call {
            Some(call) => indices.extend(self.called(call, execution, index, given, &scope, &mut files)),
            None => {
                for (path, content) in &files.files {
                    scope.written.entry(path.clone()).or_insert_with(|| content.clone());
                }
                let outputs: BTreeMap<String, Value> = execution
                    .outputs
                    .iter()
                    .map(|o| (o.name.clone(), self.text(&o.value, &scope).from(o.value.span(), "output of the execution")))
                    .collect();
                self.hand_outputs(&outputs);
                self.execution_outputs.insert(id, outputs);
            }
        }
        indices
    }

    /// Puts what earlier executions left in folders that outlive them where this one finds it.
    fn carried(&mut self, index: usize, execution: &Execution, given: &Given, scope: &Scope, files: &mut Env) {
        if execution.carriers.iter().all(|c| c.paths.is_empty()) {
            return;
        }
        let before = self.before(index);
        for carrier in &execution.carriers {
            let left = self.carriers.get(&shared_name(&carrier.name, given)).cloned().unwrap_or_default();
            for path in &carrier.paths {
                let folder = self.front(path, scope);
                for (_, file, content) in left.iter().filter(|(writer, ..)| before[*writer]) {
                    files.files.insert(format!("{folder}{file}"), content.clone());
                }
            }
        }
    }

    /// Keeps what an execution leaves in folders that outlive it.
    fn carry(&mut self, index: usize, execution: &Execution, given: &Given, scope: &Scope, files: &Env) {
        for carrier in &execution.carriers {
            for path in &carrier.paths {
                let folder = self.front(path, scope);
                let is_own = |file: &str| !folder.is_empty() || !(file.starts_with(['/', '~']) || file.starts_with(MARK));
                let own = files.files.iter().filter_map(|(path, content)| Some((path.strip_prefix(&folder)?, content)));
                let own = own
                    .filter(|(file, _)| is_own(file))
                    .map(|(file, content)| (index, written_key(file, &self.symbols), content.clone()));
                self.carriers.entry(shared_name(&carrier.name, given)).or_default().extend(own);
            }
        }
    }

    /// A path as the front of the keys of the files in it.
    fn front(&mut self, path: &Text, scope: &Scope) -> String {
        let path = self.text(path, scope);
        let key = path.single().map(|path| file_key(path, "", &self.symbols)).unwrap_or_default();
        if key.is_empty() { key } else { format!("{key}/") }
    }

    /// For each execution whether it has ended before one starts.
    fn before(&self, index: usize) -> Vec<bool> {
        let executions = &self.records.executions;
        let (mut queue, mut seen) = (vec![index], vec![false; executions.len()]);
        while let Some(at) = queue.pop() {
            for need in &executions[at].needs {
                if !std::mem::replace(&mut seen[*need], true) {
                    queue.push(*need);
                }
            }
        }
        seen
    }

    /// Variables that earlier executions left in files for this one (GitLab's dotenv reports). They win over its own.
    fn left_behind(&mut self, index: usize, execution: &Execution, scope: &mut Scope) {
        let (mut fixed, mut refused) = (BTreeMap::new(), BTreeMap::new());
        for (before, _) in self.before(index).into_iter().enumerate().filter(|(_, is_before)| *is_before) {
            let RawExecution { id, span, .. } = &self.records.executions[before];
            let name = id.strip_prefix(&*scope.prefix).unwrap_or(id);
            let is_taken = execution.left.only.as_ref().is_none_or(|only| only.iter().any(|o| o == name));
            let outputs = self.execution_outputs.get(id);
            for (_, text) in outputs.into_iter().flatten().filter(|(name, _)| name.starts_with("dotenv:")) {
                for (variable, value) in super::contents::assigned_lines(text) {
                    if is_taken {
                        fixed.insert(variable, value);
                    } else {
                        let why = format!("`{name}` leaves it, and this job does not take what `{name}` leaves");
                        refused.insert(variable.clone(), RawMissing { name: variable, why, origin: Some(*span) });
                    }
                }
            }
        }
        refused.retain(|variable, _| !fixed.contains_key(variable) && !execution.left.elsewhere);
        for (variable, missing) in refused {
            let value = self.missing(format!("{variable} in {}", scope.execution), missing);
            scope.env.insert(variable, value);
        }
        fixed.extend(scope.fixed.iter().map(|(name, value)| (name.clone(), value.clone())));
        scope.env.extend(fixed.clone());
        scope.fixed = Rc::new(fixed);
    }

    fn surroundings(&mut self, pipeline: &Pipeline, execution: &Execution, scope: &mut Scope) {
        for axis in &execution.matrix {
            let value = |text: &Text| self.text(text, scope).from(text.span(), "value of the matrix");
            let values: Vec<Value> = axis.values.iter().map(value).collect();
            let value = super::env::bounded(Value::one_of(values).unwrap_or_default(), &mut self.symbols, &axis.name);
            scope.matrix.insert(axis.name.clone(), value);
        }
        self.bind(&pipeline.env, scope);
        self.bind(&execution.env, scope);
        if let Some(image) = &execution.image {
            self.image("job", image, scope);
        }
        for service in &execution.services {
            self.image("service", service, scope);
        }
        for manifest in &execution.manifests {
            self.images_of_manifest(manifest, scope);
        }
        if let Some(dockerfile) = &execution.dockerfile {
            self.images_of_dockerfile(dockerfile, scope);
        }
    }

    /// A pipeline that stands in the place of an execution.
    fn called(
        &mut self,
        call: &Call,
        execution: &Execution,
        index: usize,
        outer: &Given,
        scope: &Scope,
        files: &mut Env,
    ) -> Vec<usize> {
        let RawExecution { id, conditions, .. } = self.records.executions[index].clone();
        let id = id.as_str();
        let call = &*self.filled(call, scope);
        if let Some(spec) = self.described(call) {
            self.described_call(spec, call, execution, index, scope, files);
            return Vec::new();
        }
        let found = match &call.definition.target {
            DefinitionTarget::Local(path) => self.world.files.pipeline(path),
            DefinitionTarget::Merged(paths) => self.world.files.merged(paths),
            DefinitionTarget::Named { kind, name } => self.world.files.named(kind, name, scope.pipeline.file),
            _ => {
                self.define(call, true);
                self.hand_on(call, execution, scope);
                self.elsewhere_defined(call, "the called pipeline is not in this repository");
                self.elsewhere(execution, index, id, scope);
                return Vec::new();
            }
        };
        let Some(pipeline) = found else {
            self.hand_on(call, execution, scope);
            self.elsewhere(execution, index, id, scope);
            self.opaque(call.definition.text.span(), "the called pipeline is not in this repository");
            return Vec::new();
        };
        if self.calls.len() >= MAX_CALLS || self.calls.contains(&super::steps::identity(&pipeline)) {
            self.opaque(call.definition.text.span(), "pipelines call each other too deeply to be followed");
            return Vec::new();
        }
        let inputs = self.given(&call.inputs, scope);
        let calls = self.enter_call(call.definition.text.span(), pipeline.file);
        self.calls.push(super::steps::identity(&pipeline));
        let prefix: Rc<str> = format!("{id} / ").into();
        let given = Given {
            prefix: Rc::clone(&prefix),
            inputs: Rc::new(inputs),
            called: true,
            after: vec![index],
            carriers: execution.carriers.iter().map(|c| (c.inside.clone(), shared_name(&c.name, outer))).collect(),
            conditions: conditions.clone(),
            calls: Rc::clone(&self.place.calls),
            env: self.passed(execution, scope),
        };
        let indices = self.pipeline(&pipeline, &given);
        self.calls.pop();
        let inner = Scope::new(&pipeline, prefix, id.into(), given.inputs);
        let outputs = pipeline
            .outputs
            .iter()
            .map(|o| (o.name.clone(), self.text(&o.value, &inner).from(o.value.span(), "output of the called pipeline")))
            .collect();
        self.execution_outputs.insert(id.to_owned(), outputs);
        let conditions = Rc::new(conditions);
        self.place = Place {
            execution: index,
            step: "".into(),
            step_span: None,
            shell: Shell::Posix,
            conditions,
            conditional: false,
            calls,
            folder: Rc::default(),
        };
        indices
    }

    /// Notes what a pipeline is given that is not seen.
    fn hand_on(&mut self, call: &Call, execution: &Execution, scope: &Scope) {
        self.hand_to_call(call, scope);
        self.hand_variables(execution, scope);
    }

    /// Variables of an execution for the pipeline that it calls.
    fn passed(&self, execution: &Execution, scope: &Scope) -> Rc<BTreeMap<String, Value>> {
        let names = scope.pipeline.env.iter().chain(&execution.env).map(|b| &b.name).filter(|_| execution.passes_env);
        Rc::new(names.filter_map(|name| Some((name.clone(), scope.env.get(name)?.clone()))).collect())
    }

    /// What the outputs of an execution are that is not seen, as far as the caller knows.
    fn elsewhere(&mut self, execution: &Execution, index: usize, id: &str, scope: &Scope) {
        self.records.executions[index].is_elsewhere = true;
        let outputs = execution.outputs.iter();
        let value = |o: &Binding| (o.name.clone(), self.text(&o.value, scope).from(o.value.span(), "declared by its name"));
        let outputs = outputs.map(value).collect();
        self.execution_outputs.insert(id.to_owned(), outputs);
    }

    /// A pipeline of which the data says what it does.
    fn described_call(
        &mut self,
        spec: &ActionSpec,
        call: &Call,
        execution: &Execution,
        index: usize,
        scope: &Scope,
        files: &mut Env,
    ) {
        let id = self.records.executions[index].id.clone();
        if matches!(call.definition.target, DefinitionTarget::Remote { .. }) {
            self.define(call, true);
        }
        self.elsewhere(execution, index, &id, scope);
        let (entry, ok) = (self.records.executions[index].entry, self.records.executions[index].ok);
        let at = At { node: entry, origin: Origin::Action, branch: false, span: call.definition.text.span() };
        let _ = self.known_action(spec, call, Some(&execution.id), &at, (entry, ok), scope, files);
        let outputs = std::mem::take(&mut self.outputs);
        self.execution_outputs.insert(id, outputs);
    }
}

/// The name of a carrier for the whole analysis.
fn shared_name(name: &str, given: &Given) -> String {
    given.carriers.get(name).cloned().unwrap_or_else(|| format!("{}{name}", given.prefix))
}

/// Executions so that each stands after what it needs; those in a cycle stand last, in file order.
fn in_order(executions: &[Execution]) -> Vec<&Execution> {
    let position: BTreeMap<&str, usize> = executions.iter().enumerate().map(|(i, e)| (e.id.as_str(), i)).collect();
    let mut waiting: Vec<usize> = vec![0; executions.len()];
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); executions.len()];
    for (i, execution) in executions.iter().enumerate() {
        for need in &execution.needs {
            if let Some(before) = position.get(need.execution.as_str()).filter(|b| **b != i) {
                waiting[i] += 1;
                dependents[*before].push(i);
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..executions.len()).filter(|i| waiting[*i] == 0).collect();
    let mut order = Vec::with_capacity(executions.len());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for dependent in &dependents[next] {
            waiting[*dependent] -= 1;
            if waiting[*dependent] == 0 {
                ready.insert(*dependent);
            }
        }
    }
    order.extend((0..executions.len()).filter(|i| waiting[*i] > 0));
    order.into_iter().map(|i| &executions[i]).collect()
}
