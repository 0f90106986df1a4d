//! `pipeline {}` and its sections.

use super::ast::{Id, Node};
use super::call::Args;
use super::flow::Label;
use super::loader::Loader;
use super::walk::{both, status};
use crate::pipeline::{AfterFailure, Axis, Binding, Condition, Expr, Step, Text, Trigger};
use crate::source::Span;

/// One directive: its name, its arguments, its whole place.
struct Directive<'t> {
    id: Id,
    name: &'t str,
    args: Args,
    /// Where the name stands.
    place: Span,
}

impl<'t> Loader<'t> {
    /// The directives of a section.
    fn directives(&self, closure: Id) -> Vec<Directive<'t>> {
        let Node::Closure { body, .. } = self.node(closure) else { return Vec::new() };
        let directive = |id: &Id| match self.node(*id) {
            Node::Call { callee, args } => {
                let name = self.tree.name(callee)?;
                Some(Directive { id: *id, name, args: self.args(args), place: self.span(callee) })
            }
            _ => None,
        };
        self.list(body).iter().filter_map(directive).collect()
    }

    /// The body of `pipeline {}`.
    pub(super) fn declarative(&mut self, closure: Id) {
        let directives = self.directives(closure);
        let outer = self.flow.template.clone();
        self.followed.insert(closure);
        // What the sections say counts for all stages, wherever it stands.
        for directive in &directives {
            match directive.name {
                "agent" => self.agent(&directive.args),
                "parameters" => self.parameters(&directive.args),
                "triggers" => self.triggers_of(&directive.args),
                "libraries" => self.libraries_of(&directive.args),
                _ => {}
            }
        }
        for directive in &directives {
            if directive.name == "environment" {
                let bindings = self.environment(&directive.args);
                self.pipeline_env.extend(bindings);
            }
        }
        for directive in &directives {
            if directive.name == "stages" {
                self.stages(&directive.args);
            }
        }
        self.flow.finish();
        for directive in &directives {
            if directive.name == "post" {
                self.post_executions("post", &directive.args);
            }
        }
        self.flow.template = outer;
    }

    fn parameters(&mut self, args: &Args) {
        for parameter in args.closures.iter().flat_map(|c| self.directives(*c)).collect::<Vec<_>>() {
            self.parameter(&parameter.args);
        }
    }

    fn triggers_of(&mut self, args: &Args) {
        for trigger in args.closures.iter().flat_map(|c| self.directives(*c)).collect::<Vec<_>>() {
            let name = match trigger.name {
                "cron" => "schedule",
                "pollSCM" | "githubPush" | "gitlab" => "push",
                other => other,
            };
            let trigger = Trigger { name: name.to_owned(), span: trigger.place };
            self.triggers.push(trigger);
        }
    }

    fn libraries_of(&mut self, args: &Args) {
        for library in args.closures.iter().flat_map(|c| self.directives(*c)).collect::<Vec<_>>() {
            if let Some(reference) = library.args.positional.first().filter(|_| library.name == "lib") {
                self.reference(library.id, *reference);
            }
        }
    }

    /// `environment { A = 'b' }`
    fn environment(&mut self, args: &Args) -> Vec<Binding> {
        let mut bindings = Vec::new();
        for closure in &args.closures {
            let Node::Closure { body, .. } = self.node(*closure) else { continue };
            for id in self.list(body) {
                let Node::Assign { target, value, .. } = self.node(*id) else { continue };
                let secret = self.secret(value);
                let name = self.tree.source(target).to_owned();
                let name_span = self.span(target);
                let value = match secret {
                    Some(secret) => secret,
                    None => self.text(value),
                };
                bindings.push(Binding { name, name_span, value });
            }
        }
        bindings
    }

    /// `stages {}`, one after the other.
    fn stages(&mut self, args: &Args) {
        for stage in args.closures.iter().flat_map(|c| self.directives(*c)).collect::<Vec<_>>() {
            if stage.name == "stage" {
                self.declared_stage(&stage);
            } else {
                // A library's way to put stages in.
                self.walk(stage.id);
            }
        }
    }

    fn declared_stage(&mut self, stage: &Directive<'t>) {
        let (Some(name), Some(closure)) = (stage.args.or_first("name"), stage.args.closures.first()) else { return };
        let title = self.text(name);
        let label = Label { name: self.title(&title), span: self.span(name) };
        let directives = self.directives(*closure);
        let known =
            |d: &Directive<'_>| matches!(d.name, "steps" | "stages" | "parallel" | "matrix" | "agent" | "when" | "environment");
        if !directives.iter().any(known) {
            // A scripted stage that a library's wrapper holds.
            return self.stage(stage.id, &stage.args);
        }
        self.followed.insert(*closure);
        let outer = self.flow.template.clone();
        let outer_pod = self.pod.len();
        self.attributes(&directives);
        let deferred: Vec<&Directive<'t>> = directives.iter().filter(|d| d.name == "post").collect();
        if directives.iter().any(|d| d.name == "steps") {
            self.in_stage(stage.id, &label, |l| l.stage_steps(&directives, &deferred));
        } else {
            let keys = self.matrix.len();
            self.flow.finish();
            let outer_label = std::mem::replace(&mut self.flow.label, label.clone());
            for directive in &directives {
                match directive.name {
                    "stages" => self.stages(&directive.args),
                    "parallel" => self.declared_parallel(&directive.args),
                    "matrix" => self.matrix_stages(&directive.args),
                    _ => {}
                }
            }
            self.flow.finish();
            for post in deferred {
                self.post_executions(&format!("{} post", label.name), &post.args);
            }
            self.flow.label = outer_label;
            self.matrix.truncate(keys);
        }
        self.flow.template = outer;
        self.pod.truncate(outer_pod);
    }

    /// What the directives of a stage say of its executions.
    fn attributes(&mut self, directives: &[Directive<'t>]) {
        for directive in directives {
            match directive.name {
                "agent" => self.agent(&directive.args),
                "environment" => {
                    let bindings = self.environment(&directive.args);
                    self.flow.template.env.extend(bindings);
                }
                "when" => self.when(directive),
                "input" => {
                    let place = directive.place;
                    let text = super::rope::fixed(self.file, "input", place.range());
                    self.flow.template.environment = Some(text);
                }
                _ => {}
            }
        }
    }

    fn stage_steps(&mut self, directives: &[Directive<'t>], posts: &[&Directive<'t>]) {
        for directive in directives.iter().filter(|d| d.name == "when") {
            self.tests(&directive.args);
        }
        for directive in directives.iter().filter(|d| d.name == "steps") {
            for closure in &directive.args.closures {
                let value = self.closure(*closure, &[]);
                self.settle(&value);
            }
        }
        for post in posts {
            for section in post.args.closures.iter().flat_map(|c| self.directives(*c)).collect::<Vec<_>>() {
                let condition = post_condition(&section);
                let steps = self.block(|l| l.post_body(&section));
                self.flow.current(section.place).steps.extend(steps.into_iter().map(|s| conditioned(s, &condition)));
            }
        }
    }

    /// The steps that `when { expression {} }` runs to find out.
    fn tests(&mut self, args: &Args) {
        for part in args.closures.iter().flat_map(|c| self.directives(*c)).collect::<Vec<_>>() {
            match part.name {
                "expression" => part.args.closures.iter().for_each(|c| drop(self.closure(*c, &[]))),
                _ => self.deeper(part.id, (), |l| l.tests(&part.args)),
            }
        }
    }

    fn post_body(&mut self, section: &Directive<'t>) {
        for closure in &section.args.closures {
            self.conditional(|l| drop(l.closure(*closure, &[])));
        }
    }

    /// `post {}` of something that holds several executions: an execution a condition.
    fn post_executions(&mut self, name: &str, args: &Args) {
        for section in args.closures.iter().flat_map(|c| self.directives(*c)).collect::<Vec<_>>() {
            let behind = self.flow.frontier.clone();
            let condition = post_condition(&section);
            for closure in &section.args.closures {
                self.afterwards(&format!("{name}: {}", section.name), *closure, condition.after_failure, section.place);
            }
            self.flow.frontier = behind;
        }
    }

    fn declared_parallel(&mut self, args: &Args) {
        let stages: Vec<_> = args.closures.iter().flat_map(|c| self.directives(*c)).filter(|d| d.name == "stage").collect();
        let label = self.flow.label.clone();
        let branches = stages.into_iter().map(|s| (label.clone(), s)).collect();
        self.fork(branches, |l, _, stage| l.declared_stage(&stage));
    }

    fn matrix_stages(&mut self, args: &Args) {
        let directives: Vec<_> = args.closures.iter().flat_map(|c| self.directives(*c)).collect();
        for axes in directives.iter().filter(|d| d.name == "axes") {
            for axis in axes.args.closures.iter().flat_map(|c| self.directives(*c)).collect::<Vec<_>>() {
                self.axis(&axis);
            }
        }
        self.attributes(&directives);
        for directive in directives.iter().filter(|d| d.name == "stages") {
            self.stages(&directive.args);
        }
        self.flow.finish();
        let name = format!("{} post", self.flow.label.name);
        for directive in directives.iter().filter(|d| d.name == "post") {
            self.post_executions(&name, &directive.args);
        }
    }

    /// `axis { name 'X'; values 'a', 'b' }`
    fn axis(&mut self, axis: &Directive<'t>) {
        let mut name = None;
        let mut values: Vec<Text> = Vec::new();
        for part in axis.args.closures.iter().flat_map(|c| self.directives(*c)).collect::<Vec<_>>() {
            for arg in &part.args.positional {
                match part.name {
                    "name" => name = self.tree.constant(*arg),
                    "values" => values.push(self.text(*arg)),
                    _ => {}
                }
            }
        }
        if let Some(name) = name {
            self.matrix.push(name.clone());
            self.flow.template.matrix.push(Axis { name, values });
        }
    }

    fn when(&mut self, directive: &Directive<'t>) {
        let span = self.span(directive.id);
        let Some(closure) = directive.args.closures.first() else { return };
        let source = self.tree.source(*closure);
        let inner = source.strip_prefix('{').and_then(|s| s.strip_suffix('}')).unwrap_or(source).trim();
        let expr = self.plain_test(*closure).unwrap_or_else(|| Expr::Opaque(inner.to_owned()));
        let condition = Condition { expr, span, after_failure: AfterFailure::No };
        let outer = self.flow.template.condition.take();
        self.flow.template.condition = Some(both(outer, condition));
    }
}

