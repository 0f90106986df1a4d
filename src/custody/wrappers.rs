//! Commands that run the command that their words go on with: `sudo`, `timeout 5m`, `xargs`, `find -exec`, `su -c ".."`, `sg docker -c ".."`.

use super::command::Call;
use super::env::{Env, bounded};
use super::expand::Field;
use super::graph::NodeId;
use super::interpret::{Ctx, Out, Walk};
use super::nested::Started;
use super::symbol::Kind;
use super::value::{LOOPED, Value};
use crate::facts::EffectCause;
use crate::source::Span;
use std::rc::Rc;

/// How a wrapper takes its own words.
struct Shape {
    /// Options whose value is the next word.
    values: &'static [&'static str],
    /// Words between the options and the command.
    operands: usize,
    /// Whether `-c ".."` gives the command as text for a shell.
    takes_text: bool,
}

const fn shape(values: &'static [&'static str]) -> Shape {
    Shape { values, operands: 0, takes_text: false }
}

fn shape_of(name: &str) -> Option<Shape> {
    Some(match name {
        "sudo" => shape(&[
            "-u", "-g", "-h", "-p", "-C", "-D", "-R", "-r", "-T", "-t", "-U", "--user", "--group", "--host", "--prompt",
            "--chdir", "--chroot",
        ]),
        "doas" => shape(&["-u", "-C"]),
        "env" => shape(&["-u", "--unset", "-C", "--chdir", "-S"]),
        "nice" | "ionice" => shape(&["-n", "--adjustment", "-c", "-p"]),
        "timeout" | "gtimeout" => Shape { operands: 1, ..shape(&["-k", "-s", "--kill-after", "--signal"]) },
        "stdbuf" => shape(&["-i", "-o", "-e"]),
        "exec" => shape(&["-a"]),
        "unshare" => shape(&["-R", "--root", "-w", "--wd", "-S", "--setuid", "-G", "--setgid"]),
        "nsenter" => shape(&["-t", "--target", "-S", "--setuid", "-G", "--setgid"]),
        "chroot" | "gosu" | "su-exec" => Shape { operands: 1, ..shape(&[]) },
        "flock" => Shape { operands: 1, takes_text: true, ..shape(&["-w", "--wait", "--timeout", "-E", "--conflict-exit-code"]) },
        "runuser" => Shape { takes_text: true, ..shape(&["-u", "--user", "-g", "--group", "-G", "-s", "--shell"]) },
        "sg" => Shape { takes_text: true, ..shape(&[]) },
        "newgrp" => shape(&[]),
        "xvfb-run" => shape(&[
            "-n",
            "--server-num",
            "-s",
            "--server-args",
            "-e",
            "--error-file",
            "-f",
            "--auth-file",
            "-p",
            "--xauth-protocol",
            "-w",
            "--wait",
        ]),
        "fakeroot" => shape(&["-l", "--lib", "-s", "-i", "-b"]),
        "dbus-run-session" => shape(&["--config-file", "--dbus-daemon"]),
        "su" => Shape { takes_text: true, ..shape(&["-g", "--group", "-G", "--supp-group", "-s", "--shell"]) },
        "script" => Shape { takes_text: true, ..shape(&["-E", "--echo", "-I", "-O", "-B", "-T", "-m", "-o"]) },
        "time" | "nohup" | "command" | "builtin" | "chronic" | "unbuffer" | "setsid" | "retry" | "winpty" | "eatmydata" => {
            shape(&["-n", "-t", "-d", "--times", "--delay", "-f", "-o"])
        }
        _ => return None,
    })
}

/// Whether a wrapper runs a program or builtin of a name even where there is a function of it (bash manual, `command`). `time` is a
/// word of the shell itself, and `retry` is most often a function.
pub(super) fn knows_no_functions(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    !matches!(base, "time" | "retry") && shape_of(base).is_some()
}

