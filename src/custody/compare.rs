//! Tests: what a path through the script knows of their outcome, and which of them compare digests.

use super::command::Call;
use super::env::Env;
use super::expand::plain_variable;
use super::graph::{NodeId, Operand, Predicate, STATUS, Small, Var};
use super::idle::Decision;
use super::interpret::{Ctx, Out, Walk};
use super::model::{RawEvent, Subject};
use super::search::hexadecimal_run;
use super::statuses::{is_last_status, is_name};
use super::symbol::Kind;
use super::text::Atom;
use super::value::Value;
use crate::facts::{Artifact, EventKind, Origin, Shell};
use crate::shell::{PartKind, Test, Word};
use crate::source::Span;
use std::ops::Range;
use std::rc::Rc;

/// Words of a `[ .. ]` that is understood.
const MAX_WORDS: usize = 200;

/// One operand of a test.
struct Side {
    value: Value,
    operand: Operand,
    at: Range<usize>,
}

/// Two operands that are compared for equality.
struct Comparison {
    left: (Value, Range<usize>),
    right: (Value, Range<usize>),
    /// The operator means "differs".
    differs: bool,
    /// The right one is a pattern with something unknown in it.
    contains: bool,
}

impl Walk<'_> {
    /// `[ .. ]`, `test ..`
    pub(super) fn bracket(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let end = call.fields.len() - usize::from(call.text(skip) == Some("[") && call.text(call.fields.len() - 1) == Some("]"));
        let mut compared = Vec::new();
        let range = skip + 1..end.max(skip + 1);
        let predicate = if range.len() > MAX_WORDS {
            self.opaque(call.span, "a test may have 200 words");
            Predicate::Unknown
        } else {
            self.bracket_range(call, range, &mut compared, env)
        };
        self.tested(predicate, compared, call.span, entry, ctx)
    }

    fn bracket_range(&mut self, call: &Call, range: Range<usize>, compared: &mut Vec<Comparison>, env: &Env) -> Predicate {
        let words: Vec<Option<&str>> = range.clone().map(|i| call.text(i)).collect();
        for (operator, both) in [("-o", false), ("-a", true)] {
            if let Some(at) = words.iter().position(|w| *w == Some(operator)).filter(|at| *at > 0) {
                let middle = range.start + at;
                let (left, right) = (
                    self.bracket_range(call, range.start..middle, compared, env),
                    self.bracket_range(call, middle + 1..range.end, compared, env),
                );
                self.decision = Decision::default();
                return if both { Predicate::And(left.into(), right.into()) } else { Predicate::Or(left.into(), right.into()) };
            }
        }
        match words.as_slice() {
            [Some("!"), ..] => {
                let before = compared.len();
                let inner = self.bracket_range(call, range.start + 1..range.end, compared, env);
                self.decision = self.decision.negated();
                turn_round(&mut compared[before..]);
                Predicate::Not(inner.into())
            }
            [_] => Predicate::NonEmpty(self.side(call, range.start, env).operand),
            [Some(operator), _] => {
                let operator = (*operator).to_owned();
                let side = self.side(call, range.start + 1, env);
                self.decide(&operator, None, &side.value);
                unary(&operator, side.operand)
            }
            [_, Some(operator), _] => {
                let operator = (*operator).to_owned();
                let (left, right) = (self.side(call, range.start, env), self.side(call, range.start + 2, env));
                self.decide(&operator, Some(&left.value), &right.value);
                binary(&operator, left, right, compared)
            }
            _ => Predicate::Unknown,
        }
    }

    fn side(&mut self, call: &Call, index: usize, env: &Env) -> Side {
        let field = &call.fields[index];
        let operand = self.operand(&field.value, field.variable.as_deref(), env);
        Side { value: field.value.clone(), operand, at: field.at.clone() }
    }

    /// `[[ .. ]]`, `(( .. ))`
    pub(super) fn test(&mut self, test: &Test, at: &Range<usize>, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let (mut point, mut compared) = (entry, Vec::new());
        if let Test::Arithmetic(words) = test {
            for word in words {
                // For what it runs.
                self.word(word, &mut point, env, ctx);
            }
            return self.arithmetic(ctx.code.source.text.get(at.clone()).unwrap_or(""), point, env);
        }
        let predicate = self.predicate(test, &mut point, &mut compared, env, ctx);
        self.tested(predicate, compared, ctx.span(at), point, ctx)
    }

    fn predicate(&mut self, test: &Test, at: &mut NodeId, compared: &mut Vec<Comparison>, env: &mut Env, ctx: &Ctx) -> Predicate {
        match test {
            Test::Not(inner) => {
                let before = compared.len();
                let inner = self.predicate(inner, at, compared, env, ctx);
                self.decision = self.decision.negated();
                turn_round(&mut compared[before..]);
                Predicate::Not(inner.into())
            }
            Test::And(a, b) | Test::Or(a, b) => {
                let (left, right) = (self.predicate(a, at, compared, env, ctx), self.predicate(b, at, compared, env, ctx));
                self.decision = Decision::default();
                let join = if matches!(test, Test::And(..)) { Predicate::And } else { Predicate::Or };
                join(left.into(), right.into())
            }
            Test::Unary { operator, operand } => {
                let side = self.word_side(operand, at, env, ctx);
                self.decide(operator, None, &side.value);
                let is_powershell = self.place.shell == Shell::PowerShell;
                // A number is true unless it is zero.
                if is_powershell && plain_variable(operand).is_some_and(is_last_status) {
                    return Predicate::NonZero(side.operand);
                }
                if is_powershell && side.value.all(|text| matches!(text.known(), Some("true" | "false"))) {
                    return Predicate::Truth(side.operand);
                }
                unary(operator, side.operand)
            }
            Test::Binary { operator, left, right } => {
                if matches!(operator.as_str(), "=~" | "==" | "=" | "-match" | "!=" | "-notmatch") {
                    self.form_tested(left, right, at, env, ctx);
                }
                let pattern = is_pattern(right);
                let known = right.parts.iter().all(|p| matches!(p.kind, PartKind::Literal(_)));
                let (left, right) = (self.word_side(left, at, env, ctx), self.word_side(right, at, env, ctx));
                self.decide(operator, Some(&left.value), &right.value);
                let before = compared.len();
                if let Some(differs) = self.sought_in(operator, &left.value, &right.value) {
                    let (left, right) = ((left.value, left.at), (right.value, right.at));
                    compared.push(Comparison { left, right, differs, contains: true });
                    return Predicate::Unknown;
                }
                let predicate = binary(operator, left, right, compared);
                if pattern && known {
                    // `"$digest" == sha256:*` asks for the form.
                    compared.truncate(before);
                }
                compared[before..].iter_mut().for_each(|c| c.contains = pattern);
                if pattern { Predicate::Unknown } else { predicate }
            }
            Test::Arithmetic(_) => Predicate::Unknown,
        }
    }

    /// `[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]]`: somebody looks at the form.
    fn form_tested(&mut self, left: &Word, right: &Word, at: &mut NodeId, env: &mut Env, ctx: &Ctx) {
        let pattern = ctx.code.source.text.get(right.at.clone()).unwrap_or("");
        let known = self.word(right, at, env, ctx);
        if super::filter::says_form(pattern.trim_matches(['"', '\''])) || known.known().is_some_and(super::filter::says_form) {
            let subject = self.word(left, at, env, ctx);
            self.form_checked(&subject);
        }
    }

    /// Notes that somebody looks at the form of these digests.
    pub(super) fn form_checked(&mut self, value: &Value) {
        let symbols: Vec<_> = value.alternatives().iter().flat_map(|t| t.symbols().collect::<Vec<_>>()).collect();
        symbols.into_iter().for_each(|id| self.symbols.say_form(id, super::symbol::DigestForm::Checked));
    }

    fn word_side(&mut self, word: &Word, at: &mut NodeId, env: &mut Env, ctx: &Ctx) -> Side {
        let value = self.word(word, at, env, ctx);
        let operand = self.operand(&value, plain_variable(word), env);
        Side { value, operand, at: word.at.clone() }
    }

    fn tested(&mut self, predicate: Predicate, compared: Vec<Comparison>, span: Span, entry: NodeId, ctx: &Ctx) -> Out {
        self.tests = true;
        let (node, out) = self.tested_by(predicate, entry);
        for comparison in compared {
            self.compared(&comparison, node, span, ctx);
        }
        out
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

    /// Records a comparison if it is one of digests.
    fn compared(&mut self, comparison: &Comparison, node: NodeId, span: Span, ctx: &Ctx) {
        let (left, right) =
            (side(&comparison.left.0, &comparison.left.1, ctx), side(&comparison.right.0, &comparison.right.1, ctx));
        let verb = match (comparison.contains, comparison.differs) {
            (true, _) => "contains",
            (_, true) => "!=",
            _ => "=",
        };
        self.digests_compared(left, right, (verb, comparison.differs), node, span, ctx.branch);
    }

    pub(super) fn digests_compared(
        &mut self,
        left: Subject,
        right: Subject,
        (verb, differs): (&str, bool),
        node: NodeId,
        span: Span,
        branch: bool,
    ) {
        let empty = [&left, &right].iter().any(|s| s.value.known() == Some(""));
        if empty || !(self.is_content(&left.value) || self.is_content(&right.value)) || self.is_of_one_file(&left, &right) {
            return;
        }
        self.records.event(RawEvent {
            kind: EventKind::Compare,
            tool: "shell".into(),
            verb: verb.into(),
            reference: None,
            source: Some(left),
            destination: Some(right),
            options: Rc::default(),
            list: None,
            node,
            fails_by_success: differs,
            origin: Origin::Command,
            captured: false,
            place: self.place.clone(),
            branch,
            span,
        });
    }

    /// Whether both sides are checksums that were computed of the same file: one that is put in its place fits as well.
    pub(super) fn is_of_one_file(&self, left: &Subject, right: &Subject) -> bool {
        let file = |side: &Subject| {
            let symbol = self.symbols.get(side.value.single()?.as_symbol()?);
            symbol.subject.clone().filter(|_| symbol.kind == Kind::Checksum)
        };
        file(left).is_some_and(|of| file(right) == Some(of))
    }

    /// Whether a value is, or carries, a digest or checksum.
    pub(super) fn is_content(&self, value: &Value) -> bool {
        value.any(|text| {
            text.atoms().iter().any(|atom| match atom {
                Atom::Literal(literal) => holds_digest(literal),
                Atom::Symbol(id) => matches!(self.symbols.get(*id).kind, Kind::Digest | Kind::DigestReference | Kind::Checksum),
            })
        })
    }
}

