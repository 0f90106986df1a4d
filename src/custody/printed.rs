//! What `echo`, `printf`, `cat` and `tee` print.

use super::command::Call;
use super::env::{Env, bounded};
use super::expand::{Field, trim_end};
use super::graph::NodeId;
use super::interpret::{Ctx, Walk};
use super::value::Value;
use crate::source::Span;

impl Walk<'_> {
    pub(super) fn printing(&mut self, name: &str, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) {
        let arguments = &call.fields[skip + 1..];
        match name {
            "cat" => {
                let mut value = Value::default();
                for field in arguments.iter().filter(|f| f.value.known().is_none_or(|t| !t.starts_with('-'))) {
                    value = value.then(&self.content(&field.value, env));
                }
                if arguments.iter().all(|f| f.value.known().is_some_and(|t| t.starts_with('-'))) {
                    value = env.stdin.clone().unwrap_or_default();
                }
                self.print(&value, env);
            }
            "tee" => {
                let input = env.stdin.clone().unwrap_or_default();
                let append = arguments.iter().any(|f| f.value.known() == Some("-a") || f.value.known() == Some("--append"));
                for field in arguments.iter().filter(|f| f.value.known().is_none_or(|t| !t.starts_with('-'))) {
                    let path = field.value.clone();
                    self.store(&path, &input, append, (entry, call.span), env);
                }
                self.print(&input, env);
            }
            "printf" => {
                let text = self.formatted(arguments);
                let is_it = |f: &&Field| f.value.single().is_some_and(|t| Some(t) == text.single().map(trim_end).as_ref());
                let whole = arguments.iter().find(is_it).map(std::slice::from_ref);
                let places = whole.and_then(|word| super::nested::written(word, ctx));
                self.print(&text.at(places), env);
            }
            _ => {
                let mut value = Value::default();
                let skipped = arguments
                    .iter()
                    .take_while(|f| f.value.known().is_some_and(|t| matches!(t, "-n" | "-e" | "-ne" | "-en" | "-E")))
                    .count();
                for (i, field) in arguments.iter().skip(skipped).enumerate() {
                    if i > 0 {
                        value = value.then(&Value::literal(" "));
                    }
                    value = value.then(&field.value);
                }
                let places = super::nested::written(&arguments[skipped..], ctx);
                self.command_file(&value, call.span);
                let newline =
                    skipped == 0 || arguments.iter().take(skipped).all(|f| !f.value.known().is_some_and(|t| t.contains('n')));
                let end = if newline { Value::literal("\n") } else { Value::default() };
                self.print(&value.then(&end).at(places), env);
            }
        }
    }

    /// `echo "::set-output name=x::value"`, GitHub's older way to set an output.
    pub(super) fn command_file(&mut self, value: &Value, span: Span) {
        for text in value.alternatives() {
            let masked = text.masked();
            let Some(rest) = masked.strip_prefix("::set-output name=") else { continue };
            let Some(end) = rest.find("::") else { continue };
            let start = masked.len() - rest.len() + end + 2;
            let result = Value::text(text.slice_masked(start..masked.len())).from(span, "written to the step's outputs here");
            self.outputs.insert(rest[..end].to_owned(), result);
        }
    }

    /// `printf format args..`: `%s` and `%q` take an argument; the format is used again while arguments are left.
    pub(super) fn formatted(&mut self, arguments: &[Field]) -> Value {
        let skip = usize::from(arguments.first().is_some_and(|f| f.value.known() == Some("--")));
        let Some(format) = arguments.get(skip) else { return Value::default() };
        let Some(format) = format.value.known().map(str::to_owned) else { return format.value.clone() };
        let mut rest = arguments[skip + 1..].iter();
        let mut out = Value::default();
        for _ in 0..32 {
            let mut took = false;
            let mut chars = format.chars().peekable();
            let mut literal = String::new();
            while let Some(c) = chars.next() {
                match c {
                    '%' if chars.peek() == Some(&'%') => {
                        chars.next();
                        literal.push('%');
                    }
                    '%' => {
                        while chars.next_if(|c| !c.is_ascii_alphabetic()).is_some() {}
                        chars.next();
                        out = out.then(&Value::literal(&std::mem::take(&mut literal)));
                        if let Some(field) = rest.next() {
                            out = out.then(&field.value);
                            took = true;
                        }
                    }
                    '\\' => match chars.next() {
                        Some('n') => literal.push('\n'),
                        Some('t') => literal.push('\t'),
                        Some(other) => literal.push(other),
                        None => {}
                    },
                    c => literal.push(c),
                }
            }
            out = out.then(&Value::literal(&literal));
            if !took || rest.len() == 0 {
                break;
            }
        }
        bounded(out, &mut self.symbols, "printf")
    }
}
