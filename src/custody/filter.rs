//! What common filters make of what is piped into them: a digest stays the same digest through `tr`, `head` and `jq`.

use super::command::Call;
use super::env::Env;
use super::expand::{Field, trim_end};
use super::graph::NodeId;
use super::interpret::{Ctx, Out, Walk};
use super::symbol::{DigestForm, Kind, Symbol, SymbolId};
use super::text::Text;
use super::value::Value;
use crate::facts::Shell;
use crate::shell::{Node, NodeKind, Word};
use crate::source::Span;
use std::rc::Rc;

/// How `dd` is told where to write.
const OUTPUT: &str = "of=";

impl Walk<'_> {
    /// `dd of=file`: what it is given lies in the file.
    pub(super) fn copies_to(&mut self, name: &str, call: &Call, skip: usize, at: (NodeId, Span), env: &mut Env) {
        let Some(input) = env.stdin.clone().filter(|_| name == "dd") else { return };
        let is_output = |field: &&Field| field.value.single().is_some_and(|text| text.masked().starts_with(OUTPUT));
        let Some(field) = call.fields[skip..].iter().find(is_output) else { return };
        let path = field.value.map(|text| text.slice_masked(OUTPUT.len()..text.masked().len()));
        self.store(&path, &input, false, at, env);
    }

    /// What stands before a `||`: whoever says what happens where a folder cannot be made or entered has thought of that.
    pub(super) fn node_that_may_fail(&mut self, node: &Node, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        if !fails_rarely(node) {
            return self.node(node, entry, env, ctx);
        }
        let feared = self.outcome(entry, env, ctx).1;
        let out = self.node(node, feared.ok.unwrap_or(entry), env, ctx);
        Out { fail: self.meet(&[out.fail, feared.fail]), ..out }
    }

    /// What a command prints that no tool's data knows.
    pub(super) fn filtered(&mut self, name: &str, call: &Call, skip: usize, env: &Env, ctx: &Ctx) -> Value {
        let arguments: Vec<String> = call.fields[skip + 1..].iter().map(|f| f.value.display(&self.symbols)).collect();
        if let Some(program) = (name == "jq").then(|| program_without_input(&arguments)).flatten()
            && arguments[program].trim_start().starts_with(['{', '['])
        {
            // A list or map that it makes looks like the program.
            let field = &call.fields[skip + 1 + program];
            let places = field.pieces.iter().flat_map(|(range, at)| ctx.places(range, at)).collect();
            return field.value.clone().at(Some(Rc::new(places)));
        }
        if let Some(names) = (name == "ls").then(|| self.listed_files(&call.fields[skip + 1..], env)).flatten() {
            return names;
        }
        let written = ctx.code.source.text.get(call.at.clone()).unwrap_or_default();
        let Some(input) = self.input_of(name, &arguments, call, skip, written, env) else {
            let text: Vec<String> = call.fields[skip..].iter().map(|f| f.value.display(&self.symbols)).collect();
            return self.unknown(format!("$({})", text.join(" ")));
        };
        let mut result: Option<Value> = None;
        for text in input.alternatives() {
            let one = self.filter(name, &arguments, text);
            result = Some(result.map_or_else(|| one.clone(), |all| all.or(&one)));
        }
        let mut result = result.unwrap_or_default();
        result.origins.clone_from(&input.origins);
        result
    }

    /// What `ls` prints of files that were made or fetched before, one a line; `None` for anything else that it is given.
    fn listed_files(&self, arguments: &[Field], env: &Env) -> Option<Value> {
        let is_option = |field: &&Field| field.value.known().is_some_and(|word| word.starts_with('-'));
        let (options, names): (Vec<&Field>, Vec<&Field>) = arguments.iter().partition(is_option);
        let is_long =
            options.iter().any(|field| field.value.known().is_some_and(|word| word.contains(['l', 's', 'i', 'g', 'o'])));
        let is_file = |field: &&Field| env.held_by_any(&field.value, &self.symbols).is_some();
        if is_long || names.is_empty() || !names.iter().all(is_file) {
            return None;
        }
        names.into_iter().map(|field| field.value.clone()).reduce(|all, next| all.then(&Value::literal("\n")).then(&next))
    }

    /// What a filter reads: a file that it names, or its standard input. `written`: the command as it stands there.
    fn input_of(
        &mut self,
        name: &str,
        arguments: &[String],
        call: &Call,
        skip: usize,
        written: &str,
        env: &Env,
    ) -> Option<Value> {
        if self.place.shell == Shell::Cmd && matches!(name, "find" | "findstr") {
            return env.stdin.clone();
        }
        if self.place.shell == Shell::PowerShell && is_one(ITEMS, name) {
            let path =
                call.fields[skip + 1..].iter().find(|field| field.value.known().is_none_or(|word| !word.starts_with('-')))?;
            return Some(self.content(&path.value, env));
        }
        if self.place.shell == Shell::PowerShell && is_one(PICKERS, name) {
            return env.stdin.clone().filter(|_| written.to_ascii_lowercase().contains("hash"));
        }
        // `perl -pe 's/a/b/'` prints what it reads.
        let prints = || name == "perl" && arguments.iter().any(|a| a.starts_with('-') && !a.starts_with("--") && a.contains('p'));
        if !FILTERS.contains(&name) && !prints() {
            return None;
        }
        let operands = arguments.iter().enumerate().filter(|(_, a)| !a.starts_with('-'));
        let file = operands
            .skip(usize::from(matches!(name, "jq" | "yq" | "sed" | "awk" | "gawk" | "grep" | "egrep" | "rg" | "perl")))
            .last();
        if let Some((i, _)) = file
            && !matches!(name, "tr" | "cut" | "head" | "tail" | "xargs")
        {
            let path = call.value(skip + 1 + i);
            if env.stdin.is_none() || env.held_by_any(&path, &self.symbols).is_some() {
                return Some(self.content(&path, env));
            }
        }
        env.stdin.clone()
    }

    fn filter(&mut self, name: &str, arguments: &[String], input: &Text) -> Value {
        if matches!(name, "grep" | "egrep" | "rg") && arguments.iter().any(|a| says_form(a)) {
            input.symbols().for_each(|id| self.symbols.say_form(id, DigestForm::Checked));
        }
        let value = self.filtered_text(name, arguments, input);
        let cut = value.single().and_then(Text::as_symbol).filter(|id| self.symbols.get(*id).kind == Kind::Digest);
        if let Some(id) = cut.filter(|id| !input.symbols().any(|from| from == *id || self.is_typed(from))) {
            let form = if arguments.iter().any(|a| says_form(a)) { DigestForm::Checked } else { DigestForm::Scraped };
            self.symbols.say_form(id, form);
        }
        value
    }

    /// Whether a digest is what the symbol is, or one of its fields.
    fn is_typed(&self, id: SymbolId) -> bool {
        matches!(self.symbols.get(id).kind, Kind::Digest | Kind::DigestReference | Kind::Metadata)
    }

    fn filtered_text(&mut self, name: &str, arguments: &[String], input: &Text) -> Value {
        if let Some(id) = input.trim().as_symbol() {
            return self.filter_symbol(name, arguments, id, input);
        }
        let parts = match name {
            "cut" => columns(arguments, "-d", "-f").and_then(|(d, n)| Some((d?, n))),
            "awk" | "gawk" => awk_column(arguments),
            _ => None,
        };
        if let Some((separator, column)) = parts {
            let line = input.split(|c| c == '\n').into_iter().next().unwrap_or_default();
            let fields = if separator == ' ' { line.split(char::is_whitespace) } else { line.split(|c| c == separator) };
            return Value::text(fields.get(column.saturating_sub(1)).cloned().unwrap_or_default());
        }
        match name {
            "head" | "tail" | "sort" | "uniq" | "xargs" | "tee" => Value::text(trim_end(input)),
            "tr" if arguments.first().is_some_and(|a| a == "-d") => Value::text(input.clone()),
            "tr" if arguments.iter().any(|a| a.contains("upper") || a.contains("A-Z")) => Value::text(input.clone()),
            "grep" | "egrep" | "rg" if mentions_digest(arguments) => {
                self.derive(name, arguments, input, Kind::Digest, input.symbols().next())
            }
            "envsubst" => Value::text(input.clone()),
            _ => {
                let fetched = input.symbols().any(|id| self.symbols.get(id).kind == Kind::Fetched);
                self.derive(name, arguments, input, if fetched { Kind::Fetched } else { Kind::Unknown }, input.symbols().next())
            }
        }
    }

    fn filter_symbol(&mut self, name: &str, arguments: &[String], id: SymbolId, input: &Text) -> Value {
        let symbol = self.symbols.get(id).clone();
        let is_program = |a: &&String| !(a.starts_with('-') || name == "yq" && YQ_VERBS.contains(&a.as_str()));
        let program = arguments.iter().find(is_program).cloned().unwrap_or_default();
        match (symbol.kind, name) {
            (Kind::DigestReference, "cut" | "awk" | "gawk" | "sed") if arguments.iter().any(|a| a.contains('@')) => {
                let wants_name = columns(arguments, "-d", "-f").is_some_and(|(_, n)| n == 1)
                    || awk_column(arguments).is_some_and(|(_, n)| n == 1)
                    || program.contains("@.*");
                let (suffix, kind) = if wants_name { ("name", Kind::Unknown) } else { ("digest", Kind::Digest) };
                Value::symbol(self.symbols.intern(Symbol { key: format!("{}.{suffix}", symbol.key), kind, ..symbol }))
            }
            // What is picked out of a text whose images are named by digest.
            (Kind::DigestReference, "grep" | "egrep" | "rg") => {
                self.derive(name, arguments, input, Kind::DigestReference, Some(id))
            }
            (Kind::Fetched, "jq" | "yq") if changes(&program) => self.derive(name, arguments, input, Kind::Fetched, Some(id)),
            (Kind::Metadata | Kind::Fetched | Kind::Unknown, "jq" | "yq") => {
                let path = program
                    .trim_start_matches('.')
                    .replace(['"', '\'', '[', ']'], "")
                    .split('|')
                    .next()
                    .unwrap_or("")
                    .trim()
                    .to_owned();
                let known = self.fields.get(&id).and_then(|fields| fields.get(&path)).copied();
                let says = ["digest", "Digest", "RepoDigests", "sha256"].iter().any(|w| program.contains(w));
                let kind = known.unwrap_or(match symbol.kind {
                    Kind::Metadata if says => Kind::Digest,
                    _ => Kind::Unknown,
                });
                self.derive(name, arguments, input, kind, Some(id))
            }
            (_, "head" | "tail" | "tr" | "sort" | "uniq" | "xargs" | "tee" | "envsubst") => Value::text(input.clone()),
            // Of what `certutil` prints they leave out the lines around it.
            (Kind::Checksum, "find" | "findstr") => Value::text(input.clone()),
            (Kind::Checksum, name) if is_one(PICKERS, name) => Value::text(input.clone()),
            (_, name) if is_one(ITEMS, name) => Value::text(input.clone()),
            (Kind::Digest | Kind::Checksum, "cut" | "awk" | "gawk" | "jq") | (Kind::Checksum, "sed") => {
                Value::text(input.trim().into_owned())
            }
            (Kind::Metadata | Kind::Fetched | Kind::Unknown, "grep" | "egrep" | "sed" | "awk" | "gawk" | "rg")
                if mentions_digest(arguments) =>
            {
                self.derive(name, arguments, input, Kind::Digest, Some(id))
            }
            (Kind::Fetched, _) => self.derive(name, arguments, input, Kind::Fetched, Some(id)),
            (Kind::Tag, _) => self.derive(name, arguments, input, Kind::Tag, Some(id)),
            _ => self.derive(name, arguments, input, Kind::Unknown, Some(id)),
        }
    }

    /// The result of a computation that is not followed: the same for the same input.
    fn derive(&mut self, name: &str, arguments: &[String], input: &Text, kind: Kind, from: Option<SymbolId>) -> Value {
        let from = from.map(|id| self.symbols.get(id).clone());
        let key = format!("{} | {name} {}", input.display(&self.symbols).trim(), arguments.join(" "));
        let lookup = from.as_ref().is_some_and(|s| s.lookup || matches!(s.kind, Kind::Fetched));
        let is_weak = from.as_ref().is_some_and(|s| s.is_weak);
        let (subject, span, node) = from.map_or((None, None, None), |s| (s.subject, s.span, s.node));
        let id = self.symbols.intern(Symbol { key, kind, lookup, subject, span, node, is_set: false, is_weak });
        self.symbols.say_picked(id, input, super::search::sought(name, arguments));
        Value::symbol(id)
    }
}

