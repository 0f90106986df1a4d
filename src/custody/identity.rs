//! Whose signature an identity expression accepts.
//!
//! cosign compiles `--certificate-identity-regexp` and `--certificate-oidc-issuer-regexp` with Go's `regexp` and calls `MatchString`,
//! which is *unanchored* (sigstore/cosign `pkg/cosign/verify.go`, sigstore/sigstore-go `pkg/verify/certificate_identity.go`). The exact
//! flags compare for equality. So an expression is judged by trying it: what its author meant is read from its syntax tree,
//! identities of somebody else are made from that, and the compiled expression says which of them it lets in.

mod adversary;
mod expression;
mod shape;

use super::reference::UNKNOWN;
use crate::facts::{Admitted, AdmittedClass};
use expression::Expression;

/// What the expression is matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Subject {
    /// The subject alternative name of the certificate.
    #[default]
    Identity,
    /// The URL of the OIDC issuer.
    Issuer,
}

/// What is known of an unknown value by where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hint {
    /// It holds `owner/name`: `github.repository`, `GITHUB_REPOSITORY`, `CI_PROJECT_PATH`.
    Repository,
    /// It holds one name: `github.repository_owner`, `CI_PROJECT_NAMESPACE`, a repository's name.
    Name,
    /// Nothing. The judgement then assumes what is best for the expression.
    #[default]
    Nothing,
}

/// What the judgement may know besides the expression.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// What it is matched against.
    pub subject: Subject,
    /// One for each unknown, in order; missing ones are [`Hint::Nothing`].
    pub hints: &'a [Hint],
    /// `owner/name` of the repository at hand; stands for [`Hint::Repository`].
    pub repository: Option<&'a str>,
}

/// What an expression accepts.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// Whether the whole expression is known.
    pub known: bool,
    /// Whether it says where the identity starts and ends. An end left open on purpose (`.*`, `/`, `@`) counts as said.
    pub anchored: bool,
    /// Identities of somebody else that are let in: the widest class of `anyone` .. `other-ref`, and, where it is not `anyone`,
    /// a look-alike host and an embedded identity.
    pub admits: Vec<Admitted>,
    /// Why it can match nothing that it is meant to match, or does not compile.
    pub invalid: Option<String>,
    /// The identity that it seems to mean, `*` for what it leaves open.
    pub intended: Option<String>,
}

/// Judges a regular expression of Go. Unknown values stand as [`UNKNOWN`].
#[must_use]
pub fn judge_regexp(expression: &str, context: &Context<'_>) -> Judgement {
    if !expression.contains(UNKNOWN) {
        return Judgement { known: true, ..judge(expression, context) };
    }
    let blank = |letter: char| letter == UNKNOWN || letter == '^' || letter == '$';
    if expression.chars().all(blank) {
        return Judgement::default();
    }
    let readings = [Reading::Narrow, Reading::Path].map(|reading| judge(&substitute(expression, context, reading), context));
    // Of two possible meanings the one that lets in less, so that nothing is claimed that need not be so.
    let [narrow, path] = readings;
    let width = |judgement: &Judgement| {
        let widest = judgement.admits.iter().map(|admitted| admitted.class).min();
        (judgement.invalid.is_some(), widest.is_some(), std::cmp::Reverse(widest), judgement.admits.len())
    };
    if width(&path) <= width(&narrow) { path } else { narrow }
}

/// Judges an identity that is compared for equality. Wildcards have no meaning there.
#[must_use]
pub fn judge_exact(identity: &str) -> Judgement {
    let wildcard = ["*", ".+", "\\.", "[^"].into_iter().find(|mark| identity.contains(mark));
    let anchor = if identity.starts_with('^') { Some("^") } else { identity.ends_with('$').then_some("$") };
    let known = !identity.contains(UNKNOWN);
    match wildcard.or(anchor) {
        Some(mark) => Judgement {
            known,
            anchored: true,
            invalid: Some(format!("`{mark}` has no special meaning in an exact identity, so no identity equals it")),
            ..Judgement::default()
        },
        None => Judgement { known, anchored: true, intended: Some(identity.to_owned()), ..Judgement::default() },
    }
}

