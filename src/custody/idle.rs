//! Verifications that are written down and do not run: commented out, behind a condition that never holds, or switched off by
//! default or by a caller.

use super::conditions::describe_in;
use super::env::{Code, Env};
use super::graph::NodeId;
use super::interpret::{Ctx, Walk};
use super::model::{Off, Place};
use super::scope::Scope;
use super::symbol::Kind;
use super::text::Text;
use super::value::{HANDED, Origin, Value};
use crate::facts::{EventKind, IdleCause};
use crate::pipeline::{Condition, Expr, Format, Op, Pipeline, Port};
use crate::shell::{self, Node, NodeKind};
use crate::source::{OffsetMap, Span};
use std::ops::Range;
use std::rc::Rc;

/// Comments of one script that are looked at.
const MAX_COMMENTS: usize = 400;

/// How a condition comes out, as far as the file says.
pub(super) enum Outcome {
    /// It cannot hold, or not as this caller calls it.
    Never(Off),
    /// It holds by the word of an input or of a default; `off` is set where something can switch it.
    Runs {
        /// What may switch it off, or has by default.
        off: Option<Off>,
        /// Whether it holds for certain in this call.
        certain: bool,
    },
}

/// How a test comes out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Decision {
    /// With the values that the file gives before anything runs.
    pub(super) holds: Option<bool>,
    /// The same, where nobody outside sets what the file does not set.
    pub(super) unless_asked: Option<bool>,
}

impl Decision {
    /// How the opposite comes out.
    pub(super) fn negated(self) -> Self {
        Decision { holds: self.holds.map(|holds| !holds), unless_asked: self.unless_asked.map(|holds| !holds) }
    }
}

