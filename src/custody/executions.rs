//! Executions of a pipeline, in the order of their edges, those of called pipelines of the repository in place.

use super::effects::At;
use super::interpret::{Env, Walk};
use super::model::{Place, RawExecution};
use super::scope::{Scope, beyond_status};
use super::value::Value;
use crate::facts::Origin;
use crate::pipeline::{AfterFailure, Binding, Call, DefinitionTarget, Execution, Expr, Format, Pipeline, Port, Text};
use std::collections::BTreeMap;
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
    /// Whether it only runs after a failure, or also.
    pub(super) conditions: Vec<Rc<str>>,
}

impl Walk<'_> {
    /// Walks all executions; returns their indices.
    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, given: &Given) -> Vec<usize> {
        let mut done: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut all = Vec::new();
        for execution in in_order(&pipeline.executions) {
            if self.records.executions.len() >= MAX_EXECUTIONS {
                self.opaque(execution.span, "the pipeline has more executions than are followed");
                break;
            }
            let mut needs = given.after.clone();
            for need in &execution.needs {
                needs.extend(done.get(need.execution.as_str()).into_iter().flatten().copied());
            }
            let indices = self.execution(pipeline, execution, needs, given);
            all.extend(indices.iter().copied());
            done.insert(&execution.id, indices);
        }
        all
    }

    fn execution(&mut self, pipeline: &Pipeline, execution: &Execution, needs: Vec<usize>, given: &Given) -> Vec<usize> {
        let id = format!("{}{}", given.prefix, execution.id);
        let index = self.records.executions.len();
        let (entry, ok, fail) = (self.point(), self.point(), self.point());
        let own = execution.condition.as_ref().and_then(|c| beyond_status(&c.expr));
        let mut conditions = given.conditions.clone();
        conditions.extend(own.clone().map(Rc::from));
        self.records.executions.push(RawExecution {
            id: id.clone(),
            needs,
            condition: execution.condition.as_ref().map(|c| super::scope::describe(&c.expr)),
            machine: execution.machine.as_ref().map(|m| format!("{}{m}", given.prefix)),
            conditions: conditions.clone(),
            skips_what_follows: matches!(pipeline.format, Format::GithubWorkflow | Format::GithubAction),
            runs_after_failure: execution
                .condition
                .as_ref()
                .is_some_and(|c| c.after_failure != AfterFailure::No && !asks_for_success(&c.expr)),
            permissions: execution.permissions.as_ref().map(|p| p.scopes.iter().cloned().collect::<BTreeMap<_, _>>()),
            secrets: secrets_of(pipeline, execution),
            has_environment: execution.environment.is_some(),
            entry,
            ok,
            tolerance: execution.tolerance.as_ref().filter(|t| t.certain).map(|t| (t.span, t.how.clone())),
            span: execution.span,
        });
        self.place = Place {
            execution: index,
            step: "".into(),
            conditions: Rc::new(conditions.clone()),
            conditional: false,
            calls: Rc::default(),
        };
        if matches!(execution.condition.as_ref().map(|c| &c.expr), Some(Expr::Bool(false))) {
            return vec![index];
        }
        let mut scope = Scope {
            pipeline,
            prefix: Rc::clone(&given.prefix),
            execution: id.as_str().into(),
            inputs: Rc::clone(&given.inputs),
            called: given.called,
            env: BTreeMap::new(),
            matrix: BTreeMap::new(),
            steps: BTreeMap::new(),
            written: BTreeMap::new(),
        };
        self.left_behind(index, &mut scope);
        self.surroundings(pipeline, execution, &mut scope);
        let machine = self.records.executions[index].machine.clone();
        let mut files = Env::default();
        if let Some(machine) = &machine {
            files.files = self.machines.get(machine).cloned().unwrap_or_default();
        }
        let (done, failed) = self.steps(&execution.steps, entry, true, &mut scope, &mut files);
        self.graph.ok(done, ok);
        self.graph.ok(failed, fail);
        if let Some(machine) = machine {
            self.machines.insert(machine, files.files.clone());
        }
        let mut indices = vec![index];
        match &execution.call {
            Some(call) => indices.extend(self.called(call, execution, index, &id, &conditions, &scope, &mut files)),
            None => {
                for (path, content) in &files.files {
                    scope.written.entry(path.clone()).or_insert_with(|| content.clone());
                }
                let outputs = execution
                    .outputs
                    .iter()
                    .map(|o| (o.name.clone(), self.text(&o.value, &scope).from(o.value.span(), "output of the execution")))
                    .collect();
                self.execution_outputs.insert(id, outputs);
            }
        }
        indices
    }

    /// Variables that earlier executions left in files for later ones (GitLab's dotenv reports).
    fn left_behind(&mut self, index: usize, scope: &mut Scope) {
        let (mut queue, mut seen) = (self.records.executions[index].needs.clone(), std::collections::BTreeSet::new());
        while let Some(before) = queue.pop() {
            if !seen.insert(before) {
                continue;
            }
            let execution = &self.records.executions[before];
            queue.extend(&execution.needs);
            let outputs = self.execution_outputs.get(&execution.id);
            for (_, text) in outputs.into_iter().flatten().filter(|(name, _)| name.starts_with("dotenv:")) {
                for (name, value) in super::command::assigned_lines(text) {
                    scope.env.insert(name, value);
                }
            }
        }
    }

    fn surroundings(&mut self, pipeline: &Pipeline, execution: &Execution, scope: &mut Scope) {
        for axis in &execution.matrix {
            let mut value: Option<Value> = None;
            for text in &axis.values {
                let next = self.text(text, scope).from(text.span(), "value of the matrix");
                value = Some(value.map_or_else(|| next.clone(), |all| all.or(&next)));
            }
            let value = super::interpret::bounded(value.unwrap_or_default(), &mut self.symbols, &axis.name);
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
    }

    /// A pipeline that stands in the place of an execution.
    fn called(
        &mut self,
        call: &Call,
        execution: &Execution,
        index: usize,
        id: &str,
        conditions: &[Rc<str>],
        scope: &Scope,
        files: &mut Env,
    ) -> Vec<usize> {
        let found = match &call.definition.target {
            DefinitionTarget::Local(path) => self.world.files.pipeline(path),
            DefinitionTarget::Named { kind, name } => self.world.files.named(kind, name),
            _ => {
                self.remote(call, execution, index, id, scope, files);
                return Vec::new();
            }
        };
        let Some(pipeline) = found else {
            self.opaque(call.definition.text.span(), "the called pipeline is not in this repository");
            return Vec::new();
        };
        if self.calls.len() >= MAX_CALLS || self.calls.contains(&super::steps::identity(&pipeline)) {
            self.opaque(call.definition.text.span(), "pipelines call each other too deeply to be followed");
            return Vec::new();
        }
        let inputs = self.given(&call.inputs, scope);
        self.calls.push(super::steps::identity(&pipeline));
        let prefix: Rc<str> = format!("{id} / ").into();
        let given = Given {
            prefix: Rc::clone(&prefix),
            inputs: Rc::new(inputs),
            called: true,
            after: vec![index],
            conditions: conditions.to_vec(),
        };
        let indices = self.pipeline(&pipeline, &given);
        self.calls.pop();
        let inner = Scope {
            pipeline: &pipeline,
            prefix,
            execution: id.into(),
            inputs: given.inputs,
            called: true,
            env: BTreeMap::new(),
            matrix: BTreeMap::new(),
            steps: BTreeMap::new(),
            written: BTreeMap::new(),
        };
        let outputs = pipeline
            .outputs
            .iter()
            .map(|o| (o.name.clone(), self.text(&o.value, &inner).from(o.value.span(), "output of the called pipeline")))
            .collect();
        self.execution_outputs.insert(id.to_owned(), outputs);
        self.place = Place {
            execution: index,
            step: "".into(),
            conditions: Rc::new(conditions.to_vec()),
            conditional: false,
            calls: Rc::default(),
        };
        indices
    }

    fn remote(&mut self, call: &Call, execution: &Execution, index: usize, id: &str, scope: &Scope, files: &mut Env) {
        self.define(call, true);
        let DefinitionTarget::Remote { source, path, .. } = &call.definition.target else { return };
        let Some(spec) = self.world.toolbox.action(source, path.as_deref()) else { return };
        let (entry, ok) = (self.records.executions[index].entry, self.records.executions[index].ok);
        let at = At { node: entry, origin: Origin::Action, branch: false, span: call.definition.text.span() };
        let _ = self.known_action(spec, call, Some(&execution.id), &at, (entry, ok), scope, files);
        let outputs = std::mem::take(&mut self.outputs);
        self.execution_outputs.insert(id.to_owned(), outputs);
    }
}

