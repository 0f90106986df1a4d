//! The fields of the facts that a policy reads, checked against the schema before it runs: in Rego a misspelt field is
//! undefined, and a rule that asks for it is silent for ever.
//!
//! What is followed: references that begin with `input`, with an import of a part of it, or with a variable that `some .. in`,
//! `every .. in` or `:=` binds to such a reference. A variable that is bound in any other way as well is not judged.

use super::PolicyError;
use super::engine::Module;
use super::tokens::{Kind, Token, closing, tokens};
use crate::facts::{EventKind, Facts};
use crate::suggest;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The JSON Schema of the facts; `events` lists its kinds.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = schemars::schema_for!(Facts).to_value();
    let kinds = schemars::schema_for!(EventKind).to_value();
    let kinds = kinds["oneOf"].as_array().into_iter().flatten().filter_map(|kind| kind["const"].as_str());
    let events = &schema["properties"]["events"]["additionalProperties"];
    let properties: Map<String, Value> = kinds.map(|kind| (kind.to_owned(), events.clone())).collect();
    schema["properties"]["events"] = json!({"type": "object", "properties": properties});
    schema
});

/// Chains of variables that are bound to fields of variables are followed this far.
const ROUNDS: usize = 6;

/// Checks what `modules` read of the facts.
///
/// # Errors
/// For the first field that the facts do not have.
pub(super) fn check(modules: &[Module]) -> Result<(), PolicyError> {
    modules.iter().try_for_each(|module| {
        let tokens = tokens(&module.text);
        let imported = imports(&tokens);
        rules(&tokens).into_iter().try_for_each(|rule| {
            Scope::of(rule, &imported).wrong_field().map_or(Ok(()), |(token, message)| {
                let (line, column) = (token.line, token.column);
                Err(PolicyError::Field { path: module.path.clone(), line, column, message })
            })
        })
    })
}

/// What may stand in a place: parts of the schema; empty: not known.
type Types = Vec<&'static Value>;

/// `import input.events as happened`, by the name that it gets.
fn imports<'t>(tokens: &[Token<'t>]) -> BTreeMap<&'t str, Types> {
    let mut found = BTreeMap::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, t)| t.first && t.is("import")) {
        let path = &tokens[at + 1..];
        let Ok((types, end)) = follow(path, vec![&*SCHEMA]) else { continue };
        let name = if path.get(end).is_some_and(|t| t.is("as")) { path.get(end + 1) } else { path.get(end.wrapping_sub(1)) };
        if let (true, Some(name)) = (path.first().is_some_and(|t| t.is("input")), name) {
            found.insert(name.text, types);
        }
    }
    found
}

/// The tokens of each rule: one begins where a line does, outside of all brackets.
fn rules<'a, 't>(tokens: &'a [Token<'t>]) -> Vec<&'a [Token<'t>]> {
    let begins = |t: &Token<'_>| t.column == 1 && t.depth == 0 && t.kind == Kind::Name && !t.is("else");
    let mut starts: Vec<usize> = tokens.iter().enumerate().filter(|(_, t)| begins(t)).map(|(i, _)| i).collect();
    starts.push(tokens.len());
    starts.windows(2).map(|pair| &tokens[pair[0]..pair[1]]).filter(|rule| !rule[0].is("import")).collect()
}

/// Follows a reference that begins with the first token: what it leads to, and how many tokens it has.
fn follow<'a, 't>(tokens: &'a [Token<'t>], from: Types) -> Result<(Types, usize), (&'a Token<'t>, String)> {
    let (mut types, mut at) = (from, 1);
    while let Some(token) = tokens.get(at).filter(|t| t.adjacent) {
        let (key, end) = match (token.text, tokens.get(at + 1)) {
            (".", Some(name)) if name.kind == Kind::Name => (Some(name), at + 2),
            ("[", Some(inner)) => {
                let end = closing(tokens, at);
                ((inner.kind == Kind::Text && end == at + 2).then_some(inner), end + 1)
            }
            _ => break,
        };
        types = step(&types, key.map(|k| k.text)).map_err(|why| {
            let read: String = tokens[..at].iter().map(|t| t.written).collect();
            (key.unwrap_or(token), format!("`{read}` {why}"))
        })?;
        at = end;
    }
    Ok((types, at.min(tokens.len())))
}

/// One step into what may stand there. `key`: the field, if it is written there.
fn step(types: &Types, key: Option<&str>) -> Result<Types, String> {
    let mut found = Types::new();
    let mut why = None;
    for one in types {
        match field(one, key) {
            Ok(Some(next)) => found.push(next),
            Ok(None) => return Ok(Types::new()),
            Err(e) => why = Some(e),
        }
    }
    match why {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(found),
    }
}

