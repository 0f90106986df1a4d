//! What a path remembers: exit statuses and small values of variables, each with the shell that owns it.

use super::env::{Env, Variable};
use super::expand::plain_variable;
use super::graph::{NodeAction, NodeId, Operand, Predicate, STATUS, Small, Var};
use super::interpret::{Ctx, Out, Walk};
use super::symbol::Kind;
use super::text::Text;
use super::value::Value;
use crate::facts::Shell;
use crate::shell::{AssignedValue, Assignment, Command, PartKind, Word};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Which shell's variable a name means: what a subshell assigns is its own, and so is what a function declares.
#[derive(Debug, Clone, Default)]
pub(super) struct Owners {
    script: NodeId,
    pub(super) here: NodeId,
    pub(super) owned: BTreeMap<Rc<str>, NodeId>,
    /// What the function that runs has declared, with the owner before.
    locals: Vec<(Rc<str>, Option<NodeId>)>,
}

impl Owners {
    pub(super) fn of_script(id: NodeId) -> Self {
        Owners { script: id, here: id, ..Owners::default() }
    }

    pub(super) fn join(&mut self, other: &Owners) {
        for (name, owner) in &other.owned {
            self.owned.entry(Rc::clone(name)).or_insert(*owner);
        }
        for local in &other.locals {
            if !self.locals.contains(local) {
                self.locals.push(local.clone());
            }
        }
    }

    /// A function begins; returns what [`Owners::leave`] needs.
    pub(super) fn enter(&mut self) -> Vec<(Rc<str>, Option<NodeId>)> {
        std::mem::take(&mut self.locals)
    }

    pub(super) fn leave(&mut self, outer: Vec<(Rc<str>, Option<NodeId>)>) {
        for (name, before) in std::mem::replace(&mut self.locals, outer).into_iter().rev() {
            match before {
                Some(owner) => self.owned.insert(name, owner),
                None => self.owned.remove(&name),
            };
        }
    }

    fn declare(&mut self, name: &Rc<str>, owner: NodeId) {
        let before = self.owned.insert(Rc::clone(name), owner);
        self.locals.push((Rc::clone(name), before));
    }
}