impl Walk<'_> {
    /// Runs what a wrapper runs; `None` if the command is no wrapper, or wraps nothing.
    pub(super) fn wrapper(
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
            "xargs" | "gxargs" | "parallel" => {
                let expanded = self.with_items(base, call, skip, env, ctx)?;
                if base == "parallel" {
                    // A shell runs what it is given, with functions that are exported.
                    return Some(self.call(&expanded, 0, entry, env, ctx));
                }
                let functions = std::mem::take(&mut env.functions);
                let out = self.call(&expanded, 0, entry, env, ctx);
                env.functions = functions;
                Some(out)
            }
            "find" | "gfind" => self.found_files(call, skip, entry, env, ctx),
            _ => {
                let shape = shape_of(base)?;
                if let Some(text) = text_of(call, skip, &shape).or_else(|| text_for_group(base, call, skip)) {
                    let field = call.fields.get(text)?;
                    let code = self.code_of(&field.value, &field.pieces, field.at.clone(), ctx, true)?;
                    return Some(self.process(&code, Started::default(), call, call.fields.len(), entry, env, ctx));
                }
                let Some(next) = wrapped(base, &shape, call, skip) else {
                    let shell = starts_shell(base, &shape, call, skip) && env.stdin.is_some();
                    return shell.then(|| self.call(&own(call, "sh"), 0, entry, env, ctx));
                };
                let set = call.fields[skip + 1..next].iter().filter(|_| takes_assignments(base)).filter_map(|field| {
                    let (name, value) = assigned(field)?;
                    Some((name, value, ctx.span(&field.at)))
                });
                let set: Vec<_> = set.collect();
                if set.is_empty() {
                    return Some(self.call(call, next, entry, env, ctx));
                }
                let mut call =
                    Call { fields: call.fields.clone(), at: call.at, span: call.span, environment: call.environment.clone() };
                call.environment.extend(set);
                Some(self.call(&call, next, entry, env, ctx))
            }
        }
    }

    /// `xargs cmd`, `parallel cmd ::: a b`: the command with what is given to it.
    fn with_items<'c>(&mut self, name: &str, call: &Call<'c>, skip: usize, env: &mut Env, ctx: &Ctx) -> Option<Call<'c>> {
        let (mut at, mut marker) = (skip + 1, (name == "parallel").then(|| "{}".to_owned()));
        while let Some(word) = call.text(at).filter(|w| w.starts_with('-')) {
            at += 1;
            match word {
                "-I" | "-i" | "--replace" => {
                    marker = call.text(at).map(str::to_owned);
                    at += 1;
                }
                "-n" | "-P" | "-L" | "-d" | "-s" | "-a" | "-j" | "-N" | "--max-args" | "--max-procs" | "--delimiter"
                | "--jobs" | "--arg-file" | "--joblog" | "--delay" | "--retries" | "--colsep" => at += 1,
                _ if word.starts_with("-I") => marker = Some(word[2..].to_owned()),
                _ => {}
            }
        }
        let mut fields: Vec<Field> = call.fields.get(at..).filter(|f| !f.is_empty())?.to_vec();
        let listed = fields.iter().position(|f| matches!(f.value.known(), Some(":::" | ":::+"))).filter(|_| name == "parallel");
        let given = listed.map(|from| fields.split_off(from).into_iter().skip(1).collect::<Vec<_>>());
        let written = given.as_deref().and_then(|given| Some(given.first()?.at.start..given.last()?.at.end));
        let input = match given {
            Some(given) => given.into_iter().map(|f| f.value).reduce(|a, b| a.or(&b)).unwrap_or_default(),
            None => env.stdin.take().unwrap_or_default(),
        };
        let mut items: Option<Value> = None;
        for part in input.alternatives().iter().flat_map(|t| t.split(|c| c.is_ascii_whitespace())) {
            let part = Value::text(part);
            items = Some(items.map_or_else(|| part.clone(), |all| all.or(&part)));
        }
        let mut items = bounded(items.unwrap_or_default(), &mut self.symbols, "items");
        items.origins.clone_from(&input.origins);
        let at = written.or_else(|| Some(call.fields.first()?.at.clone())).unwrap_or_default();
        if items.alternatives().len() > 1 && items.all(|item| item.known().is_some()) {
            let list = input.places.as_ref().and_then(|places| places.iter().map(|(_, span)| *span).reduce(Span::to));
            items = items.from(list.unwrap_or_else(|| ctx.span(&at)), LOOPED);
        }
        let has_marker = |m: &String| fields.iter().any(|f| f.value.known().is_some_and(|t| t.contains(m.as_str())));
        match marker.filter(|m| name != "parallel" || has_marker(m)) {
            Some(marker) => filled(&mut fields, &marker, &items),
            None => {
                fields.push(Field {
                    value: items,
                    at,
                    pieces: Rc::default(),
                    printed: Rc::default(),
                    variable: None,
                    elastic: false,
                });
            }
        }
        Some(Call { fields, at: call.at, span: call.span, environment: call.environment.clone() })
    }

    /// `find -exec cmd {} \;`: the command with a file that is found. Only with `+` does its failure become one of `find`.
    fn found_files(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Option<Out> {
        let word = |at: usize| call.text(at);
        let mut at = (skip + 1..call.fields.len()).find(|at| is_exec(word(*at)))?;
        let (mut point, mut fails) = (entry, Vec::new());
        let functions = std::mem::take(&mut env.functions);
        loop {
            let start = at + 1;
            let end = (start..call.fields.len()).find(|at| matches!(word(*at), Some(";" | "+"))).unwrap_or(call.fields.len());
            let mut fields = call.fields[start.min(end)..end].to_vec();
            let file = Value::symbol(self.symbols.named("file that is found", Kind::Unknown));
            filled(&mut fields, "{}", &file);
            let inner = Call { fields, at: call.at, span: call.span, environment: call.environment.clone() };
            let out = self.call(&inner, 0, point, env, &ctx.branching());
            let next = self.point();
            self.graph.ok(point, next);
            out.ok.into_iter().for_each(|ok| self.graph.ok(ok, next));
            if word(end) == Some("+") {
                fails.extend([out.fail, out.quiet]);
            } else {
                self.meet_caused(out.fail, next, EffectCause::StatusDropped, call.span);
                self.meet_caused(out.quiet, next, EffectCause::StatusDropped, call.span);
            }
            point = next;
            match (end..call.fields.len()).find(|at| is_exec(word(*at))) {
                Some(again) => at = again,
                None => break,
            }
        }
        env.functions = functions;
        Some(Out { ok: Some(point), fail: self.meet(&fails), quiet: None })
    }
}

