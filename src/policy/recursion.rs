//! Functions that call themselves. Rego has none: they are refused when a policy loads, since the interpreter would go on until its
//! stack is used up. (Rules that need themselves it tells of.)

use super::PolicyError;
use super::engine::Module;
use super::tokens::{Kind, Token, closing, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// Names at the top of policies, those of rules and functions above all. Rules may need each other in a row, and the interpreter's stack grows with each: by 27 kB at most in
/// a debug build, where each has as many brackets within each other as it may.
const MAX_NAMES: usize = 1_000;
/// Operators of policies. Each may stand within the one before it.
const MAX_OPERATORS: usize = 10_000;
/// Minus signs in a row; the parser goes a step deeper for each.
const MAX_MINUS: usize = 20;

/// Where a function stands, and the functions that it calls, all by `data.package.name`.
struct Function<'m> {
    path: &'m str,
    line: usize,
    column: usize,
    calls: BTreeSet<String>,
}

/// Checks that no function of `modules` comes to itself.
///
/// # Errors
/// For the first that does.
pub(super) fn check(modules: &[Module]) -> Result<(), PolicyError> {
    let mut functions: BTreeMap<String, Function<'_>> = BTreeMap::new();
    modules.iter().for_each(|module| read(module, &mut functions));
    functions.iter().try_for_each(|(name, function)| {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = function.calls.iter().map(String::as_str).collect();
        while let Some(called) = next.pop() {
            if reached.insert(called) {
                next.extend(functions.get(called).iter().flat_map(|f| &f.calls).map(String::as_str));
            }
        }
        if !reached.contains(name.as_str()) {
            return Ok(());
        }
        let own = name.rsplit('.').next().unwrap_or(name);
        let message = format!("the function `{own}` calls itself, which Rego does not allow");
        let Function { path, line, column, .. } = *function;
        Err(PolicyError::Field { path: path.to_owned(), line, column, message })
    })
}

/// Checks that there are not more rules, functions and operators than the stack holds if each stands within the one before it.
///
/// # Errors
/// For the first that is too much.
pub(super) fn count(modules: &[Module]) -> Result<(), PolicyError> {
    let (mut before, mut operators) = (0, 0);
    for module in modules {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut minus = 0;
        for token in tokens(&module.text) {
            minus = if token.is("-") { minus + 1 } else { 0 };
            operators += usize::from(["in", "==", "!=", "<=", ">="].contains(&token.text) || is_sign(&token));
            if token.kind == Kind::Name && token.depth == 0 {
                names.insert(token.text);
            }
            let message = if before + names.len() > MAX_NAMES {
                format!("policies may have {MAX_NAMES} different names outside of braces together")
            } else if operators > MAX_OPERATORS {
                format!("policies may have {MAX_OPERATORS} operators together")
            } else if minus > MAX_MINUS {
                format!("more than {MAX_MINUS} minus signs in a row")
            } else {
                continue;
            };
            return Err(PolicyError::Field { path: module.path.clone(), line: token.line, column: token.column, message });
        }
        before += names.len();
    }
    Ok(())
}

fn is_sign(token: &Token<'_>) -> bool {
    token.kind == Kind::Other && token.text.starts_with(['+', '-', '*', '/', '%', '&', '|', '<', '>'])
}

fn read<'m>(module: &'m Module, functions: &mut BTreeMap<String, Function<'m>>) {
    let tokens = tokens(&module.text);
    let mut package = String::new();
    let mut imported: BTreeMap<&str, String> = BTreeMap::new();
    let mut current: Option<String> = None;
    for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Name) {
        if at.checked_sub(1).is_some_and(|before| tokens[before].is(".") && token.adjacent) {
            continue; // within a path
        }
        let (path, end) = dotted(&tokens[at..]);
        if token.depth == 0 && token.first && ["package", "import"].contains(&token.text) {
            let (path, length) = dotted(&tokens[at + 1..]);
            let renamed = tokens.get(at + 1 + length).filter(|t| t.is("as")).and_then(|_| tokens.get(at + 2 + length));
            match (token.text, path.rsplit_once('.')) {
                ("package", _) => package = format!("data.{path}"),
                (_, Some(_)) if path.starts_with("data.") => {
                    let last = &tokens[at + length];
                    imported.insert(renamed.unwrap_or(last).text, path);
                }
                _ => {}
            }
            continue;
        }
        let bracket = at + end;
        let called = tokens.get(bracket).is_some_and(|t| t.is("(") && t.adjacent);
        let name = match path.split_once('.') {
            None => format!("{package}.{path}"),
            Some((first, rest)) => imported.get(first).map_or_else(|| path.clone(), |from| format!("{from}.{rest}")),
        };
        let defines = |close: usize| tokens.get(close + 1).is_some_and(|t| t.first || [":=", "=", "if", "{"].contains(&t.text));
        if token.depth == 0 && token.first && !token.is("else") {
            if called && (token.column == 1 || defines(closing(&tokens, bracket))) {
                let (line, column) = (token.line, token.column);
                let new = || Function { path: &module.path, line, column, calls: BTreeSet::new() };
                functions.entry(name.clone()).or_insert_with(new);
                current = Some(name);
                continue;
            }
            if token.column == 1 {
                current = None; // another rule
            }
        }
        if let Some(function) = current.as_ref().filter(|_| called).and_then(|current| functions.get_mut(current)) {
            function.calls.insert(name);
        }
    }
}

