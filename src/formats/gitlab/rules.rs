//! When a job runs, and whether its failure counts: `rules`, `only`, `except`, `when`, `allow_failure`.
//!
//! Source: those keywords in GitLab's CI/CD YAML syntax reference. Rules are tried in order; the first that holds decides.

use super::value::{Field, Value};
use crate::pipeline::{AfterFailure, Condition, Expr, Tolerance};
use crate::source::Span;

/// When a job runs.
#[derive(Debug, Default)]
pub(super) struct Occasion {
    pub(super) condition: Option<Condition>,
    pub(super) tolerance: Option<Tolerance>,
    /// Whether somebody has to start it.
    pub(super) manual: bool,
    /// Whether later stages wait for it.
    pub(super) blocks: bool,
    pub(super) presence: Presence,
}

/// By what a job is in a pipeline at all: clauses in the order in which they are tried, and whether it is there by them.
#[derive(Debug, Default)]
pub(super) struct Presence(Vec<(String, bool)>);

impl Presence {
    /// Whether, where a job of this presence is, one of the `other` is too.
    pub(super) fn implies(&self, other: &Presence) -> bool {
        let there = self.0.iter().enumerate().filter(|(_, (_, there))| *there);
        let mut there = there.map(|(i, (clause, _))| (clause.as_str(), &self.0[..i]));
        if self.0.is_empty() { other.given("", &[]) } else { there.all(|(holds, before)| other.given(holds, before)) }
    }

    /// Whether the job is there where a clause holds and those `before` do not.
    fn given(&self, holds: &str, before: &[(String, bool)]) -> bool {
        let conjuncts = || holds.split(" && ").filter(|_| !holds.contains(['|', '(']));
        for (clause, there) in &self.0 {
            if before.iter().any(|(b, _)| b == clause) {
                continue;
            }
            if clause.is_empty() || clause == holds || conjuncts().any(|c| c == clause) {
                return *there;
            }
            if !there {
                return false;
            }
        }
        self.0.is_empty()
    }
}

/// One rule, or what stands for rules.
struct Rule {
    /// What must hold; empty where it always does.
    text: String,
    when: String,
    allow_failure: Option<bool>,
}

/// Reads the occasion of a job.
pub(super) fn occasion(job: &Value<'_>, rules: &[Value<'_>]) -> Occasion {
    let when = job.get("when").and_then(Value::as_str).unwrap_or("on_success");
    let (parsed, span) = match job.field("rules") {
        Some(field) => (rules.iter().map(|r| rule(r, when)).collect(), Some(field.span())),
        None => plain(job, when),
    };
    // Rules after one that always holds are never looked at.
    let end = parsed.iter().position(|r| r.text.is_empty()).map_or(parsed.len(), |i| i + 1);
    let parsed = &parsed[..end];
    let running: Vec<&Rule> = parsed.iter().filter(|r| r.when != "never").collect();
    let manual = !running.is_empty() && running.iter().all(|r| r.when == "manual");
    let presence = Presence(parsed.iter().map(|r| (r.text.clone(), r.when != "never")).collect());
    let tolerance = tolerance(job, &running);
    let by_default = manual && job.field("rules").is_none() && job.get("allow_failure").is_none();
    Occasion {
        condition: span.and_then(|span| condition(parsed, &running, span)),
        blocks: !(manual && (by_default || tolerance.as_ref().is_some_and(|t| t.certain))),
        // Nobody waits for a job that somebody starts by hand.
        tolerance: if by_default { None } else { tolerance },
        manual,
        presence,
    }
}

fn rule(value: &Value<'_>, when: &str) -> Rule {
    let parts = value.fields().iter().filter(|f| matches!(f.name(), "if" | "changes" | "exists"));
    let parts: Vec<String> = parts
        .map(|f| if f.name() == "if" { f.value.described() } else { format!("{}: {}", f.name(), f.value.described()) })
        .collect();
    let text = if value.is_map() { parts.join(" && ") } else { value.described() };
    Rule {
        text,
        when: value.get("when").and_then(Value::as_str).unwrap_or(when).to_owned(),
        allow_failure: value.get("allow_failure").and_then(Value::as_bool),
    }
}

/// `only`, `except` and `when` without rules.
fn plain(job: &Value<'_>, when: &str) -> (Vec<Rule>, Option<Span>) {
    let fields: Vec<&Field<'_>> = ["only", "except", "when"].iter().filter_map(|key| job.field(key)).collect();
    let limits = fields.iter().filter(|f| f.name() != "when");
    let text: Vec<String> = limits.map(|f| format!("{}: {}", f.name(), f.value.described())).collect();
    let rule = Rule { text: text.join(", "), when: when.to_owned(), allow_failure: None };
    (vec![rule], fields.first().map(|f| f.span()))
}

fn condition(parsed: &[Rule], running: &[&Rule], span: Span) -> Option<Condition> {
    let after_failure = if running.iter().any(|r| r.when == "always") {
        AfterFailure::Also
    } else if !running.is_empty() && running.iter().all(|r| r.when == "on_failure") {
        AfterFailure::Only
    } else {
        AfterFailure::No
    };
    let described = || {
        let one = |r: &Rule| match (r.text.as_str(), r.when.as_str()) {
            (text, "on_success" | "always" | "on_failure") if !text.is_empty() => text.to_owned(),
            ("", when) => format!("when: {when}"),
            (text, when) => format!("{text} (when: {when})"),
        };
        parsed.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    let always = matches!(parsed, [Rule { text, when, .. }] if text.is_empty() && matches!(when.as_str(), "on_success" | "always" | "on_failure"));
    let expr = match () {
        () if running.is_empty() && !parsed.is_empty() => Expr::Bool(false),
        () if parsed.is_empty() || always => Expr::Bool(true),
        () => Expr::Opaque(described()),
    };
    let says_nothing = expr == Expr::Bool(true) && after_failure == AfterFailure::No;
    (!says_nothing).then_some(Condition { expr, span, after_failure })
}

/// `allow_failure`, of the job or of all rules by which it runs.
fn tolerance(job: &Value<'_>, running: &[&Rule]) -> Option<Tolerance> {
    let of_rules: Vec<bool> = running.iter().filter_map(|r| r.allow_failure).collect();
    let field = job.field("allow_failure");
    let own = field.and_then(|f| f.value.as_bool());
    if of_rules.contains(&true) {
        let rules = job.field("rules")?;
        let certain = of_rules.iter().all(|allowed| *allowed) && (of_rules.len() == running.len() || own == Some(true));
        return Some(Tolerance { span: rules.span(), how: "allow_failure: true".to_owned(), certain });
    }
    let field = field?;
    let span = field.span();
    if own == Some(true) && of_rules.len() < running.len().max(1) {
        return Some(Tolerance { span, how: "allow_failure: true".to_owned(), certain: of_rules.is_empty() });
    }
    let codes = field.value.get("exit_codes")?;
    Some(Tolerance { span, how: format!("allow_failure: exit_codes: {}", codes.described()), certain: false })
}