/// The call of another program without arguments in the place of this one.
fn own<'c>(call: &Call<'c>, program: &str) -> Call<'c> {
    let at = call.fields.first().map_or(0..0, |field| field.at.clone());
    let field = Field {
        value: Value::literal(program),
        at,
        pieces: Rc::default(),
        printed: Rc::default(),
        variable: None,
        elastic: false,
    };
    Call { fields: vec![field], at: call.at, span: call.span, environment: call.environment.clone() }
}

fn is_exec(word: Option<&str>) -> bool {
    matches!(word, Some("-exec" | "-execdir" | "-ok" | "-okdir"))
}

/// Puts a value where a marker stands.
fn filled(fields: &mut [Field], marker: &str, items: &Value) {
    for field in fields {
        let Some(text) = field.value.known().filter(|t| t.contains(marker)).map(str::to_owned) else { continue };
        let mut value = Value::default();
        for (i, part) in text.split(marker).enumerate() {
            if i > 0 {
                value = value.then(items);
            }
            value = value.then(&Value::literal(part));
        }
        field.value = value;
        field.pieces = Rc::default();
    }
}

/// The word behind `-c` of a wrapper that takes text.
fn text_of(call: &Call, skip: usize, shape: &Shape) -> Option<usize> {
    if !shape.takes_text {
        return None;
    }
    let ends = (skip + 1..call.fields.len()).find(|at| call.text(*at) == Some("--")).unwrap_or(call.fields.len());
    let is_flag = |word: &str| word == "--command" || word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
    let flag = (skip + 1..ends).find(|at| call.text(*at).is_some_and(is_flag))?;
    (flag + 1 < call.fields.len()).then_some(flag + 1)
}

