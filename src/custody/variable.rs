//! What a variable expands to: `${name..}`.

use super::env::{Env, Variable};
use super::graph::NodeId;
use super::interpret::{Ctx, Walk};
use super::statuses::is_last_status;
use super::symbol::Kind;
use super::text::{Atom, Text};
use super::value::Value;
use crate::shell::{Modifier, Part, Word};

impl Walk<'_> {
    pub(super) fn variable(
        &mut self,
        name: &str,
        modifier: &Modifier,
        part: &Part,
        at: &mut NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Value {
        let value = match modifier {
            Modifier::None if name == "?" || is_last_status(name) => Some(self.last_status(name, at)),
            Modifier::Index(index) if name == "PIPESTATUS" => index.literal().map(|index| self.stage_status(&index, at, env)),
            Modifier::Index(index) => self.element(name, index, env),
            Modifier::Indirect => {
                let known = self.lookup(name, env).and_then(|v| v.known().map(str::to_owned));
                known.and_then(|target| self.lookup(&target, env))
            }
            _ => self.lookup(name, env),
        };
        match modifier {
            Modifier::None | Modifier::Index(_) | Modifier::Indirect | Modifier::Required => {
                value.unwrap_or_else(|| self.unset(name))
            }
            Modifier::Default { word, colon, assigns } => {
                let fallback = self.word(word, at, env, ctx);
                let result = match value {
                    Some(value) if !*colon || value.all(|t| !t.atoms().is_empty()) && is_certain(&value) => value,
                    Some(value) if value.known() == Some("") => fallback,
                    Some(value) => value.or(&fallback),
                    None => self.unset(name).or(&fallback),
                };
                if *assigns {
                    env.variables.insert(name.into(), Variable::Scalar(result.clone()));
                }
                result
            }
            Modifier::Alternative(word) => {
                let alternative = self.word(word, at, env, ctx);
                match value {
                    Some(value) if value.known() == Some("") => Value::default(),
                    Some(_) => alternative,
                    None => alternative.or(&Value::default()),
                }
            }
            Modifier::Length => self.unknown(format!("#{name}")),
            Modifier::RemovePrefix { pattern, longest } => {
                let pattern = self.word(pattern, at, env, ctx);
                let value = value.unwrap_or_else(|| self.unset(name));
                self.cut(&value, pattern.known(), true, *longest, part, ctx)
            }
            Modifier::RemoveSuffix { pattern, longest } => {
                let pattern = self.word(pattern, at, env, ctx);
                let value = value.unwrap_or_else(|| self.unset(name));
                self.cut(&value, pattern.known(), false, *longest, part, ctx)
            }
            Modifier::Replace { pattern, replacement, all } => {
                let (pattern, replacement) = (self.word(pattern, at, env, ctx), self.word(replacement, at, env, ctx));
                let value = value.unwrap_or_else(|| self.unset(name));
                match (value.known(), pattern.known(), replacement.known()) {
                    (Some(text), Some(pattern), Some(new)) if !pattern.contains(['*', '?', '[', '#', '%']) => {
                        Value::literal(&if *all { text.replace(pattern, new) } else { text.replacen(pattern, new, 1) })
                    }
                    _ => self.derived(&value, part, ctx),
                }
            }
            Modifier::Substring { .. } | Modifier::Other(_) => {
                let value = value.unwrap_or_else(|| self.unset(name));
                match modifier {
                    Modifier::Other(op) if op.starts_with(',') => value.map(lower),
                    Modifier::Other(op) if op.starts_with('@') => value,
                    _ => self.derived(&value, part, ctx),
                }
            }
        }
    }

    fn element(&mut self, name: &str, index: &Word, env: &Env) -> Option<Value> {
        match env.variables.get(name)? {
            Variable::List(list) => {
                let any = || list.iter().cloned().reduce(|a, b| a.or(&b));
                match index.literal().as_deref() {
                    Some("@" | "*") => list.iter().cloned().reduce(|a, b| a.then(&Value::literal(" ")).then(&b)),
                    Some(number) => number.parse::<usize>().ok().and_then(|i| list.get(i).cloned()).or_else(any),
                    None => any(),
                }
            }
            Variable::Scalar(value) => Some(value.clone()),
        }
    }

    /// A variable that nothing in the pipeline sets: the same text wherever it is used.
    fn unset(&mut self, name: &str) -> Value {
        let kind = if name.starts_with("SECRET") { Kind::Secret } else { Kind::Unknown };
        Value::symbol(self.symbols.named(name, kind))
    }

    /// Something computed from a value in a way that is not followed: the same text for the same value and computation.
    fn derived(&mut self, value: &Value, part: &Part, ctx: &Ctx) -> Value {
        let how = ctx.code.source.text.get(part.at.clone()).unwrap_or("").to_owned();
        let kind = self.kind_of(value);
        if kind == Kind::Checksum {
            // What is cut off is the name behind it (`${sum%% *}`, `${sum:0:64}`).
            return value.clone();
        }
        let key = format!("{how} of {}", value.display(&self.symbols));
        let kind = if kind == Kind::Digest { Kind::Unknown } else { kind };
        Value::symbol(self.symbols.named(key, kind))
    }

    /// `${x#pattern}` and kin.
    fn cut(&mut self, value: &Value, pattern: Option<&str>, prefix: bool, longest: bool, part: &Part, ctx: &Ctx) -> Value {
        let Some(pattern) = pattern else { return self.derived(value, part, ctx) };
        let mut parts: Vec<Value> = Vec::new();
        for text in value.alternatives() {
            parts.push(match cut_text(text, pattern, prefix, longest) {
                Some(cut) => Value::text(cut),
                None => self.cut_symbol(text, pattern, prefix, part, ctx),
            });
        }
        let mut result = parts.into_iter().reduce(|a, b| a.or(&b)).unwrap_or_default();
        result.origins.clone_from(&value.origins);
        result
    }

    /// `${REF#*@}` of a reference that ends in a digest is that digest, `${REF%@*}` its name.
    fn cut_symbol(&mut self, text: &Text, pattern: &str, prefix: bool, part: &Part, ctx: &Ctx) -> Value {
        if let Some(id) = text.as_symbol() {
            let symbol = self.symbols.get(id).clone();
            if symbol.kind == Kind::DigestReference {
                let (key, kind) = if prefix {
                    (format!("{}.digest", symbol.key), Kind::Digest)
                } else {
                    (format!("{}.name", symbol.key), Kind::Unknown)
                };
                if pattern.contains('@') {
                    return Value::symbol(self.symbols.intern(super::symbol::Symbol { key, kind, ..symbol }));
                }
            }
        }
        self.derived(&Value::text(text.clone()), part, ctx)
    }
}