/// The path that begins with the first token (`data.lib.f`), and how many tokens it has.
fn dotted(tokens: &[Token<'_>]) -> (String, usize) {
    let mut path = tokens.first().map(|t| t.text.to_owned()).unwrap_or_default();
    let mut at = 1;
    while let [dot, name, ..] = tokens.get(at..).unwrap_or_default()
        && dot.is(".")
        && dot.adjacent
        && name.kind == Kind::Name
    {
        path = format!("{path}.{}", name.text);
        at += 2;
    }
    (path, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(texts: &[&str]) -> Result<(), String> {
        let module = |(at, text): (usize, &&str)| Module { path: format!("{at}.rego"), text: (*text).to_owned() };
        check(&texts.iter().enumerate().map(module).collect::<Vec<_>>()).map_err(|e| e.to_string())
    }

    #[test]
    fn functions_that_call_themselves_are_named() {
        let itself = "package a\n\nf(0) := 1\n\nf(x) := y if {\n\ty := x * f(x - 1)\n}\n";
        assert_eq!(checked(&[itself]), Err("0.rego:3:1: the function `f` calls itself, which Rego does not allow".to_owned()));
        assert!(checked(&["package a\nf(x) := g(x)\ng(x) := y if {\n y := data.a.f(x)\n}\n"]).is_err(), "by way of another");
        let other = "package b\nimport data.a as ours\ng(x) if ours.f(x)\n";
        assert!(checked(&["package a\nimport data.b\nf(x) if {\n b.g(x)\n}\n", other]).is_err(), "by way of another package");
    }

    #[test]
    fn rules_that_need_each_other_in_a_long_row_are_refused() {
        let row = |count: usize| (1..count).map(|i| format!("x{i} := x{}\n", i - 1)).collect::<String>();
        let module = |text: String| Module { path: "a".to_owned(), text: format!("package a\n{text}") };
        let said = |modules: &[Module]| count(modules).map_err(|e| e.to_string());
        assert_eq!(said(&[module(row(600))]), Ok(()));
        let names = "a:397:1: policies may have 1000 different names outside of braces together";
        assert_eq!(said(&[module(row(600)), module(row(600))]), Err(names.to_owned()));
        let sum = |count: usize| module(format!("x := 1{}", "\n+ 1".repeat(count)));
        assert_eq!(said(&[sum(9_000)]), Ok(()));
        assert_eq!(said(&[sum(9_000), sum(9_000)]), Err("a:1003:1: policies may have 10000 operators together".to_owned()));
        assert_eq!(
            said(&[module(format!("x := {}1", "-\n".repeat(21)))]),
            Err("a:22:1: more than 20 minus signs in a row".to_owned())
        );
    }

    #[test]
    fn others_are_not() {
        for text in [
            "package a\nf(x) := g(x)\ng(x) := x\n",
            "package a\nf(x) := x\n\nr := f(f(f(1)))\n",
            "package a\nf(x) := x\n  g(x) := f(x)\n  h(x) if { g(x) }\n",
            "package a\nf(x) := 1 if x == \"f(x)\" # f(x)\n",
            "package a\nf(x) := 1 if {\n x > 1\n} else := 2 if x < 0\n\nfinding contains f(1) if { f(2) == 1 }\n",
            "package a\nimport data.b\nf(x) := b.f(x)\n",
        ] {
            assert_eq!(checked(&[text]), Ok(()), "{text}");
        }
    }
}