/// `always() && needs.x.result == 'success'` asks for success after all.
fn asks_for_success(expr: &Expr) -> bool {
    match expr {
        Expr::Binary { op: crate::pipeline::Op::And, left, right } => asks_for_success(left) || asks_for_success(right),
        Expr::Binary { op: crate::pipeline::Op::Eq, left, right } => {
            matches!((&**left, &**right), (Expr::Port(Port::ExecutionStatus { .. }), Expr::Literal(text)) if text == "success")
        }
        Expr::Binary { op: crate::pipeline::Op::Ne, left, right } => {
            matches!((&**left, &**right), (Expr::Port(Port::ExecutionStatus { .. }), Expr::Literal(text)) if text == "failure")
        }
        _ => false,
    }
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
    let mut ready: std::collections::BTreeSet<usize> = (0..executions.len()).filter(|i| waiting[*i] == 0).collect();
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

/// Names of the secrets that an execution is given, the run's own token left out.
fn secrets_of(pipeline: &Pipeline, execution: &Execution) -> Vec<String> {
    let mut names = std::collections::BTreeSet::new();
    let mut texts: Vec<&Text> = Vec::new();
    let bound = |list: &'_ [Binding]| -> Vec<Text> { list.iter().map(|b| b.value.clone()).collect() };
    let env: Vec<Text> = [bound(&pipeline.env), bound(&execution.env)].concat();
    texts.extend(&env);
    let mut steps: Vec<&crate::pipeline::Step> = execution.steps.iter().collect();
    let mut more: Vec<Text> = Vec::new();
    while let Some(step) = steps.pop() {
        more.extend(bound(&step.env));
        match &step.action {
            crate::pipeline::Action::Script(script) => more.push(script.text.clone()),
            crate::pipeline::Action::Use(call) => more.extend(bound(&call.inputs)),
            crate::pipeline::Action::Container { argv, .. } | crate::pipeline::Action::Command { argv } => {
                more.extend(argv.iter().cloned())
            }
            crate::pipeline::Action::Block(block) => steps.extend(steps_in(block)),
            crate::pipeline::Action::None => {}
        }
    }
    if let Some(call) = &execution.call {
        more.extend(bound(&call.inputs));
        more.extend(bound(&call.secrets));
        if call.inherits_secrets {
            names.insert("*".to_owned());
        }
    }
    texts.extend(&more);
    for text in texts {
        for hole in &text.holes {
            secrets_in(&hole.expr, &mut names);
        }
    }
    names.into_iter().filter(|n| !n.eq_ignore_ascii_case("GITHUB_TOKEN")).collect()
}

fn steps_in(block: &crate::pipeline::Block) -> Vec<&crate::pipeline::Step> {
    match block {
        crate::pipeline::Block::Sequence(steps) => steps.iter().collect(),
        crate::pipeline::Block::Try { body, handler, last } => body.iter().chain(handler.iter().flatten()).chain(last).collect(),
        crate::pipeline::Block::Branch(arms) => arms.iter().flat_map(|(_, steps)| steps).collect(),
    }
}

fn secrets_in(expr: &Expr, names: &mut std::collections::BTreeSet<String>) {
    match expr {
        Expr::Port(Port::Secret(name)) => {
            names.insert(name.clone());
        }
        Expr::Call { args, .. } => args.iter().for_each(|a| secrets_in(a, names)),
        Expr::Not(inner) => secrets_in(inner, names),
        Expr::Binary { left, right, .. } => {
            secrets_in(left, names);
            secrets_in(right, names);
        }
        _ => {}
    }
}