impl Walk<'_> {
    /// What is known of a condition before anything runs.
    pub(super) fn outcome_of(&mut self, condition: Option<&Condition>, scope: &Scope) -> Outcome {
        let Some(condition) = condition else { return Outcome::Runs { off: None, certain: false } };
        let input = only_input(&condition.expr);
        let is_given = input.is_some_and(|name| scope.called && scope.inputs.contains_key(name));
        let by_default = self.holds(&condition.expr, scope);
        let mut off = Off {
            why: IdleCause::Never,
            span: condition.span,
            condition: Some(describe_in(&condition.expr, scope.pipeline.format).into()),
            input: input.map(Rc::from),
            runs_by_default: by_default.unwrap_or(false),
            is_given,
        };
        if never(&condition.expr) {
            return Outcome::Never(off);
        }
        let by_caller = scope.called && input.is_some() && by_default.is_some();
        // Of what asks for more than the input itself, other callers may think otherwise.
        if by_caller && by_default == Some(false) && is_switch(&condition.expr) {
            off.why = if is_given { IdleCause::Caller } else { IdleCause::Default };
            return Outcome::Never(off);
        }
        off.why = if by_default == Some(false) { IdleCause::Default } else { IdleCause::Input };
        let switches = by_default == Some(false) || input.is_some() && (scope.called || is_callable(scope.pipeline));
        Outcome::Runs { off: switches.then_some(off), certain: by_caller }
    }

    /// Whether a condition holds with the values that inputs and variables have in the file; `None` where it does not say.
    fn holds(&mut self, expr: &Expr, scope: &Scope) -> Option<bool> {
        match expr {
            Expr::Bool(value) => Some(*value),
            Expr::Not(inner) => self.holds(inner, scope).map(|x| !x),
            Expr::Binary { op: Op::And, left, right } => match (self.holds(left, scope), self.holds(right, scope)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Expr::Binary { op: Op::Or, left, right } => match (self.holds(left, scope), self.holds(right, scope)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Expr::Binary { op: op @ (Op::Eq | Op::Ne), left, right } => {
                let (left, right) = (self.settled(left, scope)?, self.settled(right, scope)?);
                Some((left == right) == (*op == Op::Eq))
            }
            Expr::Port(Port::Input(_) | Port::Env(_)) => {
                self.settled(expr, scope).map(|text| !matches!(text.as_str(), "" | "false"))
            }
            Expr::Opaque(text) if scope.pipeline.format == Format::GitlabCi => gitlab_rules(text, scope),
            _ => None,
        }
    }

    /// The value of a part of a condition, if the file fixes it before anything runs.
    fn settled(&mut self, expr: &Expr, scope: &Scope) -> Option<String> {
        match expr {
            Expr::Literal(text) => Some(text.clone()),
            Expr::Bool(value) => Some(value.to_string()),
            Expr::Null => Some(String::new()),
            Expr::Port(Port::Input(_) | Port::Env(_)) => {
                let value = self.expr(expr, scope);
                given_beforehand(&value)
            }
            _ => None,
        }
    }

    /// Walks what never runs for the verifications in it alone: nothing else of it is recorded, and nothing leads to it.
    pub(super) fn idly(&mut self, off: Off, walk: impl FnOnce(&mut Self)) {
        let state = (
            self.outputs.clone(),
            self.written.clone(),
            self.exported.clone(),
            self.execution_outputs.clone(),
            self.machines.clone(),
            self.carriers.clone(),
            self.stores.clone(),
            self.place.clone(),
            self.unseen,
        );
        let outer = self.records.begin_idle(off);
        walk(self);
        self.records.end_idle(outer);
        (
            self.outputs,
            self.written,
            self.exported,
            self.execution_outputs,
            self.machines,
            self.carriers,
            self.stores,
            self.place,
            self.unseen,
        ) = state;
    }

    /// A step that never runs.
    pub(super) fn idle_step(&mut self, step: &crate::pipeline::Step, place: Place, off: Off, scope: &Scope, files: &Env) {
        let (mut own, mut files) = (scope.clone(), files.clone());
        self.idly(off, |walk| {
            walk.place = place;
            let entry = walk.point();
            walk.bind(&step.env, &mut own);
            walk.step(step, entry, &mut own, &mut files);
        });
    }

    /// Walks a branch of a script, which is passed by where the test comes out like this.
    pub(super) fn switched<T>(&mut self, passed_by: Decision, condition: Span, walk: impl FnOnce(&mut Self) -> T) -> T {
        let asked_for = self.is_asked_for;
        self.is_asked_for |= passed_by.unless_asked == Some(true);
        let done = self.passed_by(passed_by.holds == Some(true), condition, walk);
        self.is_asked_for = asked_for;
        done
    }

    fn passed_by<T>(&mut self, off: bool, condition: Span, walk: impl FnOnce(&mut Self) -> T) -> T {
        if !off || self.records.off.is_some() {
            return walk(self);
        }
        let text = self.world.sources.text(condition).trim().into();
        self.records.off = Some(Off {
            why: IdleCause::Default,
            span: condition,
            condition: Some(text),
            input: None,
            runs_by_default: false,
            is_given: false,
        });
        let done = walk(self);
        self.records.off = None;
        done
    }

    /// How a test of two texts comes out, or of one with an operator such as `-n`.
    pub(super) fn decide(&mut self, operator: &str, left: Option<&Value>, right: &Value) {
        let decide = |settled: &dyn Fn(&Value) -> Option<String>| match (operator, left.map(settled), settled(right)) {
            ("=" | "==", Some(Some(left)), Some(right)) => Some(left == right),
            ("!=", Some(Some(left)), Some(right)) => Some(left != right),
            ("-n" | "", None, Some(text)) => Some(!text.is_empty()),
            ("-z", None, Some(text)) => Some(text.is_empty()),
            _ => None,
        };
        let holds = decide(&|value| self.beforehand(value));
        let unset = |value: &Value| self.is_from_outside(value).then(String::new);
        self.decision = Decision { holds, unless_asked: decide(&|value| self.beforehand(value).or_else(|| unset(value))) };
    }

    /// Whether a value is one that only somebody outside can set: no command here makes it.
    fn is_from_outside(&self, value: &Value) -> bool {
        value.single().and_then(Text::as_symbol).is_some_and(|id| {
            let symbol = self.symbols.get(id);
            let is_name = symbol.key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
            symbol.kind == Kind::Unknown && !symbol.is_set && symbol.node.is_none() && symbol.span.is_none() && is_name
        })
    }

    /// The text that a value has before anything runs: `${SKIP:-true}` is `true` unless somebody says otherwise.
    fn beforehand(&self, value: &Value) -> Option<String> {
        let outside = |text: &&Text| text.as_symbol().is_some_and(|id| self.symbols.get(id).kind == Kind::Unknown);
        let known: Vec<&Text> = value.alternatives().iter().filter(|t| !outside(t)).collect();
        let [only] = known.as_slice() else { return None };
        let early = value.origins.iter().all(is_early);
        only.known().filter(|_| early).map(str::to_owned)
    }

    /// Commented-out commands of a script.
    pub(super) fn comments(&mut self, code: &Rc<Code>, env: &Env, ctx: &Ctx) {
        if self.records.is_idle() || code.script.comments.is_empty() {
            return;
        }
        let comments = &code.script.comments;
        if let Some(further) = comments.get(MAX_COMMENTS) {
            self.noted(ctx.span(further), "400 comments of a script are looked at");
        }
        for block in blocks(&code.source.text, &comments[..comments.len().min(MAX_COMMENTS)]) {
            self.comment(code, block, env, ctx);
        }
    }

    fn comment(&mut self, code: &Rc<Code>, block: Range<usize>, env: &Env, ctx: &Ctx) {
        let part = code.source.slice(block.clone());
        let Some(text) = uncommented(&part.text).filter(|text| text.lines().any(|line| self.may_verify(line))) else { return };
        let (mut holes, mut ranges) = (Vec::new(), Vec::new());
        for (value, at) in code.holes.iter().zip(&code.ranges) {
            if block.start <= at.start && at.end <= block.end {
                holes.push(value.clone());
                ranges.push(at.start - block.start..at.end - block.start);
            }
        }
        let dialect = crate::pipeline::Dialect::Bash;
        let script = shell::read(&text, &ranges, &dialect);
        let source = part.nested(text, &OffsetMap::verbatim(part.text.len(), 0));
        let inner = Rc::new(Code { source, holes, ranges, script, posix: code.posix });
        let off =
            |at| Off { why: IdleCause::Comment, span: at, condition: None, input: None, runs_by_default: false, is_given: false };
        let mut own = env.clone();
        let ctx = Ctx { code: Rc::clone(&inner), ..ctx.clone() };
        let span = ctx.span(&(0..inner.source.text.len()));
        self.idly(off(span), |walk| {
            let mut at: NodeId = walk.point();
            for node in inner.script.body.iter().filter(|node| is_command(node)) {
                let text = inner.source.text.get(node.at.clone()).unwrap_or("");
                if walk.is_known(text) && !reads_as_prose(text) {
                    let out = walk.list(std::slice::from_ref(node), at, &mut own, &ctx);
                    at = out.ok.unwrap_or(at);
                }
            }
        });
    }

    /// Whether a line could be a verification, at a first glance.
    fn may_verify(&self, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        let found = self.world.toolbox.recognise(&words);
        found.is_some_and(|f| f.events(&words).iter().any(|e| e.kind == EventKind::Verify)) && !reads_as_prose(line)
    }

    fn is_known(&self, text: &str) -> bool {
        let words: Vec<&str> = text.split_whitespace().collect();
        self.world.toolbox.recognise(&words).is_some()
    }
}

/// Whether a condition cannot hold.
fn never(expr: &Expr) -> bool {
    match expr {
        Expr::Bool(value) => !value,
        Expr::Binary { op: Op::And, left, right } => never(left) || never(right),
        Expr::Binary { op: Op::Or, left, right } => never(left) && never(right),
        Expr::Not(inner) => **inner == Expr::Bool(true),
        _ => false,
    }
}

/// The one input that a condition is about, beside what it says of earlier failures.
fn only_input(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Port(Port::Input(name)) => Some(name),
        Expr::Not(inner) => only_input(inner),
        Expr::Binary { op: Op::Eq | Op::Ne, left, right } => match (&**left, &**right) {
            (Expr::Port(Port::Input(name)), Expr::Literal(_) | Expr::Bool(_)) => Some(name),
            (Expr::Literal(_) | Expr::Bool(_), Expr::Port(Port::Input(name))) => Some(name),
            _ => None,
        },
        Expr::Binary { op: Op::And, left, right } => {
            let silent = |e: &Expr| super::conditions::beyond_status(e).is_none();
            if silent(left) { only_input(right) } else { only_input(left).filter(|_| silent(right)) }
        }
        _ => None,
    }
}

