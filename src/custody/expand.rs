//! Words to values: expansion of variables, substitutions and holes, and splitting into fields.

use super::env::{Env, Variable, bounded};
use super::fields::{braces, join_pieces};
use super::graph::NodeId;
use super::interpret::{Ctx, Walk};
use super::joined::Joined;
use super::symbol::Kind;
use super::text::{Atom, Text};
use super::value::{HANDED, Value};
use crate::facts::EffectCause;
use crate::shell::{Modifier, Node, NodeKind, Part, PartKind, Test, Word};
use crate::source::Span;
use std::ops::Range;
use std::rc::Rc;

/// Items of `{1..n}` and `seq` that are told apart.
pub(super) const MAX_RANGE: u32 = 128;

/// One argument of a command, after expansion.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) value: Value,
    /// Place of the word that it came from, in the script's text.
    pub(super) at: Range<usize>,
    /// Where literal text of the value stands, for one-alternative values: pairs of (offset in the masked value, place).
    pub(super) pieces: Rc<Vec<(Range<usize>, Range<usize>)>>,
    /// Where text of the value stands that a command in it prints as it is written there: pairs of (offset, place in its file).
    pub(super) printed: Rc<Vec<(Range<usize>, Span)>>,
    /// The variable, if the word is nothing else.
    pub(super) variable: Option<Rc<str>>,
    /// An expansion in no quotes that is not known: it may be no word at all, or several.
    pub(super) elastic: bool,
}

/// What a function or script is given as `$1`, `$2` .., with where it is given that.
pub(super) fn arguments(fields: &[Field], ctx: &Ctx) -> Rc<Vec<Value>> {
    Rc::new(fields.iter().map(|field| field.value.clone().from(ctx.span(&field.at), HANDED)).collect())
}

/// A field whose text is not written in the word that it comes from.
fn unplaced(value: Value, word: &Word) -> Field {
    Field { value, at: word.at.clone(), pieces: Rc::default(), printed: Rc::default(), variable: None, elastic: false }
}

/// The variable that a word consists of.
pub(super) fn plain_variable(word: &Word) -> Option<&str> {
    match word.parts.as_slice() {
        [Part { kind: PartKind::Variable { name, modifier: Modifier::None | Modifier::Default { .. } }, .. }] => Some(name),
        _ => None,
    }
}

/// Whether a shell looks for files whose names fit the word (bash manual, "Filename Expansion").
pub(super) fn is_pattern(word: &Word) -> bool {
    let stands_for_names = |part: &Part| matches!(&part.kind, PartKind::Literal(text) if text.contains(['*', '?', '[']));
    word.parts.iter().any(|part| !part.quoted && stands_for_names(part))
}

/// An expanded part of a word.
pub(super) struct Piece {
    pub(super) value: Value,
    /// See [`Value::folded`].
    pub(super) folded: Option<Text>,
    pub(super) splits: bool,
    pub(super) at: Range<usize>,
}

