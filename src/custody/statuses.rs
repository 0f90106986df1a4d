//! What a path remembers: exit statuses and small values of variables, each with the shell that owns it.

use super::command::Call;
use super::expand::plain_variable;
use super::graph::{NodeAction, NodeId, Operand, Predicate, STATUS, Small, Var};
use super::interpret::{Ctx, Env, Out, Variable, Walk};
use super::value::{Kind, Symbol, Value};
use crate::facts::EffectCause;
use crate::shell::{AssignedValue, Assignment, Command, Node, NodeKind, PartKind, Word};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Which shell's variable a name means: what a subshell assigns is its own, and so is what a function declares.
#[derive(Debug, Clone, Default)]
pub(super) struct Owners {
    script: NodeId,
    here: NodeId,
    owned: BTreeMap<Rc<str>, NodeId>,
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

    /// `$?` is zero from here on.
    pub(super) fn succeeded(&mut self, at: NodeId) -> NodeId {
        self.graph.assign(at, STATUS, Small::Constant("0".into()))
    }

    /// `$?` is not zero from here on.
    pub(super) fn failed(&mut self, at: NodeId) -> NodeId {
        self.graph.assign(at, STATUS, Small::NonEmpty)
    }

    /// A test of what the path knows, and its two ways on.
    pub(super) fn decided_by(&mut self, predicate: Predicate, entry: NodeId) -> (NodeId, Out) {
        self.two_ways(NodeAction::Test(Rc::new(predicate)), entry)
    }

    fn two_ways(&mut self, action: NodeAction, entry: NodeId) -> (NodeId, Out) {
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
        let key = format!("status {at}{what}");
        let own = self.graph.var(&key);
        *at = self.graph.assign(*at, own, Small::Copy(var));
        self.status_symbol(key)
    }

    fn status_symbol(&mut self, key: String) -> Value {
        Value::symbol(self.symbols.intern(Symbol {
            key,
            kind: Kind::Status,
            lookup: false,
            subject: None,
            span: None,
            node: None,
        }))
    }

    /// `${PIPESTATUS[index]}`
    pub(super) fn stage_status(&mut self, index: &str, at: &mut NodeId, env: &Env) -> Value {
        let what = if env.pipe == 0 { "?".to_owned() } else { stage(index) };
        self.status_of(&what, at)
    }

