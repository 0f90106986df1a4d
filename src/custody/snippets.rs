//! Commands that programs in other languages start: `execSync("crane copy a b")`, `subprocess.run([..])`.

use super::assembly::Assembly;
use super::command::Call;
use super::env::{Code, Env};
use super::expand::Field;
use super::graph::NodeId;
use super::interpret::{Ctx, Out, Walk};
use super::joined::Joined;
use super::model::RawWeakness;
use super::scope::Scope;
use super::value::Value;
use crate::facts::EventKind;
use crate::pipeline::Text;
use crate::snippet::{self, Command, Form, Language, Piece, PieceKind};
use std::ops::Range;
use std::rc::Rc;

impl Walk<'_> {
    /// Walks the commands of a program that a step consists of. Returns its ends by success and by failure.
    pub(super) fn program_step(
        &mut self,
        text: &Text,
        language: Language,
        entry: NodeId,
        scope: &Scope,
        files: &mut Env,
    ) -> (NodeId, NodeId) {
        let holes = self.holes(text, scope);
        let ranges: Vec<Range<usize>> = text.holes.iter().map(|h| h.range.clone()).collect();
        let code = Code { source: text.source.clone(), holes, ranges, script: Default::default(), posix: true };
        let mut env = self.environment(scope);
        env.files = std::mem::take(&mut files.files);
        env.folder.clone_from(&files.folder);
        let ends = self.commands_of(Rc::new(code), language, entry, &mut env, 0);
        files.files = env.files;
        ends
    }

    /// `python -c ".."`, `node -e ".."`, `python <<EOF`: the interpreter, then what its program starts. `None` if there is no
    /// program that can be read, or nothing in it.
    pub(super) fn program_given(
        &mut self,
        language: Language,
        call: &Call,
        skip: usize,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Option<Out> {
        let assembly = self.given_program(call, skip, env, ctx)?;
        let (source, holes, ranges) = assembly.parts();
        let program = snippet::read(&source.text, &ranges, language);
        if ctx.depth > 16 || program.commands.is_empty() && program.insecure.is_empty() {
            return None;
        }
        let code = Code { source, holes, ranges, script: Default::default(), posix: true };
        let started = self.program(call, skip, entry, env, ctx);
        let mut own = env.clone();
        let (ok, fail) = self.commands_of(Rc::new(code), language, started.ok?, &mut own, ctx.depth + 1);
        env.files = own.files;
        Some(Out { ok: Some(ok), fail: self.meet(&[started.fail, Some(fail)]), quiet: started.quiet })
    }

    fn given_program(&self, call: &Call, skip: usize, env: &Env, ctx: &Ctx) -> Option<Assembly> {
        let mut at = skip + 1;
        while let Some(word) = call.text(at).filter(|w| w.len() > 1 && w.starts_with('-')) {
            at += 1;
            if matches!(word, "-c" | "-e" | "--eval" | "-p" | "--print") || !word.starts_with("--") && word.ends_with('c') {
                let field = call.fields.get(at)?;
                let places: Vec<_> = field.pieces.iter().flat_map(|(range, source)| ctx.places(range, source)).collect();
                return Assembly::placed(field.value.written()?, &places);
            }
        }
        if call.text(at).is_some_and(|operand| operand != "-") || call.fields.len() > at + 1 {
            return None;
        }
        let input = env.stdin.as_ref()?;
        Assembly::placed(input.written()?, input.places.as_ref()?)
    }

    fn commands_of(&mut self, code: Rc<Code>, language: Language, entry: NodeId, env: &mut Env, depth: u32) -> (NodeId, NodeId) {
        if code.source.text.len() > snippet::MAX_BYTES {
            self.opaque(code.source.whole(), "a program may have 256 KiB");
        }
        let program = snippet::read(&code.source.text, &code.ranges, language);
        let (ok, fail) = (self.point(), self.point());
        let ctx = Ctx {
            code: Rc::clone(&code),
            ignored: false,
            ignored_by: None,
            exit_ok: ok,
            exit_fail: fail,
            returns: None,
            loops: None,
            depth,
            branch: true,
        };
        for place in &program.insecure {
            let span = code.source.span(place.clone());
            self.records.weaknesses.push(RawWeakness {
                is_asked_for: self.is_asked_for,
                kind: "tls-verification-disabled".to_owned(),
                origins: super::value::Origins::default(),
                text: self.world.sources.text(span).to_owned(),
                tool: "".into(),
                host: None,
                event: None,
                span,
                place: self.place.clone(),
            });
        }
        let mut at = entry;
        for command in &program.commands {
            at = self.started(command, &ctx, at, env);
        }
        self.graph.ok(at, ok);
        (ok, fail)
    }

    /// One command; gives the point behind it.
    fn started(&mut self, command: &Command, ctx: &Ctx, entry: NodeId, env: &mut Env) -> NodeId {
        let mut own = env.clone();
        own.errexit = false;
        own.pipefail = false;
        own.functions.clear();
        own.stdin = None;
        own.stdout = None;
        let first = self.records.events.len();
        let (ok, fail) = match &command.form {
            Form::Text(pieces) => {
                let mut script = Assembly::new(ctx.code.source.file);
                for piece in pieces {
                    let value = self.piece(piece, ctx, env);
                    script.push(&value, ctx.span(&piece.at));
                }
                let (ok, fail) = self.script(&script.code(true), entry, &mut own, ctx.depth + 1, true);
                (Some(ok), Some(fail))
            }
            Form::Words(words) => {
                let fields = words.iter().map(|word| self.field(word, command, ctx, env)).collect();
                let call = Call { fields, at: &command.at, span: ctx.span(&command.at), environment: Vec::new() };
                let out = self.call(&call, 0, entry, &mut own, ctx);
                (out.ok, self.meet(&[out.fail, out.quiet]))
            }
        };
        env.files = own.files;
        if !command.stops {
            self.forget_checks(first);
        }
        if let Some(fail) = fail {
            self.graph.ok(fail, ctx.exit_fail);
        }
        match ok {
            Some(ok) => ok,
            None => self.point(),
        }
    }

    /// Whether the program goes on after a failure is not known here: a verification is then neither a guard nor ignored.
    fn forget_checks(&mut self, first: usize) {
        let is_check = |kind: EventKind| matches!(kind, EventKind::Verify | EventKind::Compare);
        if self.records.events[first..].iter().any(|e| is_check(e.kind)) {
            let later = self.records.weaknesses.iter_mut().filter(|w| w.event.is_some_and(|e| e >= first));
            later.for_each(|w| w.event = None);
            let kept = self.records.events.split_off(first).into_iter().filter(|e| !is_check(e.kind));
            self.records.events.extend(kept);
        }
    }

    fn piece(&mut self, piece: &Piece, ctx: &Ctx, env: &Env) -> Value {
        let known = match &piece.kind {
            PieceKind::Literal(text) => return Value::literal(text),
            PieceKind::Environment(name) => self.lookup(name, env),
            PieceKind::Hole(index) => self.hole(*index, ctx),
            PieceKind::Unknown(_) => None,
        };
        known.unwrap_or_else(|| match &piece.kind {
            PieceKind::Environment(name) | PieceKind::Unknown(name) => self.unknown(name.trim()),
            _ => Value::default(),
        })
    }

    fn field(&mut self, word: &[Piece], command: &Command, ctx: &Ctx, env: &Env) -> Field {
        let (mut joined, mut pieces) = (Joined::default(), Vec::new());
        for piece in word {
            let next = self.piece(piece, ctx, env);
            pieces.push((joined.add(&next, &mut self.symbols), piece.at.clone()));
        }
        let at = match (word.first(), word.last()) {
            (Some(first), Some(last)) => first.at.start..last.at.end.max(first.at.start),
            _ => command.at.clone(),
        };
        let (value, pieces) = (joined.value(), Rc::new(pieces));
        Field { value, at, pieces, printed: Rc::default(), variable: None, elastic: false }
    }
}