impl Walk<'_> {
    /// The value of a here-document or here-string, with the places of its parts.
    pub(super) fn placed_word(&mut self, word: &Word, at: &mut NodeId, env: &mut Env, ctx: &Ctx) -> Value {
        let mut places = Vec::with_capacity(word.parts.len());
        let mut joined = Joined::default();
        for part in &word.parts {
            let next = self.part(part, at, env, ctx);
            places.extend(ctx.places(&joined.add(&next, &mut self.symbols), &part.at));
        }
        joined.value().at(Some(Rc::new(places)))
    }

    /// The value of a word that is not split (an assignment, a here-document, a redirection's target).
    pub(super) fn word(&mut self, word: &Word, at: &mut NodeId, env: &mut Env, ctx: &Ctx) -> Value {
        let mut value: Option<Value> = None;
        for part in &word.parts {
            let next = self.part(part, at, env, ctx);
            value = Some(match value {
                None => next,
                Some(all) => bounded(all.then(&next), &mut self.symbols, "text"),
            });
        }
        value.unwrap_or_default()
    }

    /// Any of the fields of these words.
    pub(super) fn any_of(&mut self, words: &[Word], at: &mut NodeId, env: &mut Env, ctx: &Ctx) -> Value {
        let fields = self.fields(words, at, env, ctx);
        Value::one_of(fields.iter().flat_map(|field| braces(&field.value))).unwrap_or_default()
    }

    /// The fields of words, split as a shell does.
    pub(super) fn fields(&mut self, words: &[Word], at: &mut NodeId, env: &mut Env, ctx: &Ctx) -> Vec<Field> {
        let mut fields = Vec::with_capacity(words.len());
        for word in words {
            if let Some(list) = self.list_word(word, at, env) {
                fields.extend(list.iter().map(|value| unplaced(value.clone(), word)));
                continue;
            }
            let mut pieces = Vec::with_capacity(word.parts.len());
            for part in &word.parts {
                let splits = !part.quoted && !matches!(part.kind, PartKind::Literal(_) | PartKind::Process { .. });
                let mut value = self.part(part, at, env, ctx);
                // What a variable holds is written elsewhere, and this is where it is used.
                value.places = value.places.filter(|_| matches!(part.kind, PartKind::Command(_)) && !splits);
                // A word of one part that may be several is no text with something in it.
                let folded = (value.single().is_none() && word.parts.len() > 1).then(|| self.symbols.folded(&value));
                pieces.push(Piece { value, folded, splits, at: part.at.clone() });
            }
            let first = fields.len();
            join_pieces(&pieces, &word.at, &mut fields);
            if let [only] = &mut fields[first..] {
                only.variable = plain_variable(word).map(Rc::from);
                only.elastic = pieces.iter().all(|p| p.splits) && only.value.known().is_none();
            }
            if let [only] = &fields[first..]
                && is_pattern(word)
            {
                let matching = self.fetched_under(&only.value, env);
                if !matching.is_empty() {
                    fields.truncate(first);
                    fields.extend(matching.into_iter().map(|value| unplaced(value, word)));
                }
            }
        }
        fields
    }

    /// The elements, if the word is nothing but `"${array[@]}"`, `"$@"` or the like.
    fn list_word(&mut self, word: &Word, at: &mut NodeId, env: &Env) -> Option<Rc<Vec<Value>>> {
        let [Part { kind: PartKind::Variable { name, modifier }, .. }] = word.parts.as_slice() else { return None };
        match (name.as_str(), modifier) {
            ("@" | "*", Modifier::None) => Some(Rc::clone(&env.positional)),
            (name, Modifier::Index(index)) if matches!(index.literal().as_deref(), Some("@" | "*")) => {
                if name == "PIPESTATUS" {
                    let stages = 0..env.pipe.max(1);
                    return Some(Rc::new(stages.map(|i| self.stage_status(&i.to_string(), at, env)).collect()));
                }
                match env.variables.get(name) {
                    Some(Variable::List(list)) => Some(Rc::clone(list)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What stands at a hole of a script.
    pub(super) fn hole(&self, index: usize, ctx: &Ctx) -> Option<Value> {
        ctx.code.holes.get(index).map(|hole| self.symbols.unfolded(hole.clone()))
    }

    fn part(&mut self, part: &Part, at: &mut NodeId, env: &mut Env, ctx: &Ctx) -> Value {
        match &part.kind {
            PartKind::Literal(text) => Value::literal(text),
            PartKind::Hole(index) => self.hole(*index, ctx).unwrap_or_default(),
            PartKind::Variable { name, modifier } => self.variable(name, modifier, part, at, env, ctx),
            PartKind::Command(body) => self.substitution(body, part, at, env, ctx),
            PartKind::Process { reads, body } => {
                let mut own = env.clone();
                own.stdout = Some(Value::default());
                own.errexit = false;
                let out = self.subshell(body, *at, &mut own, ctx);
                self.swallow(out, at, EffectCause::Substitution, ctx.span(&part.at));
                let path = format!("<({})", ctx.code.source.text.get(part.at.clone()).unwrap_or(""));
                if *reads {
                    env.files.insert(path.clone(), own.stdout.unwrap_or_default());
                }
                Value::literal(&path)
            }
            PartKind::Arithmetic => {
                let key = ctx.code.source.text.get(part.at.clone()).unwrap_or("$((..))").to_owned();
                self.unknown(key)
            }
        }
    }

    /// Goes on after something whose failure is not looked at.
    pub(super) fn swallow(&mut self, out: super::interpret::Out, at: &mut NodeId, cause: EffectCause, span: crate::source::Span) {
        let next = self.point();
        for failed in [out.fail, out.quiet].into_iter().flatten() {
            self.graph.ok_caused(failed, next, (cause, span));
        }
        out.ok.into_iter().for_each(|ok| self.graph.ok(ok, next));
        *at = next;
    }

    fn substitution(&mut self, body: &[crate::shell::Node], part: &Part, at: &mut NodeId, env: &mut Env, ctx: &Ctx) -> Value {
        // PowerShell's `$($x)` is what the variable holds.
        if let [Node { kind: NodeKind::Test(Test::Unary { operator, operand }), .. }] = body
            && operator.is_empty()
        {
            return self.word(operand, at, env, ctx).at(None);
        }
        let (out, value) = self.captured(body, *at, env, ctx);
        self.swallow(out, at, EffectCause::Substitution, ctx.span(&part.at));
        value
    }

    /// Runs a command substitution; its output without trailing line breaks.
    pub(super) fn captured(
        &mut self,
        body: &[crate::shell::Node],
        at: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> (super::interpret::Out, Value) {
        let mut own = env.clone();
        own.stdout = Some(Value::default());
        own.errexit &= ctx.code.posix || env.inherits_errexit;
        let out = self.subshell(body, at, &mut own, ctx);
        env.files = own.files;
        let printed = own.stdout.unwrap_or_default();
        let trimmed = printed.map(trim_end).at(printed.places.clone());
        (out, trimmed)
    }

    /// The value of a variable, if anything is known of it.
    pub(super) fn lookup(&mut self, name: &str, env: &Env) -> Option<Value> {
        match name {
            "@" | "*" => return env.positional.iter().cloned().reduce(|a, b| a.then(&Value::literal(" ")).then(&b)),
            _ => {}
        }
        if let Some(index) = name.parse::<usize>().ok().filter(|index| *index > 0) {
            return env.positional.get(index - 1).cloned();
        }
        match env.variable(name)? {
            Variable::Scalar(value) => Some(value.clone()),
            Variable::List(list) => Some(list.first().cloned().unwrap_or_default()),
        }
    }

    /// The kind of a value that is one symbol.
    pub(super) fn kind_of(&self, value: &Value) -> Kind {
        value.single().and_then(Text::as_symbol).map_or(Kind::Unknown, |id| self.symbols.get(id).kind)
    }
}

/// Without trailing line breaks.
pub(super) fn trim_end(text: &Text) -> Text {
    let mut out = Text::default();
    let atoms = text.atoms();
    for (i, atom) in atoms.iter().enumerate() {
        match atom {
            Atom::Literal(literal) if i + 1 == atoms.len() => {
                out.push(Atom::Literal(literal.trim_end_matches(['\n', '\r']).into()))
            }
            _ => out.push(atom.clone()),
        }
    }
    out
}