/// Judges a subject with the wildcards `*` and `?`, as Kyverno's `keyless.subject` has them; it matches from start to end.
#[must_use]
pub fn judge_glob(subject: &str, context: &Context<'_>) -> Judgement {
    let mut expression = String::from("^");
    for letter in subject.chars() {
        match letter {
            '*' => expression.push_str(".*"),
            '?' => expression.push_str("[^\\n]{1}"),
            other => expression.push_str(&regex_syntax::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    Judgement { anchored: true, ..judge_regexp(&expression, context) }
}

fn judge(expression: &str, context: &Context<'_>) -> Judgement {
    let compiled = match Expression::compile(expression) {
        Ok(compiled) => compiled,
        Err(reason) => return Judgement { invalid: Some(reason), ..Judgement::default() },
    };
    let mut found: Vec<Admitted> = Vec::new();
    for sample in &compiled.samples {
        for admitted in adversary::admitted(&compiled, sample, context.subject) {
            if found.iter().all(|other| other.class != admitted.class) {
                found.push(admitted);
            }
        }
    }
    found.sort_by_key(|admitted| admitted.class);
    let intended = compiled.samples.first().map(expression::Sample::shown).filter(|shown| shown.contains(char::is_alphanumeric));
    Judgement { known: false, anchored: is_anchored(&compiled), admits: widest(found), invalid: None, intended }
}

/// Of the classes that contain each other the widest; `anyone` contains all.
fn widest(sorted: Vec<Admitted>) -> Vec<Admitted> {
    let apart = |class| matches!(class, AdmittedClass::LookalikeHost | AdmittedClass::Embedded);
    let first = sorted.iter().map(|admitted| admitted.class).find(|class| !apart(*class));
    let all = first == Some(AdmittedClass::Anyone);
    sorted.into_iter().filter(|admitted| Some(admitted.class) == first || (!all && apart(admitted.class))).collect()
}

fn is_anchored(expression: &Expression) -> bool {
    let open_mailbox = |sample: &expression::Sample| {
        let text = sample.text();
        sample.starts_open() && text.contains('@') && !text.contains('/')
    };
    let starts = expression.samples.iter().all(|sample| (expression.starts && !sample.starts_open()) || open_mailbox(sample));
    starts && (expression.ends || expression.samples.iter().all(expression::Sample::ends_open))
}

/// Two ways to read an unknown value of which nothing is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// One name.
    Narrow,
    /// A path: with nothing but wildcards around it a whole identity, at the start `https://host/owner/name`, behind `://`
    /// `host/owner/name`, behind the host `owner/name`.
    Path,
}

/// Puts opaque words in the place of unknown values. What is unknown at either end may hold the anchor too.
fn substitute(expression: &str, context: &Context<'_>, reading: Reading) -> String {
    let mut text = String::new();
    let hint = |index: usize| context.hints.get(index).copied().unwrap_or_default();
    let mut index = 0;
    for (at, letter) in expression.char_indices() {
        if letter != UNKNOWN {
            text.push(letter);
            continue;
        }
        match hint(index) {
            Hint::Repository => match context.repository.filter(|name| name.contains('/')) {
                Some(name) => text.push_str(&regex_syntax::escape(name)),
                None => text.push_str(&path_of(index)),
            },
            Hint::Name => text.push_str(&format!("unknownname{index}")),
            Hint::Nothing => {
                if text.trim_start_matches('^').is_empty() {
                    text = String::from("^");
                }
                let after = &expression[at + letter.len_utf8()..];
                let reading = if context.subject == Subject::Issuer { Reading::Narrow } else { reading };
                text.push_str(&opaque(&text, after, index, reading));
            }
        }
        index += 1;
    }
    if expression.ends_with(UNKNOWN) && hint(index.saturating_sub(1)) == Hint::Nothing {
        text.push('$');
    }
    text
}

fn path_of(index: usize) -> String {
    format!("unknownowner{index}/unknownname{index}")
}

/// The words for a value of which nothing is known.
fn opaque(before: &str, after: &str, index: usize, reading: Reading) -> String {
    let path = path_of(index);
    let blank = |text: &str| text.chars().all(|letter| matches!(letter, '^' | '$' | '.' | '*' | '+'));
    // `<owner>/<name>`, so this is one component already
    let named = after
        .strip_prefix('/')
        .is_some_and(|rest| rest.starts_with(|next: char| next.is_alphanumeric() || next == UNKNOWN || next == '['));
    let behind_host = before.ends_with('/') && before.matches('/').count() == 3;
    match reading {
        Reading::Path if blank(before) && blank(after) => {
            format!("https://github\\.com/{path}/\\.github/workflows/unknownvalue{index}\\.yml@refs/heads/unknownvalue{index}")
        }
        Reading::Path if blank(before) && !named => format!("https://github\\.com/{path}"),
        Reading::Path if before.ends_with("://") && !named => format!("github\\.com/{path}"),
        Reading::Path if behind_host && !named => path,
        _ => format!("unknownvalue{index}"),
    }
}

#[cfg(test)]
mod tests;
