//! Values that are known by where they came from alone.

use super::text::{Atom, Text};
use super::value::Value;
use crate::source::Span;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Index into [`Symbols`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId(pub u32);

/// What kind of text a symbol stands for, by its producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `sha256:..` of a manifest
    Digest,
    /// `repository@sha256:..`
    DigestReference,
    /// A reference without a digest, or a tag
    Tag,
    /// The id of an image's configuration; no manifest digest
    ImageId,
    /// The checksum of a file
    Checksum,
    /// Structured text that carries digests (`--metadata-file`, an inspected manifest)
    Metadata,
    /// Exit status of a command: the graph node is in [`Symbol::node`]
    Status,
    /// The file that collects a step's outputs
    OutputsFile,
    /// The file that collects environment variables for later steps
    EnvFile,
    /// The file of folders in which later steps look for programs
    PathFile,
    /// The file whose content is only shown
    SummaryFile,
    /// The file that becomes the named output
    OutputPath,
    /// Text fetched from elsewhere
    Fetched,
    /// Nothing defines it, so that it is empty
    Missing,
    /// A secret
    Secret,
    /// `owner/name` of this repository
    Repository,
    /// Owner of this repository
    Owner,
    /// Anything else
    Unknown,
}

/// An unknown text with an identity.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// The identity; equal keys are equal texts. Also what people see, as `${key}`.
    pub key: String,
    /// What it stands for.
    pub kind: Kind,
    /// A digest that was looked up from a tag at that moment, not handed over by what produced the artifact.
    pub lookup: bool,
    /// What it is a digest, tag, checksum or content of.
    pub subject: Option<Text>,
    /// Where it was produced.
    pub span: Option<Span>,
    /// The graph node of the command that produced it; of a status, the command's.
    pub node: Option<u32>,
    /// Whether the CI system gives it a text in every run, so that it is never unset.
    pub is_set: bool,
    /// Whether it is a checksum of a broken hash function.
    pub is_weak: bool,
}

/// What is known of the form of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum DigestForm {
    /// Its producer vouches for it, or nothing is known.
    #[default]
    Unsaid,
    /// It was cut out of text with a pattern that fits other text as well.
    Scraped,
    /// Somewhere its form is checked.
    Checked,
}

/// All symbols of one analysis, interned by key.
#[derive(Debug, Default)]
pub struct Symbols {
    entries: Vec<Symbol>,
    by_key: HashMap<String, SymbolId>,
    forms: HashMap<SymbolId, DigestForm>,
    stand_ins: HashMap<SymbolId, Value>,
    picked: HashMap<SymbolId, Picked>,
}

/// What a filter makes of a text.
#[derive(Debug, Clone)]
pub struct Picked {
    /// The text that it was made of first.
    pub from: Text,
    /// The plain text that each line holds that was picked out of it, if that is known.
    pub sought: Option<String>,
}

impl Symbols {
    /// The symbol with that key, made if it is new. An existing symbol keeps its kind unless that was [`Kind::Unknown`].
    pub fn intern(&mut self, mut symbol: Symbol) -> SymbolId {
        if symbol.key.len() > MAX_KEY {
            symbol.key = shortened(&symbol.key);
        }
        if let Some(id) = self.by_key.get(&symbol.key) {
            let known = &mut self.entries[id.0 as usize];
            if known.kind == Kind::Unknown && symbol.kind != Kind::Unknown {
                *known = symbol;
            }
            return *id;
        }
        let id = SymbolId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.by_key.insert(symbol.key.clone(), id);
        self.entries.push(symbol);
        id
    }

    /// A symbol of a kind, by key alone.
    pub fn named(&mut self, key: impl Into<String> + AsRef<str>, kind: Kind) -> SymbolId {
        if let Some(id) = self.by_key.get(key.as_ref())
            && (kind == Kind::Unknown || self.entries[id.0 as usize].kind != Kind::Unknown)
        {
            return *id;
        }
        self.intern(Symbol {
            key: key.into(),
            kind,
            lookup: false,
            subject: None,
            span: None,
            node: None,
            is_set: false,
            is_weak: false,
        })
    }