/// A field (or, without a key, any element) of one part of the schema; `None`: not known.
fn field(of: &'static Value, key: Option<&str>) -> Result<Option<&'static Value>, String> {
    if let (Some(properties), Some(key)) = (of["properties"].as_object(), key) {
        let known = properties.keys().map(String::as_str);
        let missing = || format!("has no field `{key}`{}", suggest::did_you_mean(key, known));
        return properties.get(key).map(|p| Some(resolved(p))).ok_or_else(missing);
    }
    match (of["type"].as_str(), key) {
        (Some("array"), Some(_)) => Err("is a list: bind its elements with `some .. in`".to_owned()),
        (Some("array"), None) => Ok(Some(resolved(&of["items"]))),
        (Some("object"), _) => Ok(element(of)),
        (Some("string" | "integer" | "boolean"), _) => Err("is a plain value, it has no fields".to_owned()),
        _ => Ok(None),
    }
}

/// What the values of a list or object are, if they are all the same.
fn element(of: &'static Value) -> Option<&'static Value> {
    if let Some(items) = of.get("items").or_else(|| of.get("additionalProperties")) {
        return Some(resolved(items));
    }
    let mut all = of["properties"].as_object()?.values();
    let first = all.next()?;
    all.all(|other| other == first).then(|| resolved(first))
}

/// A part of the schema itself: references followed, "or null" taken away, since an absent field is undefined.
fn resolved(part: &'static Value) -> &'static Value {
    if let Some(name) = part["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
        return resolved(&SCHEMA["$defs"][name]);
    }
    let others = part["anyOf"].as_array().into_iter().flatten().filter(|p| p["type"] != "null");
    match others.collect::<Vec<_>>()[..] {
        [one] => resolved(one),
        _ => part,
    }
}

/// One rule, and what its variables stand for.
struct Scope<'a, 't> {
    rule: &'a [Token<'t>],
    /// `None`: it is bound in a way that is not followed.
    variables: BTreeMap<&'t str, Option<Types>>,
}

impl<'a, 't> Scope<'a, 't> {
    fn of(rule: &'a [Token<'t>], imported: &BTreeMap<&'t str, Types>) -> Self {
        let mut outer: BTreeMap<&str, Option<Types>> = imported.iter().map(|(n, t)| (*n, Some(t.clone()))).collect();
        outer.insert("input", Some(vec![&*SCHEMA]));
        let mut scope = Scope { rule, variables: outer.clone() };
        for _ in 0..ROUNDS {
            let mut variables = outer.clone();
            scope.bindings(&mut |name, types| match (variables.entry(name).or_insert_with(|| Some(Types::new())), types) {
                (Some(known), Some(types)) => known.extend(types),
                (entry, _) => *entry = None,
            });
            scope.variables = variables;
        }
        scope
    }

    /// Tells of every binding of a variable; without types where they are not known.
    fn bindings(&self, bind: &mut dyn FnMut(&'t str, Option<Types>)) {
        for (at, token) in self.rule.iter().enumerate() {
            match token.text {
                "some" | "every" if token.kind == Kind::Name => self.declared(at, bind),
                ":=" | "=" => self.assigned(at, bind),
                "(" if token.depth == 0 && self.is_head(at) => {
                    let end = closing(self.rule, at);
                    self.rule[at..end].iter().filter(|t| t.kind == Kind::Name).for_each(|t| bind(t.text, None));
                }
                _ => {}
            }
        }
    }

    /// Whether the bracket opens the parameters of a function.
    fn is_head(&self, at: usize) -> bool {
        self.rule[..at].iter().rposition(|t| t.first).is_some_and(|first| {
            let head = &self.rule[first..at];
            head.iter().all(|t| t.kind == Kind::Name || t.is("."))
                && !head.iter().any(|t| ["contains", "if", "not", "some"].contains(&t.text))
        })
    }

    /// `some x in ..`, `some i, x in ..`, `every x in .. {`, `some x`.
    fn declared(&self, at: usize, bind: &mut dyn FnMut(&'t str, Option<Types>)) {
        let rest = &self.rule[at + 1..];
        let is_list = |t: &&Token<'_>| !t.first && ((t.kind == Kind::Name && !t.is("in")) || t.is(","));
        let list: Vec<&Token<'t>> = rest.iter().take_while(is_list).collect();
        let has_source = rest.get(list.len()).is_some_and(|t| t.is("in"));
        let names: Vec<&str> = list.iter().filter(|t| t.kind == Kind::Name).map(|t| t.text).collect();
        let Some((last, others)) = names.split_last().filter(|_| has_source && names.len() <= 2) else {
            // `some [a, b] in ..`: whatever is named up to the end of the line.
            let line = rest.iter().take_while(|t| !t.first && !t.is(";"));
            return line.filter(|t| t.kind == Kind::Name && !t.is("in")).for_each(|t| bind(t.text, None));
        };
        others.iter().for_each(|name| bind(name, None));
        let elements = self.whole(&rest[list.len() + 1..]).map(|types| types.iter().map(|t| element(t)).collect::<Vec<_>>());
        bind(last, elements.filter(|all| all.iter().all(Option::is_some)).map(|all| all.into_iter().flatten().collect()));
    }

    /// `x := ..`, `[a, b] := ..`, `x = ..`, `.. = x`.
    fn assigned(&self, at: usize, bind: &mut dyn FnMut(&'t str, Option<Types>)) {
        let before = &self.rule[..at];
        match before {
            [.., target] if target.kind == Kind::Name && self.rule[at].is(":=") => {
                bind(target.text, self.whole(&self.rule[at + 1..]));
            }
            _ => {
                let from = before.iter().rposition(|t| t.first || t.is(";")).unwrap_or(0);
                before[from..].iter().filter(|t| t.kind == Kind::Name).for_each(|t| bind(t.text, None));
                let to = self.rule[at + 1..].iter().take_while(|t| !t.first && !t.is(";"));
                to.take(if self.rule[at].is("=") { usize::MAX } else { 0 })
                    .filter(|t| t.kind == Kind::Name)
                    .for_each(|t| bind(t.text, None));
            }
        }
    }

    /// What an expression stands for that is one reference and nothing more.
    fn whole(&self, tokens: &[Token<'t>]) -> Option<Types> {
        let base = tokens.first().filter(|t| t.kind == Kind::Name)?;
        let from = self.variables.get(base.text)?.clone().filter(|types| !types.is_empty())?;
        let (types, end) = follow(tokens, from).ok()?;
        let ends = tokens.get(end).is_none_or(|t| t.first || [";", "}", "]", ")", "{", "if"].contains(&t.text));
        (ends && !types.is_empty()).then_some(types)
    }

    /// The first field that is not there.
    fn wrong_field(&self) -> Option<(&'a Token<'t>, String)> {
        let is_base = |at: usize| {
            let before = at.checked_sub(1).map(|before| &self.rule[before]);
            let is_field = before.is_some_and(|t| t.is(".") && self.rule[at].adjacent);
            self.rule[at].kind == Kind::Name && !is_field && !before.is_some_and(|t| t.is("with"))
        };
        (0..self.rule.len()).filter(|at| is_base(*at)).find_map(|at| {
            let types = self.variables.get(self.rule[at].text)?.clone().filter(|types| !types.is_empty())?;
            follow(&self.rule[at..], types).err()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::bundle;

    fn checked(text: &str) -> Result<(), String> {
        let module = Module { path: "a.rego".to_owned(), text: format!("package a\n\n{text}\n") };
        check(&[module]).map_err(|e| e.to_string())
    }

    #[test]
    fn our_own_policies_read_what_is_there() {
        let bundle = bundle::builtin().expect("loads");
        assert_eq!(check(&bundle.modules).map_err(|e| e.to_string()), Ok(()));
    }

    #[test]
    fn misspelt_fields_are_found_where_they_stand() {
        for (text, said) in [
            ("x if input.events.deploi", "a.rego:3:19: `input.events` has no field `deploi`, did you mean `deploy`?"),
            ("x if input.events[\"depoly\"]", "a.rego:3:19: `input.events` has no field `depoly`, did you mean `deploy`?"),
            (
                "x if {\n\tsome e in input.events.copy\n\te.referense.text\n}",
                "a.rego:5:4: `e` has no field `referense`, did you mean `reference`?",
            ),
            (
                "x contains e.sourc if some e in input.events[kind]",
                "a.rego:3:14: `e` has no field `sourc`, did you mean `source`?",
            ),
            (
                "x if {\n\tsome list in input.events\n\tsome e in list\n\tr := e.reference\n\tr.txt\n}",
                "a.rego:7:4: `r` has no field `txt`, did you mean `text`?",
            ),
            (
                "x if every g in input.images { g.reference.tag_knd != \"moving\" }",
                "a.rego:3:44: `g.reference` has no field `tag_knd`, did you mean `tag_kind`?",
            ),
            (
                "x if input.events.copy.reference",
                "a.rego:3:24: `input.events.copy` is a list: bind its elements with `some .. in`",
            ),
            ("x if input.pipeline.path.name", "a.rego:3:26: `input.pipeline.path` is a plain value, it has no fields"),
            ("import input.events as h\nx if h.depoy[_].tool", "a.rego:4:8: `h` has no field `depoy`, did you mean `deploy`?"),
            ("x := [e.tol | some e in input.events.sign; e.tool]", "a.rego:3:9: `e` has no field `tol`, did you mean `tool`?"),
        ] {
            assert_eq!(checked(text), Err(said.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_judged() {
        for text in [
            "f(e) := e.anything\nx if f({\"anything\": 1})",
            "x if {\n\tsome e in input.events.copy\n\ty := [e | some e in data.ours; e.name]\n\tcount(y) > 0\n}",
            "x if {\n\t[e, _] := [data.x, 1]\n\te.name\n\tsome e in input.images\n}",
            "x if { walk(input, [path, value]); value.name; path[0] }",
            "x if input.events.copy[_].options[\"anything\"][0] == \"a\"",
            "x if data.input.anything",
            "x if y with input.anything as 1",
            "# input.anything\nx := \"input.anything\"",
            "x if {\n\tsome e\n\tinput.events.copy[e].tool\n\te.name\n}",
            "x if {\n\te = data.y\n\te.name\n\tsome e in input.images\n}",
            "x if {\n\te := object.union(input.pipeline, {\"a\": 1})\n\te.a\n}",
            "x if {\n\te := input.images | data.more\n\te.name\n}",
        ] {
            assert_eq!(checked(text), Ok(()), "{text}");
        }
    }
}