    /// What a test looks at: a constant, a variable, a status.
    pub(super) fn operand(&mut self, value: &Value, variable: Option<&str>, env: &Env) -> Operand {
        if let Some(name) = variable.filter(|name| is_name(name)) {
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

    /// The environment of a subshell, and the point where it begins.
    pub(super) fn enclosed(&mut self, body: &[Node], entry: NodeId, env: &Env) -> (Env, NodeId) {
        let mut own = env.clone();
        own.exit_trap = None;
        if !env.errtrace {
            own.error_trap = None;
        }
        let here = self.point();
        self.graph.ok(entry, here);
        own.owners.here = here;
        let mut names = BTreeSet::new();
        body.iter().for_each(|node| assigned_in(node, &mut names));
        let mut at = here;
        for name in names {
            let outer = self.path_var(name, env);
            own.owners.owned.insert(name.into(), here);
            let inner = self.path_var(name, &own);
            at = self.graph.assign(at, inner, Small::Copy(outer));
        }
        (own, at)
    }

    /// `a | b`: the stages run side by side; with pipefail any of them fails the whole.
    pub(super) fn pipe(&mut self, stages: &[Node], entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let (mut at, mut stdin) = (entry, env.stdin.clone());
        let keeps_statuses = ctx.code.source.text.contains("PIPESTATUS");
        let broken = env.pipefail.then(|| self.graph.var(&format!("pipe {entry}")));
        if let Some(broken) = broken {
            at = self.graph.assign(at, broken, Small::Constant("".into()));
        }
        let (mut fails, mut result) = (Vec::new(), Out::default());
        for (i, stage_node) in stages.iter().enumerate() {
            let is_last = i + 1 == stages.len();
            let (mut own, start) = self.enclosed(std::slice::from_ref(stage_node), at, env);
            own.stdin = stdin.take();
            own.stdout = if is_last { env.stdout.clone() } else { Some(Value::default()) };
            let mut out = self.isolated(&mut own, ctx, |walk, own, ctx| walk.node(stage_node, start, own, ctx));
            stdin = own.stdout.take();
            env.files = std::mem::take(&mut own.files);
            if keeps_statuses {
                let var = self.graph.var(&stage(&i.to_string()));
                out.ok = out.ok.map(|ok| self.graph.assign(ok, var, Small::Constant("0".into())));
                out.fail = out.fail.map(|fail| self.graph.assign(fail, var, Small::NonEmpty));
            }
            if is_last {
                env.stdout = stdin.take();
                result = out;
                break;
            }
            let next = self.point();
            out.ok.into_iter().for_each(|ok| self.graph.ok(ok, next));
            match (out.fail, broken) {
                // Nothing comes out of what failed, so nothing is done with it.
                (Some(fail), Some(_)) if is_fed(&stages[i + 1]) => fails.push(Some(fail)),
                (Some(fail), Some(broken)) => {
                    let fail = self.graph.assign(fail, broken, Small::NonEmpty);
                    self.graph.ok(fail, next);
                }
                (fail, _) => self.meet_caused(fail, next, EffectCause::Pipe, ctx.span(&stage_node.at)),
            }
            at = next;
        }
        env.pipe = stages.len();
        fails.push(result.fail);
        let mut ok = result.ok;
        if let (Some(end), Some(broken)) = (ok, broken) {
            let whole = Predicate::Not(Predicate::NonEmpty(Operand::Variable(broken)).into());
            let out = self.decided_by(whole, end).1;
            ok = out.ok;
            fails.push(out.fail);
        }
        Out { ok, fail: self.meet(&fails), quiet: None }
    }

    /// `cmd &`: what follows runs without it, until somebody waits.
    pub(super) fn background(&mut self, inner: &Node, span: Span, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let key = format!("job {entry}");
        let job = self.graph.var(&key);
        let (mut own, start) = self.enclosed(std::slice::from_ref(inner), entry, env);
        let out = self.isolated(&mut own, ctx, |walk, own, ctx| walk.node(inner, start, own, ctx));
        env.files = own.files;
        let next = self.point();
        let running = self.graph.assign(entry, job, Small::Running);
        self.graph.ok(running, next);
        if let Some(ok) = out.ok {
            let ok = self.graph.assign(ok, job, Small::Constant("0".into()));
            self.graph.ok(ok, next);
        }
        if let Some(fail) = out.fail {
            let fail = self.graph.assign(fail, job, Small::NonEmpty);
            self.meet_caused(Some(fail), next, EffectCause::Background, span);
        }
        let value = self.status_symbol(key);
        env.variables.insert("!".into(), Variable::Scalar(value));
        Out::ok(self.succeeded(next))
    }

    /// `wait`: by itself it succeeds; with jobs it has their status.
    pub(super) fn wait(&mut self, call: &Call, skip: usize, entry: NodeId) -> Out {
        let (mut at, mut fails) = (entry, Vec::new());
        for id in call.fields[skip + 1..].iter().flat_map(|f| f.value.alternatives()).flat_map(|t| t.symbols()) {
            let symbol = self.symbols.get(id);
            if symbol.kind == Kind::Status {
                let key = symbol.key.clone();
                let job = self.graph.var(&key);
                let out = self.two_ways(NodeAction::Wait(job), at).1;
                fails.push(out.fail);
                at = out.ok.unwrap_or(at);
            }
        }
        if fails.is_empty() {
            return Out::ok(self.succeeded(at));
        }
        Out { ok: Some(at), fail: self.meet(&fails), quiet: None }
    }

    /// `exec cmd`: nothing of this shell runs afterwards.
    pub(super) fn replaces(&mut self, out: Out, env: &Env, ctx: &Ctx) -> Out {
        out.ok.into_iter().for_each(|ok| self.exit(ok, true, env, ctx));
        for fail in [out.fail, out.quiet].into_iter().flatten() {
            self.graph.ok(fail, ctx.exit_fail);
        }
        Out::default()
    }

    /// `(( .. ))`, from its text: a comparison, a number, or a counter that is raised.
    pub(super) fn arithmetic(&mut self, text: &str, entry: NodeId, env: &Env) -> Out {
        let inner = text.trim().trim_start_matches("((").trim_end_matches("))").trim();
        let comparison = ["==", "!=", ">=", "<=", ">", "<"].into_iter().find_map(|sign| Some((sign, inner.split_once(sign)?)));
        let mut raises = Vec::new();
        let predicate = match comparison {
            Some((sign, (left, right))) => {
                let (left, right) = (self.term(left, &mut raises, env), self.term(right, &mut raises, env));
                compared(sign, left, right)
            }
            None => match self.term(inner, &mut raises, env) {
                Operand::Unknown => Predicate::Unknown,
                term => Predicate::NonZero(term),
            },
        };
        let out = self.decided_by(predicate, entry).1;
        let raised = |walk: &mut Self, at: Option<NodeId>, status: Small| {
            let mut at = at?;
            for (var, more) in &raises {
                at = walk.graph.assign(at, *var, Small::Plus(*var, *more));
            }
            Some(if raises.is_empty() { at } else { walk.graph.assign(at, STATUS, status) })
        };
        Out { ok: raised(self, out.ok, Small::Constant("0".into())), fail: raised(self, out.fail, Small::NonEmpty), quiet: None }
    }

    fn term(&mut self, text: &str, raises: &mut Vec<(Var, i64)>, env: &Env) -> Operand {
        let text = text.trim();
        if let Some((name, more)) = text.split_once("+=").and_then(|(n, m)| Some((n.trim(), m.trim().parse().ok()?))) {
            raises.push((self.path_var(name, env), more));
            return Operand::Unknown;
        }
        for (sign, more) in [("++", 1), ("--", -1)] {
            if let Some(name) = text.strip_suffix(sign).filter(|n| is_name(n)) {
                let var = self.path_var(name, env);
                raises.push((var, more));
                return Operand::Variable(var);
            }
            if let Some(name) = text.strip_prefix(sign).filter(|n| is_name(n)) {
                raises.push((self.path_var(name, env), more));
                return Operand::Unknown;
            }
        }
        if let Some(list) = text.strip_prefix("${#").and_then(|t| t.strip_suffix("[@]}").or(t.strip_suffix("[*]}"))) {
            return Operand::Variable(self.path_var(&format!("#{list}"), env));
        }
        let name = text.strip_prefix("${").and_then(|t| t.strip_suffix('}')).or(text.strip_prefix('$')).unwrap_or(text);
        if is_name(name) {
            return Operand::Variable(self.path_var(name, env));
        }
        if text.parse::<i64>().is_ok() { Operand::Constant(text.into()) } else { Operand::Unknown }
    }
}

/// A comparison of numbers in `(( .. ))`.
fn compared(sign: &str, left: Operand, right: Operand) -> Predicate {
    match sign {
        "==" => Predicate::Equal(left, right),
        "!=" => Predicate::Not(Predicate::Equal(left, right).into()),
        ">" => Predicate::Greater(left, right),
        "<" => Predicate::Greater(right, left),
        "<=" => Predicate::Not(Predicate::Greater(left, right).into()),
        _ => Predicate::Not(Predicate::Greater(right, left).into()),
    }
}

/// Name of what a path knows of the status of a stage.
fn stage(index: &str) -> String {
    format!("stage {index}")
}

/// Whether it is the name of a variable, not of a parameter (`1`, `@`, `?`).
fn is_name(name: &str) -> bool {
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

/// Whether a stage works through what it is given, so that it does nothing when nothing comes.
fn is_fed(stage: &Node) -> bool {
    match &stage.kind {
        NodeKind::While { condition, .. } => super::branches::reads(condition),
        NodeKind::Command(command) => command.words.first().and_then(Word::literal).is_some_and(|w| w == "xargs"),
        _ => false,
    }
}

/// The variables that commands assign, as far as it stands there.
fn assigned_in<'n>(node: &'n Node, names: &mut BTreeSet<&'n str>) {
    let mut all = |nodes: &'n [Node]| nodes.iter().for_each(|node| assigned_in(node, names));
    match &node.kind {
        NodeKind::Command(command) => {
            names.extend(command.assignments.iter().map(|a| a.name.as_str()));
        }
        NodeKind::Pipe(stages) => all(stages),
        NodeKind::Not(inner) | NodeKind::Background(inner) => assigned_in(inner, names),
        NodeKind::And(left, right) | NodeKind::Or(left, right) => {
            assigned_in(left, names);
            assigned_in(right, names);
        }
        NodeKind::If { arms, otherwise } => {
            for (condition, body) in arms {
                all(condition);
                all(body);
            }
            all(otherwise.as_deref().unwrap_or_default());
        }
        NodeKind::While { condition, body, .. } => {
            all(condition);
            all(body);
        }
        NodeKind::For { variable, body, .. } => {
            all(body);
            names.insert(variable);
        }
        NodeKind::Count { body } | NodeKind::Subshell(body) | NodeKind::Group(body) => all(body),
        NodeKind::Case { arms, .. } => arms.iter().for_each(|arm| all(&arm.body)),
        NodeKind::Try { body, handler, last } => {
            all(body);
            all(handler.as_deref().unwrap_or_default());
            all(last);
        }
        NodeKind::Function { .. } | NodeKind::Test(_) => {}
    }
}
