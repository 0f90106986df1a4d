//! Scripts within scripts: `bash -c`, here-documents, `eval`, scripts of the repository.

use super::command::Call;
use super::graph::NodeId;
use super::interpret::{Code, Ctx, Env, Out, Walk};
use super::value::{Atom, Text, Value};
use crate::pipeline::Dialect;
use crate::shell;
use crate::source::{Embedded, FileId, OffsetMap, Span};
use std::ops::Range;
use std::rc::Rc;

/// Options of a shell that is started.
#[derive(Default, Clone, Copy)]
struct Started {
    errexit: bool,
    pipefail: bool,
    posix: bool,
}

impl Walk<'_> {
    /// Runs the script that a command starts, if it starts one that can be read.
    pub(super) fn nested(
        &mut self,
        name: &str,
        call: &Call,
        skip: usize,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Option<Out> {
        let base = name.rsplit('/').next().unwrap_or(name);
        match base {
            "bash" | "sh" | "dash" | "zsh" | "ash" | "ksh" => self.shell(base, call, skip, entry, env, ctx),
            "eval" => {
                let fields = &call.fields[skip + 1..];
                if fields.iter().any(|f| self.is_fetched(&f.value)) {
                    return None;
                }
                let [only] = fields else {
                    let text = fields.iter().fold(Value::default(), |all, f| all.then(&Value::literal(" ")).then(&f.value));
                    let code = self.code_at(&text, call.span, false)?;
                    return Some(self.list_of(&code, entry, env, ctx));
                };
                let code = self.code_of(&only.value, &only.pieces, only.at.clone(), ctx, false)?;
                Some(self.list_of(&code, entry, env, ctx))
            }
            "source" | "." => {
                let path = call.text(skip + 1)?.to_owned();
                let code = self.file_code(&path, env)?;
                let outer = self.pass(call.span, code.source.file);
                let out = self.list_of(&code, entry, env, ctx);
                self.place.through = outer;
                Some(out)
            }
            "ssh" | "su" => {
                self.opaque(call.span, "it runs on another machine or as another user");
                None
            }
            "make" | "gmake" => {
                // What a recipe does is not followed yet.
                self.opaque(call.span, "a make target is not followed");
                None
            }
            _ if name.contains('/') || name.ends_with(".sh") => self.file(name, call, skip, Started::default(), entry, env, ctx),
            _ => None,
        }
    }

    fn shell(&mut self, name: &str, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Option<Out> {
        let mut options = Started { posix: name != "bash" && name != "zsh", ..Started::default() };
        let (mut at, mut inline) = (skip + 1, false);
        while let Some(word) = call.text(at) {
            if !(word.starts_with('-') || word.starts_with('+')) || word == "-" {
                break;
            }
            at += 1;
            if word == "--" {
                break;
            }
            if word.starts_with("--") {
                continue;
            }
            let letters = word.trim_start_matches('-');
            inline |= letters.contains('c');
            options.errexit |= letters.contains('e');
            if letters.contains('o') || letters.contains('O') {
                match call.text(at) {
                    Some("pipefail") => options.pipefail = true,
                    Some("errexit") => options.errexit = true,
                    _ => {}
                }
                at += 1;
            }
        }
        if inline {
            let field = call.fields.get(at).filter(|f| !self.is_fetched(&f.value))?;
            let code = self.code_of(&field.value, &field.pieces, field.at.clone(), ctx, options.posix)?;
            return Some(self.process(&code, options, call, at + 1, entry, env, ctx));
        }
        if let Some(path) = call.text(at).map(str::to_owned) {
            return self.file(&path, call, at, options, entry, env, ctx);
        }
        let stdin = env.stdin.clone().filter(|_| at >= call.fields.len())?;
        let places = stdin.places.clone()?;
        let code = self.code_placed(stdin.single()?, &places, options.posix)?;
        Some(self.process(&code, options, call, at, entry, env, ctx))
    }

    /// Whether a value is nothing but text from elsewhere: there is no script to read then.
    fn is_fetched(&self, value: &Value) -> bool {
        value.any(|t| t.trim().as_symbol().is_some_and(|id| self.symbols.get(id).kind == super::value::Kind::Fetched))
    }

    fn file(
        &mut self,
        path: &str,
        call: &Call,
        at: usize,
        options: Started,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Option<Out> {
        let code = self.file_code(path, env)?;
        let mut options = options;
        if let Some(shebang) = code.source.text.lines().next().filter(|l| l.starts_with("#!")) {
            let flags: Vec<&str> = shebang.split_whitespace().skip(1).filter(|w| w.starts_with('-')).collect();
            options.errexit |= flags.iter().any(|f| f.contains('e'));
            options.posix = shebang.ends_with("/sh") || shebang.contains("/sh ");
        }
        Some(self.process(&code, options, call, at + 1, entry, env, ctx))
    }

    /// Goes on in another file; returns what to set [`super::model::Place::through`] back to.
    pub(super) fn pass(&mut self, at: Span, into: FileId) -> Option<Span> {
        let outer = self.place.through;
        self.place.through = outer.or(Some(at).filter(|s| s.file != into));
        outer
    }

    /// Runs code as a process of its own.
    fn process(
        &mut self,
        code: &Rc<Code>,
        options: Started,
        call: &Call,
        arguments: usize,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Out {
        let mut own = env.clone();
        own.errexit = options.errexit;
        own.pipefail = options.pipefail;
        own.swallowing_trap = None;
        own.functions.clear();
        own.positional = Rc::new(call.fields.get(arguments..).unwrap_or_default().iter().map(|f| f.value.clone()).collect());
        for (name, value, _) in &call.environment {
            own.variables.insert(Rc::clone(name), super::interpret::Variable::Scalar(value.clone()));
        }
        let outer = self.pass(call.span, code.source.file);
        self.following.push(code.source.file);
        let (ok, fail) = self.script(code, entry, &mut own, ctx.depth + 1, ctx.branch);
        self.following.pop();
        self.place.through = outer;
        env.files = own.files;
        env.stdout = own.stdout;
        Out { ok: Some(ok), fail: Some(fail), quiet: None }
    }

    /// Runs code in this very shell.
    fn list_of(&mut self, code: &Rc<Code>, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        if ctx.depth > 16 {
            self.opaque(code.source.whole(), "it is nested too deeply to be followed");
            return Out::ok(entry);
        }
        let inner = Ctx { code: Rc::clone(code), depth: ctx.depth + 1, ..ctx.clone() };
        self.following.push(code.source.file);
        let out = self.list(&code.script.body, entry, env, &inner);
        self.following.pop();
        out
    }

    /// A script of the repository.
    fn file_code(&mut self, path: &str, env: &Env) -> Option<Rc<Code>> {
        if env.files.contains_key(path) {
            return None;
        }
        let path = path.strip_prefix("./").unwrap_or(path);
        let (file, text) = self.world.files.read(path)?;
        if self.following.iter().filter(|f| **f == file).count() > 2 || !is_shell(path, &text) {
            return None;
        }
        if let Some(code) = self.scripts.get(&file) {
            return Some(Rc::clone(code));
        }
        let script = shell::parse(&text, &[], &Dialect::Bash);
        let code = Rc::new(Code {
            source: Embedded::verbatim(file, text, 0),
            holes: Vec::new(),
            ranges: Vec::new(),
            script,
            posix: false,
        });
        self.scripts.insert(file, Rc::clone(&code));
        Some(code)
    }

    /// Text of one field as code; its unknown parts become holes.
    fn code_of(
        &mut self,
        value: &Value,
        pieces: &[(Range<usize>, Range<usize>)],
        at: Range<usize>,
        ctx: &Ctx,
        posix: bool,
    ) -> Option<Rc<Code>> {
        let text = value.single()?;
        let mut places: Vec<(Range<usize>, Span)> =
            pieces.iter().map(|(range, source)| (range.clone(), ctx.span(source))).collect();
        if places.is_empty() {
            places.push((0..text.masked().len(), ctx.span(&at)));
        }
        self.code_placed(text, &places, posix)
    }

    fn code_at(&mut self, value: &Value, span: Span, posix: bool) -> Option<Rc<Code>> {
        let text = value.single()?;
        let len = text.masked().len();
        self.code_placed(text, &[(0..len, span)], posix)
    }

    /// Abstract text as code.
    fn code_placed(&mut self, text: &Text, places: &[(Range<usize>, Span)], posix: bool) -> Option<Rc<Code>> {
        let masked = text.masked();
        let file = places.first()?.1.file;
        let mut map = OffsetMap::default();
        for (range, span) in places {
            let end = range.end.min(masked.len());
            map.push(end.saturating_sub(range.start), span.range());
        }
        let covered = map.decoded_len();
        map.push(masked.len().saturating_sub(covered), places.last()?.1.range());
        if map.decoded_len() != masked.len() {
            return None;
        }
        let (mut holes, mut ranges, mut at) = (Vec::new(), Vec::new(), 0);
        for atom in text.atoms() {
            match atom {
                Atom::Literal(literal) => at += literal.len(),
                Atom::Symbol(id) => {
                    ranges.push(at..at + '\u{FFFC}'.len_utf8());
                    holes.push(Value::symbol(*id));
                    at += '\u{FFFC}'.len_utf8();
                }
            }
        }
        let script = shell::parse(&masked, &ranges, &Dialect::Bash);
        Some(Rc::new(Code { source: Embedded::new(file, masked, map), holes, ranges, script, posix }))
    }
}

/// Whether a file is a shell script, by its name or first line.
fn is_shell(path: &str, text: &str) -> bool {
    let first = text.lines().next().unwrap_or("");
    let by_name = path.ends_with(".sh") || path.ends_with(".bash");
    if first.starts_with("#!") { first.contains("sh") && !first.contains("pwsh") } else { by_name }
}