impl<'t> Loader<'t> {
    /// `when { expression { !params.SKIP } }`: a test that calls nothing.
    fn plain_test(&mut self, when: Id) -> Option<Expr> {
        let directives = self.directives(when);
        let [only] = directives.as_slice() else { return None };
        let closure = only.args.closures.first().filter(|_| only.name == "expression")?;
        let Node::Closure { body, .. } = self.node(*closure) else { return None };
        let [statement] = self.list(body) else { return None };
        let statement = match self.node(*statement) {
            Node::Return(value) => value?,
            _ => *statement,
        };
        if self.tree.source(statement).contains('(') {
            return None;
        }
        let value = self.eval(statement);
        match self.to_expr(&value, statement) {
            Expr::Opaque(_) | Expr::Call { .. } => None,
            expr => Some(expr),
        }
    }
}

fn post_condition(section: &Directive<'_>) -> Condition {
    let after_failure = match section.name {
        "success" | "fixed" => AfterFailure::No,
        "failure" | "unsuccessful" | "aborted" | "regression" | "unstable" => AfterFailure::Only,
        _ => AfterFailure::Also,
    };
    let expr = match section.name {
        "always" | "success" | "failure" | "cleanup" => status(after_failure),
        other => Expr::Opaque(format!("post {other}")),
    };
    Condition { expr, span: section.place, after_failure }
}

fn conditioned(mut step: Step, condition: &Condition) -> Step {
    step.condition = Some(condition.clone());
    step
}