impl Walk<'_> {
    /// The variable that a path knows by this name.
    pub(super) fn path_var(&mut self, name: &str, env: &Env) -> Var {
        let owner = env.owners.owned.get(name).unwrap_or(&env.owners.script);
        self.graph.var(&format!("{name} of {owner}"))
    }

    /// A name that no other variable of a path has.
    pub(super) fn fresh_name(&mut self, what: &str) -> String {
        format!("{what} {}", self.point())
    }

    /// A variable of the analysis' own.
    pub(super) fn fresh(&mut self, what: &str) -> Var {
        let name = self.fresh_name(what);
        self.graph.var(&name)
    }

    /// A script begins: nothing has failed.
    pub(super) fn begin_statuses(&mut self, at: NodeId) -> NodeId {
        let zero = || Small::Constant("0".into());
        let at = self.graph.assign(at, STATUS, zero());
        match self.place.shell {
            Shell::PowerShell => {
                let var = self.graph.var(OF_PROGRAM);
                self.graph.assign(at, var, zero())
            }
            _ => at,
        }
    }

    /// `$?` is zero from here on; `cmd`'s own commands leave it as it is.
    pub(super) fn succeeded(&mut self, at: NodeId) -> NodeId {
        match self.place.shell {
            Shell::Cmd => at,
            _ => self.graph.assign(at, STATUS, Small::Constant("0".into())),
        }
    }

    /// A batch file ends with the status of the last program, whatever stands behind it.
    pub(super) fn ended_by_status(&mut self, out: Out) -> Out {
        let Some(ok) = out.ok else { return out };
        let zero = Predicate::Equal(Operand::Variable(STATUS), Operand::Constant("0".into()));
        let ended = self.decided_by(zero, ok).1;
        Out { ok: ended.ok, fail: self.meet(&[out.fail, ended.fail]), quiet: out.quiet }
    }

    /// A test of the script, and its two ways on; in `cmd` it leaves the status as it was.
    pub(super) fn tested_by(&mut self, predicate: Predicate, entry: NodeId) -> (NodeId, Out) {
        if self.place.shell != Shell::Cmd {
            return self.decided_by(predicate, entry);
        }
        let before = self.fresh("status");
        let entry = self.graph.assign(entry, before, Small::Copy(STATUS));
        let (node, out) = self.decided_by(predicate, entry);
        let mut again = |way: Option<NodeId>| way.map(|at| self.graph.assign(at, STATUS, Small::Copy(before)));
        (node, Out { ok: again(out.ok), fail: again(out.fail), quiet: None })
    }

    /// `$?` is not zero from here on.
    pub(super) fn failed(&mut self, at: NodeId) -> NodeId {
        self.graph.assign(at, STATUS, Small::NonEmpty)
    }

    /// A test of what the path knows, and its two ways on.
    pub(super) fn decided_by(&mut self, predicate: Predicate, entry: NodeId) -> (NodeId, Out) {
        self.two_ways(NodeAction::Test(Rc::new(predicate)), entry)
    }

    pub(super) fn two_ways(&mut self, action: NodeAction, entry: NodeId) -> (NodeId, Out) {
        let node = self.graph.add(action);
        self.graph.ok(entry, node);
        let (ok, fail) = (self.point(), self.point());
        self.graph.ok(node, ok);
        self.graph.fail(node, fail, None);
        (node, Out { ok: Some(ok), fail: Some(fail), quiet: None })
    }

    /// The status that the path has here, told apart from `$?` later on.
    pub(super) fn status_of(&mut self, what: &str, at: &mut NodeId) -> Value {
        let var = if what == "?" { STATUS } else { self.graph.var(what) };
        let key = self.fresh_name("status");
        let own = self.graph.var(&key);
        *at = self.graph.assign(*at, own, Small::Copy(var));
        self.status_symbol(key)
    }

    /// What the last command left behind: `$?`, `$LASTEXITCODE`, `%ERRORLEVEL%`.
    pub(super) fn last_status(&mut self, name: &str, at: &mut NodeId) -> Value {
        match (self.place.shell, name) {
            (Shell::PowerShell, "?") => self.success(at),
            (Shell::PowerShell, _) => self.status_of(OF_PROGRAM, at),
            _ => self.status_of("?", at),
        }
    }

    /// PowerShell's `$?`: whether the last command succeeded.
    fn success(&mut self, at: &mut NodeId) -> Value {
        let (status, key) = (self.fresh("status"), self.fresh_name("status"));
        let own = self.graph.var(&key);
        let before = self.graph.assign(*at, status, Small::Copy(STATUS));
        let zero = Predicate::Equal(Operand::Variable(STATUS), Operand::Constant("0".into()));
        let out = self.decided_by(zero, before).1;
        let next = self.point();
        for (way, text) in [(out.ok, TRUE), (out.fail, FALSE)] {
            let Some(way) = way else { continue };
            let way = self.graph.assign(way, own, Small::Constant(text.into()));
            let way = self.graph.assign(way, STATUS, Small::Copy(status));
            self.graph.ok(way, next);
        }
        *at = next;
        self.status_symbol(key)
    }

    /// What PowerShell's `$true` and `$false` are for a test.
    fn truth(&self, name: &str) -> Option<&'static str> {
        let truth = [("true", TRUE), ("false", FALSE)].into_iter().find(|(of, _)| name.eq_ignore_ascii_case(of))?.1;
        (self.place.shell == Shell::PowerShell).then_some(truth)
    }

    pub(super) fn status_symbol(&mut self, key: String) -> Value {
        Value::symbol(self.symbols.named(key, Kind::Status))
    }

    /// `${PIPESTATUS[index]}`
    pub(super) fn stage_status(&mut self, index: &str, at: &mut NodeId, env: &Env) -> Value {
        let what = if env.pipe == 0 { "?".to_owned() } else { stage(index) };
        self.status_of(&what, at)
    }

    /// What a test looks at: a constant, a variable, a status.
    pub(super) fn operand(&mut self, value: &Value, variable: Option<&str>, env: &Env) -> Operand {
        if let Some(truth) = variable.and_then(|name| self.truth(name)) {
            return Operand::Constant(truth.into());
        }
        // How a step has ended does not change, whatever variable holds it.
        let ended = value.single().and_then(Text::as_symbol).map(|id| self.symbols.get(id)).filter(|s| s.kind == Kind::Status);
        if let Some(key) = ended.filter(|s| s.key.ends_with(".outcome") || s.key.ends_with(".conclusion")).map(|s| s.key.clone())
        {
            return Operand::Variable(self.graph.var(&key));
        }
        if let Some(name) = variable.filter(|name| is_name(name) && !is_last_status(name)) {
            return Operand::Variable(self.path_var(name, env));
        }
        let Some(text) = value.single() else { return Operand::Unknown };
        match (text.known(), text.as_symbol()) {
            (Some(known), _) => Operand::Constant(known.into()),
            (_, Some(id)) => {
                let symbol = self.symbols.get(id);
                match (symbol.kind, symbol.key.clone()) {
                    (Kind::Status, key) => Operand::Variable(self.graph.var(&key)),
                    // The number of elements of a list.
                    (Kind::Unknown, key) if key.starts_with('#') => Operand::Variable(self.path_var(&key, env)),
                    _ => Operand::Unknown,
                }
            }
            _ => Operand::Unknown,
        }
    }

    /// What a path remembers of a value.
    pub(super) fn small(&mut self, value: &Value) -> Small {
        match value.single() {
            Some(text) => match (text.known(), text.as_symbol()) {
                (Some(known), _) if known.len() <= 24 => Small::Constant(known.into()),
                (_, Some(id)) => {
                    let symbol = self.symbols.get(id);
                    match symbol.kind {
                        Kind::Status => {
                            let key = symbol.key.clone();
                            Small::Copy(self.graph.var(&key))
                        }
                        // A counter that is raised in a way that is not understood.
                        _ if symbol.key.starts_with("$((") && symbol.key.contains('+') => Small::NonEmpty,
                        _ => Small::Unknown,
                    }
                }
                _ if text.literal_len() > 0 => Small::NonEmpty,
                _ => Small::Unknown,
            },
            None if value.all(|t| t.literal_len() > 0 && t.known() != Some("0")) => Small::NonEmpty,
            None => Small::Unknown,
        }
    }

    /// What a path remembers of an assignment.
    fn small_of(&mut self, assignment: &Assignment, value: &Value, env: &Env, ctx: &Ctx) -> Small {
        if assignment.appends {
            let adds = value.all(|t| t.literal_len() > 0);
            return if adds { Small::NonEmpty } else { Small::Unknown };
        }
        let Some(AssignedValue::Word(word)) = &assignment.value else { return Small::Unknown };
        if let [part] = word.parts.as_slice()
            && part.kind == PartKind::Arithmetic
            && let Some((name, more)) = raised(ctx.code.source.text.get(part.at.clone()).unwrap_or(""))
        {
            return Small::Plus(self.path_var(name, env), more);
        }
        // `$failed $name`: within a loop it is not what is known so far.
        if word.parts.len() > 1 && word.parts.iter().any(|p| matches!(p.kind, PartKind::Variable { .. })) {
            let adds = word.parts.iter().any(|p| matches!(&p.kind, PartKind::Literal(text) if !text.is_empty() && text != "0"));
            return if adds { Small::NonEmpty } else { Small::Unknown };
        }
        if let Some(truth) = plain_variable(word).and_then(|name| self.truth(name)) {
            return Small::Constant(truth.into());
        }
        // Within a loop another value may come than the one that is known so far.
        if let Some(name) = plain_variable(word).filter(|name| is_name(name)) {
            let owner = env.owners.owned.get(name).unwrap_or(&env.owners.script);
            if self.graph.is_assigned(&format!("{name} of {owner}")) {
                return Small::Copy(self.path_var(name, env));
            }
        }
        self.small(value)
    }

    /// A path remembers an assignment.
    pub(super) fn remember(
        &mut self,
        assignment: &Assignment,
        value: Option<&Variable>,
        is_local: bool,
        at: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> NodeId {
        let name: Rc<str> = assignment.name.as_str().into();
        let small = match value {
            Some(Variable::Scalar(value)) => self.small_of(assignment, value, env, ctx),
            Some(Variable::List(_)) => Small::Unknown,
            None => Small::Constant("".into()),
        };
        if is_local {
            env.owners.declare(&name, at);
        } else if env.owners.here != env.owners.script && !env.owners.owned.contains_key(&name) {
            env.owners.owned.insert(Rc::clone(&name), env.owners.here);
        }
        let adds = assignment.appends || assignment.index.is_some();
        let count = match value {
            Some(Variable::List(list)) if list.is_empty() && !adds => Some(Small::Constant("0".into())),
            Some(Variable::List(list)) if list.is_empty() => None,
            Some(Variable::List(_)) => Some(Small::NonEmpty),
            Some(Variable::Scalar(_)) if assignment.index.is_some() => Some(Small::NonEmpty),
            _ => None,
        };
        let var = self.path_var(&name, env);
        let at = self.graph.assign(at, var, small);
        match count {
            Some(count) => {
                let var = self.path_var(&format!("#{name}"), env);
                self.graph.assign(at, var, count)
            }
            None => at,
        }
    }

    /// What is assigned although the substitution failed is not known.
    pub(super) fn forget(&mut self, assignments: &[Assignment], mut at: NodeId, env: &Env) -> NodeId {
        for assignment in assignments {
            let var = self.path_var(&assignment.name, env);
            at = self.graph.assign(at, var, Small::Unknown);
        }
        at
    }
}