/// `inputs.x`, `!inputs.x`
fn is_switch(expr: &Expr) -> bool {
    match expr {
        Expr::Not(inner) => is_switch(inner),
        _ => matches!(expr, Expr::Port(Port::Input(_))),
    }
}

/// Whether others use the pipeline with inputs of their own.
fn is_callable(pipeline: &Pipeline) -> bool {
    pipeline.format == Format::GithubAction || pipeline.triggers.iter().any(|t| t.name.ends_with("_call"))
}

/// Whether the file says something there before anything runs; where an argument is handed over makes no difference.
fn is_early(origin: &Origin) -> bool {
    ["set here", "the default", "given here", HANDED].contains(&&*origin.what)
}

/// The text of a value that was set before anything ran: a default, a variable of the file, what a caller gives.
pub(super) fn given_beforehand(value: &Value) -> Option<String> {
    let text = value.known()?;
    let mut made = value.origins.iter().filter(|o| &*o.what != HANDED).peekable();
    let set = made.peek().is_some() && made.all(is_early);
    set.then(|| text.to_owned())
}

/// GitLab's rules in order, as far as they ask for variables of the file: the first that holds decides.
fn gitlab_rules(text: &str, scope: &Scope) -> Option<bool> {
    for rule in text.split("; ") {
        let (condition, when) = match rule.strip_suffix(')').and_then(|r| r.split_once(" (when: ")) {
            Some((condition, when)) => (condition, when),
            None => rule.strip_prefix("when: ").map_or((rule, "on_success"), |when| ("", when)),
        };
        if condition.is_empty() || gitlab_holds(condition, scope)? {
            return Some(when != "never");
        }
    }
    Some(false)
}