/// What stands before the program of yq.
const YQ_VERBS: &[&str] = &["e", "eval", "ea", "eval-all"];

/// Whether a program of jq or yq prints the document that it reads, changed, and not a value out of it.
fn changes(program: &str) -> bool {
    let plain = program.trim().trim_matches(['"', '\'']);
    let compares = |at: usize| plain[at + 1..].starts_with('=') || plain[..at].ends_with(['=', '!', '<', '>']);
    let assigns = plain.match_indices('=').any(|(at, _)| !compares(at));
    matches!(plain, "." | "-") || assigns || plain.starts_with("del(") || plain.starts_with("select(") || plain.contains("| del(")
}

const FILTERS: &[&str] = &[
    "jq", "yq", "cut", "awk", "gawk", "sed", "tr", "head", "tail", "sort", "uniq", "grep", "egrep", "rg", "xargs", "base64",
    "gunzip", "zcat", "gzip", "xz", "unxz", "xzcat", "bzip2", "bunzip2", "bzcat", "zstd", "unzstd", "zstdcat", "envsubst", "rev",
    "paste", "fold", "column", "tee",
];

/// Commands of PowerShell that give a file as an object: what is done with the object is done with the file.
const ITEMS: &[&str] = &["Get-Item", "gi", "Get-ChildItem", "gci"];