/// Name of what a path knows of the status of the last program, where that is not the status of the last command.
pub(super) const OF_PROGRAM: &str = "LASTEXITCODE";

/// What a path knows of what is true and of what is not.
const TRUE: &str = "True";
const FALSE: &str = "";

/// Name of what a path knows of the status of a stage.
pub(super) fn stage(index: &str) -> String {
    format!("stage {index}")
}

/// Whether it is what PowerShell or `cmd` call `$?`, which is no variable of the script.
pub(super) fn is_last_status(name: &str) -> bool {
    ["LASTEXITCODE", "ERRORLEVEL"].iter().any(|of| name.eq_ignore_ascii_case(of))
}

/// Whether it is the name of a variable, not of a parameter (`1`, `@`, `?`).
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `$((n + 1))`: the variable and the number.
fn raised(text: &str) -> Option<(&str, i64)> {
    let inner = text.strip_prefix("$((")?.strip_suffix("))")?.trim();
    let (name, more, sign) = match inner.split_once('+') {
        Some((name, more)) => (name, more, 1),
        None => inner.split_once('-').map(|(name, less)| (name, less, -1))?,
    };
    let name = name.trim().trim_start_matches('$').trim_start_matches('{').trim_end_matches('}');
    Some((name, more.trim().parse::<i64>().ok()? * sign)).filter(|_| is_name(name))
}

/// Whether `local` and the like make the variables of the function that runs.
pub(super) fn is_local(command: &Command, ctx: &Ctx) -> bool {
    let words: Vec<String> = command.words.iter().filter_map(Word::literal).collect();
    ctx.returns.is_some()
        && matches!(words.first().map(String::as_str), Some("local" | "declare" | "typeset"))
        && !words.iter().any(|w| w.starts_with('-') && w.contains('g'))
}