fn gitlab_holds(condition: &str, scope: &Scope) -> Option<bool> {
    let words: Vec<&str> = condition.split_whitespace().collect();
    let value = |word: &str| -> Option<String> {
        match word.strip_prefix('$') {
            Some(name) => given_beforehand(scope.env.get(name.trim_matches(['{', '}']))?),
            None if word == "null" => Some(String::new()),
            None => Some(word.trim_matches(['"', '\'']).to_owned()),
        }
    };
    match words.as_slice() {
        [one] => value(one).map(|v| !v.is_empty()),
        [left, "==", right] => Some(value(left)? == value(right)?),
        [left, "!=", right] => Some(value(left)? != value(right)?),
        _ => None,
    }
}

/// Runs of lines that are nothing but comments.
fn blocks(text: &str, comments: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in comments {
        let start = text[..at.start].rfind('\n').map_or(0, |newline| newline + 1);
        if !text[start..at.start].trim().is_empty() {
            continue;
        }
        match found.last_mut() {
            Some(last) if text[last.end..start].trim_matches(['\r', ' ', '\t']) == "\n" => last.end = at.end,
            // An interpreter's line opens what the script says of itself.
            _ => found.push(start..at.end),
        }
    }
    found.retain(|block| !text[block.clone()].trim_start().starts_with("#!"));
    found
}

/// The lines of a block without their marks, at the same places; `None` where it explains something rather than being code.
fn uncommented(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut explains = false;
    for line in text.split_inclusive('\n') {
        let blank = line.len() - line.trim_start().len();
        let marks = line[blank..].bytes().take_while(|b| *b == b'#').count();
        let rest = &line[blank + marks..];
        let words = rest.trim();
        let lower = words.to_ascii_lowercase();
        let says = |word: &str| lower.split_whitespace().any(|w| w.trim_matches(['.', ',', ':', '(', ')']) == word);
        explains |= words.ends_with(':') || ["usage", "example", "examples", "e.g", "manually"].iter().any(|w| says(w));
        explains |= lower.contains("you can ") || lower.contains("to verify ");
        if explains {
            return None;
        }
        out.push_str(&" ".repeat(blank + marks));
        out.push_str(rest);
    }
    Some(out)
}

/// Whether a line that starts like a command is a sentence about it.
fn reads_as_prose(text: &str) -> bool {
    let text = text.trim();
    let named = |word: &str| {
        word.starts_with('-')
            || word.contains(['$', '/', '@', '=', '"', '\u{FFFC}'])
            || word.rfind('.').is_some_and(|dot| dot > 0 && dot + 1 < word.len())
    };
    let placeholder = text.contains(['<', '…', '`']) && !text.contains("<<") || text.contains("...");
    text.ends_with(['.', ':', ',', ')']) && !text.ends_with("$)") || placeholder || !text.split_whitespace().skip(1).any(named)
}

fn is_command(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Command(_) => true,
        NodeKind::Pipe(stages) => stages.iter().all(is_command),
        NodeKind::And(left, right) | NodeKind::Or(left, right) => is_command(left) && is_command(right),
        _ => false,
    }
}
