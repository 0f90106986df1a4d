//! Scripts within scripts: `bash -c`, here-documents, `eval`, scripts of the repository.

use super::assembly::Assembly;
use super::command::Call;
use super::env::{Code, Env, Variable};
use super::expand::{self, Field};
use super::graph::NodeId;
use super::interpret::{Ctx, Out, Walk};
use super::leavers::Leaving;
use super::text::Text;
use super::value::{LOOPED, Value};
use crate::pipeline::Dialect;
use crate::shell;
use crate::snippet::Language;
use crate::source::{Embedded, Span};
use std::ops::Range;
use std::rc::Rc;

/// Scripts that one command may read into its shell and that are followed.
const MAX_SOURCED: usize = 16;

/// Options of a shell that is started.
#[derive(Default, Clone, Copy)]
pub(super) struct Started {
    pub(super) errexit: bool,
    pub(super) pipefail: bool,
    pub(super) posix: bool,
}

impl Started {
    /// As the flags among these words say.
    pub(super) fn of<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let mut started = Started::default();
        let mut words = words;
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word.starts_with("--") {
                continue;
            }
            started.errexit |= word.contains('e');
            if word.ends_with('o') {
                match words.next() {
                    Some("pipefail") => started.pipefail = true,
                    Some("errexit") => started.errexit = true,
                    _ => {}
                }
            }
        }
        started
    }
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
                    let mut text = Text::default();
                    for field in fields {
                        let next = self.symbols.folded(&field.value);
                        text = text.then(&Text::literal(" ")).then(&next);
                    }
                    let code = self.code_at(&Value::text(text), call.span, false)?;
                    return Some(self.list_of(&code, call.span, entry, env, ctx));
                };
                let code = self.code_of(&only.value, &only.pieces, only.at.clone(), ctx, false)?;
                Some(self.list_of(&code, call.span, entry, env, ctx))
            }
            "source" | "." => self.sources(&call.value(skip + 1), call.span, entry, env, ctx),
            "ssh" => {
                self.opaque(call.span, "it runs on another machine");
                None
            }
            "make" | "gmake" => self.make(call, skip, entry, env, ctx),
            _ if let Some(language) = Language::of(base) => self.program_given(language, call, skip, entry, env, ctx),
            _ if name.contains('/') || name.ends_with(".sh") => self.file(call, skip, Started::default(), entry, env, ctx),
            _ => None,
        }
    }

    /// A script that is read in this very shell: each of those that it may be, one after the other where a loop gives them.
    fn sources(&mut self, path: &Value, from: Span, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Option<Out> {
        let paths: Vec<Value> = path.alternatives().iter().cloned().map(Value::text).collect();
        let found: Vec<(String, Rc<Code>)> =
            paths.iter().take(MAX_SOURCED).filter_map(|path| self.file_code(path, true, env)).collect();
        if found.is_empty() {
            return None;
        }
        if found.len() < paths.len() {
            self.noted(from, super::unread::NOT_ALL);
        }
        let in_turn = path.origins.iter().any(|origin| &*origin.what == LOOPED);
        let (mut outs, mut joined, mut at): (Vec<Out>, Option<Env>, NodeId) = (Vec::new(), None, entry);
        for (path, code) in found {
            if in_turn || paths.len() == 1 {
                let out = self.read_here(&path, &code, from, at, env, ctx);
                let next = out.ok;
                outs.push(Out { ok: None, ..out });
                let Some(next) = next else { return Some(self.either_end(&outs, None)) };
                at = next;
                continue;
            }
            let mut own = env.clone();
            outs.push(self.read_here(&path, &code, from, entry, &mut own, &ctx.branching()));
            match &mut joined {
                Some(all) => all.join(&own, &mut self.symbols),
                None => joined = Some(own),
            }
        }
        let last = Some(at).filter(|_| joined.is_none());
        joined.into_iter().for_each(|all| *env = all);
        Some(self.either_end(&outs, last))
    }

    /// Where several ways meet; `last`: the end of one more that went well.
    pub(super) fn either_end(&mut self, outs: &[Out], last: Option<NodeId>) -> Out {
        let meet = |walk: &mut Self, of: fn(&Out) -> Option<NodeId>, more: Option<NodeId>| {
            walk.meet(&outs.iter().map(of).chain([more]).collect::<Vec<_>>())
        };
        Out { ok: meet(self, |o| o.ok, last), fail: meet(self, |o| o.fail, None), quiet: meet(self, |o| o.quiet, None) }
    }

    fn read_here(&mut self, path: &str, code: &Rc<Code>, from: Span, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let own = self.folder(path);
        let before = env.variables.insert("BASH_SOURCE".into(), Variable::Scalar(own));
        let (ok, fail) = (self.point(), self.point());
        let outer = self.begins(Leaving::Function);
        let out = self.list_of(code, from, entry, env, &Ctx { returns: Some((ok, fail)), ..ctx.clone() });
        self.ends(Leaving::Function, outer, env, !out.diverges());
        match before {
            Some(before) => env.variables.insert("BASH_SOURCE".into(), before),
            None => env.variables.remove("BASH_SOURCE"),
        };
        Out { ok: self.meet(&[out.ok, Some(ok)]), fail: self.meet(&[out.fail, Some(fail)]), quiet: out.quiet }
    }

    fn shell(&mut self, name: &str, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Option<Out> {
        let mut options = Started { posix: name != "bash" && name != "zsh", ..Started::default() };
        let (mut at, mut inline, mut reads) = (skip + 1, false, false);
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
            reads |= letters.contains('s');
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
            // The word behind the script is `$0`.
            let named = call.fields.get(at + 1).map(|f| f.value.clone());
            return Some(self.named(&["0"], named, env, |walk, env| walk.process(&code, options, call, at + 2, entry, env, ctx)));
        }
        if matches!(call.text(at), Some("-" | "/dev/stdin")) {
            (at, reads) = (at + 1, true);
        }
        if !reads && call.fields.get(at).is_some() {
            return self.file(call, at, options, entry, env, ctx);
        }
        let code = self.code_read(&env.stdin.clone()?, options.posix, env)?;
        Some(self.process(&code, options, call, at, entry, env, ctx))
    }

    /// Whether a value is nothing but text from elsewhere: there is no script to read then.
    pub(super) fn is_fetched(&self, value: &Value) -> bool {
        value.any(|t| t.trim().as_symbol().is_some_and(|id| self.symbols.get(id).kind == super::symbol::Kind::Fetched))
    }

    pub(super) fn file(
        &mut self,
        call: &Call,
        at: usize,
        options: Started,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Option<Out> {
        let (path, code) = self.file_code(&call.value(at), false, env)?;
        let mut options = options;
        if let Some(shebang) = shebang(&code) {
            options.errexit |= shebang.errexit;
            options.posix = shebang.posix;
        }
        let own = self.folder(&path);
        Some(self.named(&["0", "BASH_SOURCE"], Some(own), env, |walk, env| {
            walk.process(&code, options, call, at + 1, entry, env, ctx)
        }))
    }

    /// Runs what a file of the repository holds as the script of a step. Its first line says what counts, if it names a shell.
    pub(super) fn content_of_file(&mut self, file: &Value, from: Span, entry: NodeId, env: &mut Env) -> (NodeId, NodeId) {
        let Some((_, code)) = self.repository_code(file, true, env) else {
            self.unseen = true;
            self.opaque(from, super::unread::NO_SCRIPT);
            return (entry, self.point());
        };
        if let Some(shebang) = shebang(&code) {
            (env.errexit, env.pipefail) = (shebang.errexit, shebang.pipefail);
        }
        let calls = self.enter_call(from, code.source.file);
        self.following.push(code.source.file);
        let ends = self.script(&code, entry, env, 0, self.place.conditional);
        self.following.pop();
        self.place.calls = calls;
        ends
    }

    /// Runs something while variables hold the name under which it runs.
    fn named(
        &mut self,
        names: &[&str],
        value: Option<Value>,
        env: &mut Env,
        run: impl FnOnce(&mut Self, &mut Env) -> Out,
    ) -> Out {
        let Some(value) = value else { return run(self, env) };
        let before: Vec<_> =
            names.iter().map(|name| env.variables.insert((*name).into(), Variable::Scalar(value.clone()))).collect();
        let out = run(self, env);
        for (name, before) in names.iter().zip(before) {
            match before {
                Some(before) => env.variables.insert((*name).into(), before),
                None => env.variables.remove(*name),
            };
        }
        out
    }

    /// Runs code as a process of its own.
    pub(super) fn process(
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
        own.exit_trap = None;
        own.error_trap = None;
        own.errtrace = false;
        own.inherits_errexit = false;
        own.functions.clear();
        own.positional = expand::arguments(call.fields.get(arguments..).unwrap_or_default(), ctx);
        for (name, value, _) in &call.environment {
            own.variables.insert(Rc::clone(name), Variable::Scalar(value.clone()));
        }
        let calls = self.enter_call(call.span, code.source.file);
        self.following.push(code.source.file);
        let (ok, fail) = self.script(code, entry, &mut own, ctx.depth + 1, ctx.branch);
        self.following.pop();
        self.place.calls = calls;
        env.files = own.files;
        env.stdout = own.stdout;
        Out { ok: Some(ok), fail: Some(fail), quiet: None }
    }

    /// Runs code in this very shell.
    pub(super) fn list_of(&mut self, code: &Rc<Code>, from: Span, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        if ctx.depth > 16 {
            self.opaque(code.source.whole(), "it is nested too deeply to be followed");
            return Out::ok(entry);
        }
        let inner = Ctx { code: Rc::clone(code), depth: ctx.depth + 1, ..ctx.clone() };
        let calls = self.enter_call(from, code.source.file);
        self.following.push(code.source.file);
        let out = self.list(&code.script.body, entry, env, &inner);
        self.following.pop();
        self.place.calls = calls;
        out
    }

    /// A script of the repository, or one that was written before; with its path. `is_script`: whatever it is called, a shell reads
    /// it.
    fn file_code(&mut self, path: &Value, is_script: bool, env: &Env) -> Option<(String, Rc<Code>)> {
        let known = path.single().filter(|path| path.known().is_some());
        if let Some(written) = known.and_then(|path| env.held(path, &self.symbols)).cloned() {
            let code = self.written_code(&written, env)?;
            return Some((path.known()?.to_owned(), code));
        }
        self.repository_code(path, is_script, env)
    }

    /// A script of the repository; with its path.
    fn repository_code(&mut self, path: &Value, is_script: bool, env: &Env) -> Option<(String, Rc<Code>)> {
        let within = self.path_of(path, &env.folder.directory);
        // A folder that cannot be told from here is most often another checkout of this repository.
        let is_elsewhere = within.as_ref().is_some_and(|path| self.workspace.is_elsewhere(path));
        let from_root = self.path_of(path, "").filter(|_| !is_elsewhere);
        let (path, file, text) = within.into_iter().chain(from_root).find_map(|path| {
            let (file, text) = self.world.files.read(&path)?;
            Some((path, file, text))
        })?;
        if self.following.iter().filter(|f| **f == file).count() > 2 || !is_shell(&path, &text, is_script) {
            return None;
        }
        if let Some(code) = self.scripts.get(&file) {
            return Some((path, Rc::clone(code)));
        }
        let script = shell::read(&text, &[], &Dialect::Bash);
        let code = Rc::new(Code {
            source: Embedded::verbatim(file, text, 0),
            holes: Vec::new(),
            ranges: Vec::new(),
            script,
            posix: false,
        });
        self.scripts.insert(file, Rc::clone(&code));
        Some((path, code))
    }

    /// What a shell reads from its input.
    fn code_read(&mut self, input: &Value, posix: bool, env: &Env) -> Option<Rc<Code>> {
        if let Some(file) = self.file_of(input) {
            return self.repository_code(&file, true, env).map(|(_, code)| code);
        }
        let text = input.written().filter(|_| self.fetched(input).is_none())?;
        self.code_placed(text, input.places.as_ref()?, posix)
    }

    /// A script that an earlier command wrote from a here-document, or copied.
    fn written_code(&mut self, content: &Value, env: &Env) -> Option<Rc<Code>> {
        if let Some(file) = self.file_of(content) {
            return self.repository_code(&file, true, env).map(|(_, code)| code);
        }
        let places = content.places.clone()?;
        let text = content.written().filter(|_| self.fetched(content).is_none())?;
        let shell = text.masked().lines().next().is_none_or(|l| !l.starts_with("#!") || l.contains("sh"));
        if !shell {
            return None;
        }
        self.code_placed(text, &places, false)
    }

    /// Text of one field as code; its unknown parts become holes.
    pub(super) fn code_of(
        &mut self,
        value: &Value,
        pieces: &[(Range<usize>, Range<usize>)],
        at: Range<usize>,
        ctx: &Ctx,
        posix: bool,
    ) -> Option<Rc<Code>> {
        let text = value.written()?;
        let mut places: Vec<(Range<usize>, Span)> = pieces.iter().flat_map(|(range, source)| ctx.places(range, source)).collect();
        if places.is_empty() {
            places.push((0..text.masked().len(), ctx.span(&at)));
        }
        self.code_placed(text, &places, posix)
    }

    fn code_at(&mut self, value: &Value, span: Span, posix: bool) -> Option<Rc<Code>> {
        let text = value.written()?;
        let len = text.masked().len();
        self.code_placed(text, &[(0..len, span)], posix)
    }

    /// Abstract text as code.
    fn code_placed(&mut self, text: &Text, places: &[(Range<usize>, Span)], posix: bool) -> Option<Rc<Code>> {
        Some(Assembly::placed(text, places)?.code(posix))
    }
}

/// What the first line of a script says.
fn shebang(code: &Code) -> Option<Started> {
    let line = code.source.text.lines().next().filter(|l| l.starts_with("#!"))?;
    let posix = line.ends_with("/sh") || line.contains("/sh ");
    Some(Started { posix, ..Started::of(line.split_whitespace().skip(1)) })
}

/// Where the parts of words stand that are printed with a blank between them; `None` if that cannot be told.
pub(super) fn written(words: &[Field], ctx: &Ctx) -> Option<Rc<Vec<(Range<usize>, Span)>>> {
    let (mut places, mut len): (Vec<(Range<usize>, Span)>, usize) = (Vec::new(), 0);
    for word in words {
        if let Some((range, _)) = places.last_mut() {
            // The blank behind the word before.
            len += 1;
            range.end = len;
        }
        let (from, bytes) = (len, word.value.written()?.masked().len());
        let pieces = word.pieces.iter().flat_map(|(range, at)| ctx.places(range, at));
        let mut own: Vec<_> = pieces.chain(word.printed.iter().cloned()).collect();
        own.sort_by_key(|(range, _)| range.start);
        if own.is_empty() {
            own.push((0..bytes, ctx.span(&word.at)));
        }
        places.extend(own.into_iter().map(|(range, span)| (from + range.start..from + range.end, span)));
        len += bytes;
    }
    Some(Rc::new(places)).filter(|_| !words.is_empty())
}

/// Where the parts of two texts stand that are printed one after the other; `None` if that cannot be told.
pub(super) fn one_after_the_other(first: &Value, second: &Value) -> Option<Rc<Vec<(Range<usize>, Span)>>> {
    let len = first.written()?.masked().len();
    let mut places = first.places.as_deref()?.clone();
    // The end of its last line.
    places.last_mut()?.0.end = len;
    places.extend(second.places.as_deref()?.iter().map(|(range, span)| (len + range.start..len + range.end, *span)));
    Some(Rc::new(places))
}

/// Whether a file is a shell script: by its first line, else by its name or by what reads it.
fn is_shell(path: &str, text: &str, is_read_by_one: bool) -> bool {
    let first = text.lines().next().unwrap_or("");
    let by_name = is_read_by_one || path.ends_with(".sh") || path.ends_with(".bash");
    if first.starts_with("#!") { first.contains("sh") && !first.contains("pwsh") } else { by_name }
}