/// The one word behind the group of `sg` (sg(1): `sg [-] group [-c] command`), which a shell reads with or without `-c`.
fn text_for_group(name: &str, call: &Call, skip: usize) -> Option<usize> {
    let group = skip + 1 + usize::from(call.text(skip + 1) == Some("-"));
    (name == "sg" && call.fields.len() == group + 2).then_some(group + 1)
}

/// Whether `NAME=value` before the command is set for it (sudo(8), env(1)).
fn takes_assignments(name: &str) -> bool {
    matches!(name, "env" | "sudo")
}

/// What a word `NAME=value` sets.
fn assigned(field: &Field) -> Option<(Rc<str>, Value)> {
    let text = field.value.alternatives().first()?.masked();
    let (name, _) = text.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = is_name.then(|| field.value.map(|text| text.slice_masked(name.len() + 1..text.masked().len())))?;
    Some((name.into(), value))
}

/// The switches of a bundle of short options (`-iu`), and whether the word behind it belongs to it.
fn bundle<'w>(word: &'w str, shape: &Shape) -> (&'w str, bool) {
    let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else {
        return ("", shape.values.contains(&word));
    };
    let takes_value = |c: char| shape.values.iter().any(|v| v.strip_prefix('-').is_some_and(|v| v.chars().eq([c])));
    match letters.find(takes_value) {
        Some(at) => (&letters[..at], at + letters[at..].chars().next().map_or(0, char::len_utf8) == letters.len()),
        None => (letters, false),
    }
}

/// Whether a wrapper without a command starts a shell, which reads what it is told from its input.
fn starts_shell(name: &str, shape: &Shape, call: &Call, skip: usize) -> bool {
    let (mut at, mut asks, mut operands) = (skip + 1, false, 0);
    while at < call.fields.len() {
        let option = call.text(at).filter(|word| word.starts_with('-'));
        let (switches, takes_next) = option.map_or(("", false), |word| bundle(word, shape));
        asks |= matches!(option, Some("--shell" | "--login")) || switches.contains(['s', 'i']);
        operands += usize::from(option.is_none());
        at += 1 + usize::from(takes_next);
    }
    match name {
        "sudo" => asks,
        // The user. What comes behind is for the shell.
        "su" | "newgrp" => operands <= 1,
        _ => false,
    }
}

/// Index of the word that a wrapper runs.
fn wrapped(name: &str, shape: &Shape, call: &Call, skip: usize) -> Option<usize> {
    if matches!(name, "su" | "sg" | "newgrp" | "script") {
        return None;
    }
    let mut at = skip + 1;
    while let Some(field) = call.fields.get(at) {
        if takes_assignments(name) && assigned(field).is_some() {
            at += 1;
            continue;
        }
        let Some(word) = call.text(at).filter(|word| word.starts_with('-')) else { break };
        if word == "--" {
            at += 1;
            break;
        }
        if name == "command" && matches!(word, "-v" | "-V") {
            return None;
        }
        at += 1 + usize::from(bundle(word, shape).1);
    }
    at += shape.operands;
    at += usize::from(name == "retry" && call.text(at).is_some_and(|w| w.parse::<u32>().is_ok()));
    at += usize::from(call.text(at) == Some("--"));
    (at < call.fields.len()).then_some(at)
}