/// Those that give something of an object that they are given: `Select-Object -ExpandProperty Hash`, `% { $_.Hash }`.
const PICKERS: &[&str] = &["Select-Object", "select", "ForEach-Object", "%", "foreach"];

fn is_one(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a program only looks at files and text, or moves files about.
pub(super) fn is_harmless(name: &str) -> bool {
    FILTERS.contains(&name) || HARMLESS.contains(&name)
}

const HARMLESS: &[&str] = &[
    "basename", "chmod", "chown", "cp", "date", "df", "diff", "dirname", "du", "expr", "file", "find", "hostname", "id", "ln",
    "ls", "mktemp", "mv", "nproc", "realpath", "rmdir", "seq", "stat", "tar", "touch", "uname", "unzip", "wc", "which", "whoami",
    "zip",
];

/// Whether something is a command by itself that the analysis takes for one that succeeds, though it need not.
fn fails_rarely(node: &Node) -> bool {
    let NodeKind::Command(command) = &node.kind else { return false };
    let name = command.words.first().and_then(Word::literal);
    matches!(name.as_deref(), Some("cd" | "pushd" | "mkdir" | "rm"))
}

/// Whether a pattern only fits a whole digest: `sha256:` or the start, and 64 digits.
pub(super) fn says_form(pattern: &str) -> bool {
    ["{64}", "{64,64}", "{64\\}"].iter().any(|count| pattern.contains(count))
        || pattern.starts_with("sha256:*")
        || pattern.starts_with("^sha256:")
}

/// The program of a `jq -n`, by its place among the arguments.
fn program_without_input(arguments: &[String]) -> Option<usize> {
    let (mut without, mut program, mut at) = (false, None, 0);
    while let Some(argument) = arguments.get(at) {
        at += match argument.as_str() {
            "--arg" | "--argjson" | "--slurpfile" | "--rawfile" => 3,
            "--null-input" => {
                without = true;
                1
            }
            letters if letters.starts_with('-') && !letters.starts_with("--") => {
                without |= letters.contains('n');
                1
            }
            _ => {
                program = program.or((!argument.starts_with('-')).then_some(at));
                1
            }
        };
    }
    program.filter(|_| without)
}

fn mentions_digest(arguments: &[String]) -> bool {
    arguments.iter().any(|a| a.contains("sha256:") || a.contains("[0-9a-f]") || a.contains("[a-f0-9]") || a.contains("igest"))
}

/// `-d X -f N` in its spellings: the delimiter and the first column.
fn columns(arguments: &[String], delimiter: &str, field: &str) -> Option<(Option<char>, usize)> {
    let mut found = (None, None);
    let mut words = arguments.iter().peekable();
    while let Some(word) = words.next() {
        if let Some(rest) = word.strip_prefix(delimiter) {
            let text = if rest.is_empty() { words.next()?.clone() } else { rest.trim_start_matches('=').to_owned() };
            found.0 = text.trim_matches(['"', '\'']).chars().next();
        } else if let Some(rest) = word.strip_prefix(field) {
            let text = if rest.is_empty() { words.next()?.clone() } else { rest.to_owned() };
            found.1 = text.split(['-', ',']).next()?.parse().ok();
        }
    }
    Some((found.0, found.1?))
}

/// `awk '{print $N}'`, with `-F X`.
fn awk_column(arguments: &[String]) -> Option<(char, usize)> {
    let mut separator = ' ';
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if let Some(rest) = word.strip_prefix("-F") {
            let text = if rest.is_empty() { words.next()?.clone() } else { rest.to_owned() };
            separator = text.trim_matches(['"', '\'']).chars().next()?;
        } else if let Some(at) = word.find("print $") {
            let digits: String = word[at + 7..].chars().take_while(char::is_ascii_digit).collect();
            return Some((separator, digits.parse().ok()?));
        }
    }
    None
}