/// A side of a comparison, which stands at this place of the script.
pub(super) fn side(value: &Value, at: &Range<usize>, ctx: &Ctx) -> Subject {
    Subject {
        artifact: Artifact::Image,
        value: value.clone(),
        text: ctx.code.source.text.get(at.clone()).unwrap_or("").to_owned(),
        span: ctx.span(at),
        is_local: false,
        is_default: false,
    }
}

/// Whether text holds `sha256:` or 64 hexadecimal digits.
pub(super) fn holds_digest(text: &str) -> bool {
    text.contains("sha256:") || text.contains("sha512:") || hexadecimal_run(text) >= 64
}

/// Whether a word of `[[ .. ]]` is a pattern.
fn is_pattern(word: &Word) -> bool {
    word.parts.iter().any(|p| !p.quoted && matches!(&p.kind, PartKind::Literal(text) if text.contains(['*', '?', '['])))
}

/// A test that is negated holds where what it compares differs.
fn turn_round(compared: &mut [Comparison]) {
    compared.iter_mut().for_each(|comparison| comparison.differs = !comparison.differs);
}

fn unary(operator: &str, operand: Operand) -> Predicate {
    match operator {
        "-n" | "" => Predicate::NonEmpty(operand),
        "-z" => Predicate::Not(Predicate::NonEmpty(operand).into()),
        _ => Predicate::Unknown,
    }
}

fn binary(operator: &str, left: Side, right: Side, compared: &mut Vec<Comparison>) -> Predicate {
    let equal = |left: Side, right: Side| Predicate::Equal(left.operand, right.operand);
    match operator {
        "=" | "==" | "!=" => {
            let differs = operator == "!=";
            compared.push(Comparison {
                left: (left.value.clone(), left.at.clone()),
                right: (right.value.clone(), right.at.clone()),
                differs,
                contains: false,
            });
            let predicate = equal(left, right);
            if differs { Predicate::Not(predicate.into()) } else { predicate }
        }
        "-eq" => equal(left, right),
        "-ne" => Predicate::Not(equal(left, right).into()),
        "-gt" => Predicate::Greater(left.operand, right.operand),
        "-lt" => Predicate::Greater(right.operand, left.operand),
        "-le" => Predicate::Not(Predicate::Greater(left.operand, right.operand).into()),
        "-ge" => Predicate::Not(Predicate::Greater(right.operand, left.operand).into()),
        _ => Predicate::Unknown,
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
