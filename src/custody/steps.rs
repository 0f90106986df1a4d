//! Steps of one execution: chains them in the control-flow graph and walks what each of them does.

use super::conditions::beyond_status;
use super::effects::At;
use super::env::{Code, Env, Folder, Variable, Variables};
use super::graph::{Gate, NodeAction, NodeId, Small};
use super::idle::Outcome;
use super::interpret::Walk;
use super::model::{Place, RawImage, RawStep, Subject};
use super::scope::Scope;
use super::symbol::Kind;
use super::value::Value;
use super::words::Words;
use crate::facts::{Artifact, EffectCause, Origin, Shell};
use crate::pipeline::{
    Action, AfterFailure, Ambient, Block, Condition, Dialect, Format, Pipeline, Script, Step, Text, exit_code_file,
    several_arguments,
};
use crate::shell;
use crate::snippet::Language;
use crate::source::Span;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

impl Walk<'_> {
    /// Walks steps one after the other. At the top of an execution a failure sets the state "failed", in which only steps
    /// that ask for it still run; within a block it leaves the block. Returns the ends by success and by failure.
    pub(super) fn steps(
        &mut self,
        steps: &[Step],
        entry: NodeId,
        top: bool,
        scope: &mut Scope,
        files: &mut Env,
    ) -> (NodeId, NodeId) {
        let (ok, fail) = (self.point(), self.point());
        let is_asked = self.asks_for_ends(steps);
        let mut at = self.begin_beside(steps, entry, scope);
        for (i, step) in steps.iter().enumerate() {
            let outer = self.place.clone();
            let (off, certain) = match self.outcome_of(step.condition.as_ref(), scope) {
                Outcome::Never(off) => {
                    let place = self.place_of(step, i, &outer);
                    self.idle_step(step, place, off, scope, files);
                    continue;
                }
                Outcome::Runs { off, certain } => (off, certain),
            };
            let next = self.point();
            let start = self.point();
            self.enter(step.condition.as_ref(), !certain, at, start, next, scope);
            self.place = self.place_of(step, i, &outer);
            // Outputs are moved, not copied, so that many steps cost no more than their number.
            let (outputs, written) = (std::mem::take(&mut scope.steps), std::mem::take(&mut scope.written));
            let mut own = scope.clone();
            own.steps = outputs;
            own.written = written;
            self.bind(&step.env, &mut own);
            let outer_off = self.records.off.clone();
            if let Some(off) = off.filter(|_| outer_off.is_none()) {
                self.records.off = Some(off);
            }
            let (unseen, tests) = (std::mem::take(&mut self.unseen), std::mem::take(&mut self.tests));
            let first = self.records.events.len();
            let (done, failed) = self.step(step, start, &mut own, files);
            self.records.off = outer_off;
            self.doubts(step.tolerance.as_ref(), first);
            let is_seen = !self.unseen;
            let step_place = self.place.clone();
            self.records.steps.push(RawStep {
                place: step_place,
                is_seen,
                tests: self.tests,
                outputs: super::verdicts::outputs(step, None),
                is_tolerated: step.tolerance.as_ref().is_some_and(|tolerance| tolerance.certain),
                span: step.span,
            });
            self.unseen |= unseen;
            self.tests |= tests;
            scope.steps = own.steps;
            scope.written = own.written;
            if let Some(id) = step.id.as_ref().filter(|_| is_seen) {
                scope.closed.insert(id.clone(), step.span);
            }
            for (name, value) in std::mem::take(&mut self.exported) {
                scope.env.insert(name, value);
            }
            self.place = outer;
            let remembered = step.id.as_ref().filter(|_| step.tolerance.is_some()).map(|id| scope.status_of(id));
            if let (Format::Tekton, Some(id), Some(name)) = (scope.pipeline.format, &step.id, &remembered) {
                let status = self.status_symbol(name.to_string());
                files.files.insert(exit_code_file(id), status);
            }
            let done = self.looks_at_verdict(step, (done, failed), scope);
            self.remembers_verdicts(step, first, remembered.as_ref(), scope);
            let done = self.remember_step(remembered.as_ref(), "0", done);
            let (done, failed) = if is_asked { self.remembers_end(step, (done, failed), scope) } else { (done, failed) };
            self.graph.ok(done, next);
            let (entered, mut failed) = (at, failed);
            at = next;
            if let Some(job) = &step.beside {
                at = self.beside(job, entered, next, scope);
                if step.tolerance.as_ref().is_none_or(|tolerance| !tolerance.certain) {
                    failed = self.fails_beside(job, failed, at, step.span, scope);
                }
            }
            match &step.tolerance {
                Some(tolerance) if tolerance.certain => {
                    let known = self.point();
                    self.graph.ok_caused(failed, known, (EffectCause::StepTolerance, tolerance.span));
                    let known = self.remember_step(remembered.as_ref(), "1", known);
                    self.graph.ok(known, next);
                }
                _ if top => {
                    let set = self.graph.add(NodeAction::SetFailed);
                    self.graph.ok(failed, set);
                    self.graph.ok(set, next);
                }
                _ => self.graph.ok(failed, fail),
            }
        }
        self.graph.ok_gated(at, ok, Gate::NotFailed);
        self.graph.ok_gated(at, fail, Gate::Failed);
        (ok, fail)
    }

    /// Lets what follows know the status of a step whose failure is tolerated.
    fn remember_step(&mut self, name: Option<&Rc<str>>, status: &str, at: NodeId) -> NodeId {
        let Some(name) = name else { return at };
        let var = self.graph.var(name);
        self.graph.assign(at, var, Small::Constant(status.into()))
    }

    /// The ways into and around something with a condition.
    fn enter(&mut self, condition: Option<&Condition>, may_skip: bool, at: NodeId, start: NodeId, next: NodeId, scope: &Scope) {
        let text = condition.and_then(|c| beyond_status(&c.expr)).filter(|_| may_skip);
        let test = condition.and_then(|c| self.status_test(&c.expr, scope)).zip(text.clone());
        let start = match test {
            // How an earlier step ended decides.
            Some((predicate, text)) => {
                let node = self.graph.add(NodeAction::Test(Rc::new(predicate)));
                let passed_by = self.point();
                self.graph.ok(node, start);
                self.graph.fail(node, passed_by, None);
                self.graph.ok_gated(passed_by, next, Gate::Skip(text.as_str().into()));
                node
            }
            None => {
                if let Some(text) = text {
                    self.graph.ok_gated(at, next, Gate::Skip(text.as_str().into()));
                }
                start
            }
        };
        match condition.map_or(AfterFailure::No, |c| c.after_failure) {
            AfterFailure::No => {
                self.graph.ok_gated(at, start, Gate::NotFailed);
                self.graph.ok_gated(at, next, Gate::Failed);
            }
            AfterFailure::Also => self.graph.ok(at, start),
            AfterFailure::Only => {
                self.graph.ok_gated(at, start, Gate::Failed);
                self.graph.ok_gated(at, next, Gate::NotFailed);
            }
        }
    }

    pub(super) fn place_of(&self, step: &Step, index: usize, outer: &Place) -> Place {
        let name = step.name.clone().or_else(|| step.id.clone()).unwrap_or_else(|| format!("step {}", index + 1));
        let own = step.condition.as_ref().and_then(|c| beyond_status(&c.expr));
        let mut conditions: Vec<Rc<str>> = outer.conditions.to_vec();
        let conditional = outer.conditional || own.is_some();
        conditions.extend(own.map(Rc::from));
        let first = self.world.sources.text(step.span).lines().next().map_or(0, str::len);
        let start = step.span.range().start;
        let step_span = Some(Span::new(step.span.file, start..start + first));
        Place {
            execution: outer.execution,
            step: name.into(),
            step_span,
            shell: Shell::Posix,
            conditions: Rc::new(conditions),
            conditional,
            calls: Rc::clone(&outer.calls),
            folder: Rc::clone(&outer.folder),
        }
    }

    pub(super) fn step(&mut self, step: &Step, entry: NodeId, scope: &mut Scope, files: &mut Env) -> (NodeId, NodeId) {
        self.outputs.clear();
        self.written = std::mem::take(&mut scope.written);
        // What a script prints is an output of its step in Jenkins (`sh(returnStdout: true)`).
        self.captures = step.id.is_some();
        if let Some(image) = &step.image {
            self.image("step", image, scope);
        }
        let directory = step.directory.as_ref().map(|folder| self.text(folder, scope));
        files.folder = directory.map_or_else(Folder::default, |folder| self.folder_of(&folder, &Folder::default()));
        self.place.folder = Rc::clone(&files.folder.key);
        let ends = match &step.action {
            Action::Script(script) => self.run_script(script, entry, scope, files),
            Action::Use(call) => self.use_action(call, step, entry, scope, files),
            Action::Container { image, argv } => {
                self.tests |= argv.first().is_some_and(|name| super::search::is_test(name.raw()));
                if step.image.is_none() && !self.builds_action(image, scope) {
                    self.image("step", image, scope);
                }
                let image = self.text(image, scope);
                self.container(&image, argv, step.span, entry, scope, files)
            }
            Action::Block(Block::Sequence(steps)) => {
                let steps = steps.clone();
                self.steps(&steps, entry, false, scope, files)
            }
            Action::Block(Block::Try { body, handler, last, caught }) => {
                self.try_steps(body, handler.as_deref(), last, *caught, entry, scope, files)
            }
            Action::Block(Block::Branch(arms)) => self.branch_steps(arms, entry, scope, files),
            Action::Command { argv } => {
                self.tests |= argv.first().is_some_and(|name| super::search::is_test(name.raw()));
                let words = self.words_of(argv, scope);
                let (node, ok, fail) = self.single(entry);
                let at = At { node, origin: Origin::Command, branch: self.place.conditional, span: step.span };
                self.apply_words(&words, &at, files);
                (ok, fail)
            }
            Action::Wait(jobs) => self.wait_for(jobs, entry, scope),
            Action::None => (entry, self.point()),
        };
        // What a composite action wrote is its own; what was written before it stays.
        let written = std::mem::take(&mut self.written);
        scope.written.extend(written);
        for (name, value) in std::mem::take(&mut self.outputs) {
            let name = super::scope::output_of_path(&name).to_owned();
            if let Some(id) = &step.id {
                scope.steps.entry(id.clone()).or_default().insert(name.clone(), value.clone());
            }
            scope.written.insert(name, value);
        }
        ends
    }

    pub(super) fn run_script(&mut self, script: &Script, entry: NodeId, scope: &mut Scope, files: &mut Env) -> (NodeId, NodeId) {
        if let Dialect::Other(name) = &script.dialect {
            let why = format!("a script in {name} is not read");
            self.opaque(script.text.span(), &why);
            return match Language::of(name) {
                Some(language) => self.program_step(&script.text, language, entry, scope, files),
                None => (entry, self.point()),
            };
        }
        let holes = self.holes(&script.text, scope);
        let ranges: Vec<_> = script.text.holes.iter().map(|h| h.range.clone()).collect();
        let parsed = shell::read(script.text.raw(), &ranges, &script.dialect);
        let posix = script.dialect == Dialect::Posix;
        let shell = match script.dialect {
            Dialect::PowerShell => Shell::PowerShell,
            Dialect::Cmd => Shell::Cmd,
            _ => Shell::Posix,
        };
        let outer = std::mem::replace(&mut self.place.shell, shell);
        self.unseen |= !matches!(script.dialect, Dialect::Posix | Dialect::Bash);
        let code = Code { source: script.text.source.clone(), holes, ranges, script: parsed, posix };
        let mut env = self.environment(scope);
        env.files = std::mem::take(&mut files.files);
        env.folder.clone_from(&files.folder);
        env.errexit = script.options.errexit;
        env.pipefail = script.options.pipefail;
        env.positional = Rc::new(arguments(scope));
        env.stdout = self.captures.then(Value::default);
        let branch = self.place.conditional;
        let file = match (&code.ranges[..], &code.holes[..]) {
            ([range], [whole]) if range.len() == code.source.text.len() => self.file_of(whole),
            _ => None,
        };
        let ends = match file.filter(|_| shell == Shell::Posix) {
            Some(file) => self.content_of_file(&file, script.text.span(), entry, &mut env),
            None => self.script(&Rc::new(code), entry, &mut env, 0, branch),
        };
        self.place.shell = outer;
        if let Some(printed) = env.stdout.take() {
            self.outputs.entry("stdout".to_owned()).or_insert_with(|| printed.map(super::expand::trim_end));
        }
        files.files = env.files;
        ends
    }

    /// What a shell of this step starts with.
    pub(super) fn environment(&mut self, scope: &Scope) -> Env {
        let mut env = Env { variables: self.ambient_variables(scope), ..Env::default() };
        if scope.pipeline.format == Format::Jenkinsfile {
            // Parameters are environment variables as well (Jenkins' pipeline syntax, `parameters`).
            for input in &scope.pipeline.inputs {
                let value = self.input(&input.name, scope);
                env.variables.insert(input.name.as_str().into(), Variable::Scalar(value));
            }
        }
        if let Some(folder) = self.action_folder(scope) {
            env.variables.insert("GITHUB_ACTION_PATH".into(), Variable::Scalar(folder));
        }
        let mut names: Vec<_> = scope.env.iter().collect();
        names.sort_by(|a, b| a.0.cmp(b.0));
        for (name, value) in names {
            env.variables.insert(name.as_str().into(), Variable::Scalar(value.clone()));
        }
        env
    }

    /// What the CI system sets: the same in every scope, so it is made once.
    fn ambient_variables(&mut self, scope: &Scope) -> Variables {
        let list = &scope.pipeline.ambient;
        if let Some((_, known)) = self.ambient.as_ref().filter(|(of, _)| Arc::ptr_eq(of, list)) {
            return known.clone();
        }
        let mut variables = BTreeMap::new();
        for (name, ambient) in list.iter() {
            let value = match ambient {
                Ambient::Value(expr) => self.expr(expr, scope),
                Ambient::OutputsFile => Value::symbol(self.symbols.named("outputs file", Kind::OutputsFile)),
                Ambient::EnvFile => Value::symbol(self.symbols.named("environment file", Kind::EnvFile)),
                Ambient::PathFile => Value::symbol(self.symbols.named("path file", Kind::PathFile)),
                Ambient::SummaryFile => Value::symbol(self.symbols.named("summary file", Kind::SummaryFile)),
            };
            variables.insert(name.as_str().into(), Variable::Scalar(value));
        }
        let variables = Variables::from(variables);
        self.ambient = Some((Arc::clone(list), variables.clone()));
        variables
    }

    /// Words of argument texts.
    pub(super) fn words_of(&mut self, texts: &[Text], scope: &Scope) -> Words {
        let mut words = Words::new();
        for text in texts {
            let value = self.text(text, scope);
            let places = value.places.clone().unwrap_or_default();
            let is_words = matches!(&text.holes[..], [hole] if hole.range.len() == text.raw().len() && hole.expr.is_words());
            match words_in(&value).filter(|_| is_words) {
                Some(several) => several.into_iter().for_each(|word| words.push(word, Rc::default(), text.span())),
                None => words.push(value, places, text.span()),
            }
        }
        words
    }

    /// A command that the step's node stands for, so that effects hang on the step's own success and failure.
    pub(super) fn single(&mut self, entry: NodeId) -> (NodeId, NodeId, NodeId) {
        let node = self.graph.add(NodeAction::Command { branches: false });
        let (ok, fail) = (self.point(), self.point());
        self.graph.ok(entry, node);
        self.graph.ok(node, ok);
        self.graph.fail(node, fail, None);
        (node, ok, fail)
    }

    pub(super) fn container(
        &mut self,
        image: &Value,
        argv: &[Text],
        span: crate::source::Span,
        entry: NodeId,
        scope: &Scope,
        files: &mut Env,
    ) -> (NodeId, NodeId) {
        let words = self.words_of(argv, scope);
        let (node, ok, fail) = self.single(entry);
        let name = image.display(&self.symbols);
        let argv = words.argv();
        let at = At { node, origin: Origin::Container, branch: self.place.conditional, span };
        let first = self.records.events.len();
        match self.world.toolbox.recognise_image(&name, &argv) {
            Some(found) => {
                self.apply(&found, &words, &argv, &at, files);
            }
            None => self.unseen = true,
        }
        match self.told_to_succeed(first, (ok, fail)) {
            Some(next) => (next, self.point()),
            None => (ok, fail),
        }
    }

    /// Records an image that something runs in.
    pub(super) fn image(&mut self, role: &'static str, image: &Text, scope: &Scope) {
        let value = self.text(image, scope);
        let is_known = |known: &RawImage| known.subject.span == image.span();
        let listed = self.records.images.iter().rev().take_while(|known| known.place.execution == self.place.execution);
        if value.known().is_some_and(str::is_empty) || listed.clone().any(is_known) {
            return;
        }
        let subject = Subject {
            artifact: Artifact::Image,
            text: image.raw().to_owned(),
            span: image.span(),
            value,
            is_local: false,
            is_default: false,
        };
        self.records.images.push(RawImage { role, subject, place: self.place.clone() });
    }
}

/// Tells the pipelines of one file apart.
pub(super) fn identity(pipeline: &Pipeline) -> (crate::source::FileId, u32) {
    (pipeline.file, pipeline.span.start)
}

/// What a value that stands for several words holds, where it is one text.
fn words_in(value: &Value) -> Option<Vec<Value>> {
    let word = |text| {
        let mut word = Value::text(text);
        word.origins.clone_from(&value.origins);
        word
    };
    Some(value.single()?.split(char::is_whitespace).into_iter().map(word).collect())
}

/// The arguments that a step gives its script. What stands behind a list of which nothing is known has no number.
fn arguments(scope: &Scope) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for number in 1.. {
        if let Some(one) = scope.env.get(&number.to_string()) {
            all.push(one.clone());
        } else if let Some(several) = scope.env.get(&several_arguments(number)) {
            match words_in(several).filter(|words| words.iter().all(|word| word.known().is_some())) {
                Some(words) => all.extend(words),
                None => {
                    all.push(several.clone());
                    break;
                }
            }
        } else {
            break;
        }
    }
    all
}