    /// The text of a value, or a symbol that stands for it if it may be one of several.
    pub fn folded(&mut self, value: &Value) -> Text {
        if let Some(text) = value.written() {
            return text.clone();
        }
        let key = value.display(self);
        let id = self.named(key, Kind::Unknown);
        self.stand_ins.entry(id).or_insert_with(|| value.clone());
        Text::symbol(id)
    }

    /// What a value is in which symbols stand for others, as [`Symbols::folded`] made them.
    #[must_use]
    pub fn unfolded(&self, value: Value) -> Value {
        let stands = |text: &&Text| text.symbols().any(|id| self.stand_ins.contains_key(&id));
        let Some(text) = value.single().filter(stands) else { return value };
        let part = |atom: &Atom| match atom {
            Atom::Symbol(id) => self.stand_ins.get(id).cloned().unwrap_or_else(|| Value::symbol(*id)),
            Atom::Literal(text) => Value::literal(text),
        };
        let mut all = text.atoms().iter().map(part).reduce(|all, next| all.then(&next)).unwrap_or_default();
        all.origins.clone_from(&value.origins);
        if all.is_too_large() { Value::text(text.clone()) } else { all }
    }

    /// Says that a symbol always has a text.
    pub fn say_set(&mut self, id: SymbolId) {
        self.entries[id.0 as usize].is_set = true;
    }

    /// Says what a symbol is the digest, tag, checksum or content of, if that was not known.
    pub fn say_subject(&mut self, id: SymbolId, subject: &Text) {
        self.entries[id.0 as usize].subject.get_or_insert_with(|| subject.clone());
    }

    /// Says what is known of the form of a digest; a check outweighs all else.
    pub fn say_form(&mut self, id: SymbolId, form: DigestForm) {
        let known = self.forms.entry(id).or_default();
        *known = (*known).max(form);
    }

    /// Says that a symbol was made of a text by a filter, which looks for a plain text or does something else.
    pub fn say_picked(&mut self, id: SymbolId, from: &Text, sought: Option<String>) {
        if self.picked.contains_key(&id) {
            return;
        }
        let picked = match from.trim().as_symbol().and_then(|from| self.picked.get(&from)) {
            Some(first) => Picked { from: first.from.clone(), sought: None },
            None => Picked { from: from.clone(), sought },
        };
        self.picked.insert(id, picked);
    }

    /// Of what a filter made a text, if it did.
    #[must_use]
    pub fn picked(&self, text: &Text) -> Option<&Picked> {
        self.picked.get(&text.trim().as_symbol()?)
    }

    /// What is known of the form of a digest.
    #[must_use]
    pub fn form(&self, id: SymbolId) -> DigestForm {
        self.forms.get(&id).copied().unwrap_or_default()
    }

    /// The symbol.
    #[must_use]
    pub fn get(&self, id: SymbolId) -> &Symbol {
        &self.entries[id.0 as usize]
    }
}

/// Bytes of a symbol's key. What is computed from a computed value has that one's key in its own, and so on.
const MAX_KEY: usize = 2048;

/// The beginning of a long key, and what tells it from others that begin so.
fn shortened(key: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(key)[..8]);
    let end = (0..=MAX_KEY / 2).rev().find(|end| key.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…\u{1f}{digest}", &key[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_keys_are_cut_and_stay_apart() {
        let mut symbols = Symbols::default();
        let long = |end: &str| format!("{}é{end}", "x".repeat(MAX_KEY));
        let [a, b, again] = ["a", "b", "a"].map(|end| symbols.named(long(end), Kind::Unknown));
        assert!(a != b && a == again);
        assert!(symbols.get(a).key.len() < MAX_KEY, "{}", symbols.get(a).key);
    }
}