/// Whether a value cannot be empty: it has literal text, or is no variable from outside.
fn is_certain(value: &Value) -> bool {
    value.all(|t| t.literal_len() > 0)
}

fn lower(text: &Text) -> Text {
    let mut out = Text::default();
    for atom in text.atoms() {
        out.push(match atom {
            Atom::Literal(literal) => Atom::Literal(literal.to_lowercase().into()),
            Atom::Symbol(id) => Atom::Symbol(*id),
        });
    }
    out
}

/// Removal of a prefix or suffix that consists of literals and one `*` at its open end, on text whose affected part is known.
fn cut_text(text: &Text, pattern: &str, prefix: bool, longest: bool) -> Option<Text> {
    let masked = text.masked();
    let (fixed, open) = if prefix {
        (pattern.trim_start_matches('*'), pattern.starts_with('*'))
    } else {
        (pattern.trim_end_matches('*'), pattern.ends_with('*'))
    };
    if fixed.is_empty() || fixed.contains(['*', '?', '[', '\\']) {
        return None;
    }
    let unknown = |part: &str| part.contains('\u{FFFC}');
    let cut = match (prefix, open) {
        (true, false) if masked.starts_with(fixed) => fixed.len()..masked.len(),
        (false, false) if masked.ends_with(fixed) => 0..masked.len() - fixed.len(),
        (_, false) => return (!unknown(&masked)).then(|| text.clone()),
        (true, true) => {
            let found = if longest { masked.rfind(fixed) } else { masked.find(fixed) };
            let at = match found {
                Some(at) => at,
                None => return (!unknown(&masked)).then(|| text.clone()),
            };
            // A symbol on the side that is searched could hold the separator as well; names rarely do.
            at + fixed.len()..masked.len()
        }
        (false, true) => {
            let found = if longest { masked.find(fixed) } else { masked.rfind(fixed) };
            match found {
                Some(at) => 0..at,
                None => return (!unknown(&masked)).then(|| text.clone()),
            }
        }
    };
    Some(text.slice_masked(cut))
}
