//! Flags, settings and variables that weaken what a command does.

use super::command::Call;
use super::effects::host;
use super::env::Variable;
use super::interpret::Walk;
use super::model::{OptionValue, RawWeakness};
use super::text::Text;
use super::value::{self, ASKED_FOR, Value};
use super::words::Words;
use crate::facts::Artifact;
use crate::source::Span;
use crate::tools::{Match, Slice, UNKNOWN, WeaknessUse};
use std::collections::BTreeMap;
use std::ops::Range;

/// How the tools' data names steps of Jenkins.
const STEP: &str = "jenkins-step:";

/// How roles of switches begin that take away from a verification.
const WEAKENING: &[&str] = &["ignores-", "skips-", "allows-"];

impl Walk<'_> {
    /// Records what weakens a command.
    pub(super) fn weakened(
        &mut self,
        found: &Match,
        words: &Words,
        argv: &[&str],
        options: &BTreeMap<String, Vec<OptionValue>>,
        event: Option<usize>,
    ) {
        let word = |w: &WeaknessUse| argv.get(w.place.arg).copied().unwrap_or_default().to_owned();
        let here = found.weaknesses(argv).into_iter();
        let mut weaknesses: Vec<_> = here.map(|weakness| (word(&weakness), weakness, None)).collect();
        weaknesses.extend(self.weak_alternatives(words, argv));
        if is_plain_http(argv) {
            // There is no certificate that anybody could check: that is another rule's.
            weaknesses.retain(|(_, weakness, _)| weakness.kind != "tls-verification-disabled");
        }
        for (word, weakness, made) in weaknesses {
            let apart = flag_before(weakness.place.arg, argv);
            let flag = apart.or(argv.get(weakness.place.arg).copied()).unwrap_or_default();
            let host = match options.get("server").and_then(|o| o.first()) {
                Some(server) => account_host(&server.value),
                None => (event.and_then(|e| self.host_of(e, flag)))
                    .or_else(|| self.registry_of(words.repository.as_ref()?))
                    .or_else(|| argv.iter().find_map(|a| host(a))),
            };
            let is_here = made.is_none() && self.is_weak_as_written(&weakness, words, argv);
            let mut span = match &made {
                Some(made) => made.span,
                None if is_here => words.span(&weakness.place),
                None => words.written(&weakness.place),
            };
            if span.range().len() == 1
                && self.world.sources.text(Span { start: span.start.saturating_sub(1), ..span }).starts_with('-')
            {
                // A switch with its dash, unless it stands further back in a bundle.
                span.start -= 1;
            }
            let mut text = self.world.sources.text(span).to_owned();
            if text.chars().count() == 1 {
                // One letter of a bundle of switches.
                text.insert(0, '-');
            } else if let Some(pair) = self.named_argument(span).filter(|_| found.tool.starts_with(STEP)) {
                span = pair;
                self.world.sources.text(span).clone_into(&mut text);
            } else if is_switch(&text) && word.starts_with('-') && word.contains('=') {
                // `--tls-verify=$VERIFY`, whose value stands elsewhere.
                text.clone_from(&word);
            } else if is_switch(&text) {
                // `git config http.sslVerify false`
                let step = found.tool.strip_prefix(STEP);
                text = step.map_or_else(|| format!("{} {} {text}", found.tool, found.verb), |step| format!("{step} {text}"));
            }
            if let Some(flag) = apart.filter(|flag| !text.starts_with(*flag)) {
                // `--insecure-registry example.com`: the value alone says nothing.
                text = format!("{flag} {}", if word.contains(UNKNOWN) { &text } else { &word });
                let before = words.span(&Slice::whole(weakness.place.arg - 1, flag));
                let whole = (before.file == span.file && before.end <= span.start).then(|| before.to(span));
                span = whole.filter(|whole| self.world.sources.text(*whole) == text).unwrap_or(span);
            }
            let place = self.place.clone();
            let origins = words.values.get(weakness.place.arg).filter(|_| !is_here);
            let origins = origins.map(|v| v.origins.clone()).unwrap_or_default();
            let asked_for = match &made {
                Some(made) => &*made.what == ASKED_FOR,
                None => origins.iter().any(|o| &*o.what == ASKED_FOR),
            };
            self.records.weaknesses.push(RawWeakness {
                kind: weakness.kind.to_owned(),
                is_asked_for: self.is_asked_for || asked_for,
                origins,
                text,
                tool: found.tool.into(),
                host,
                event,
                span,
                place,
            });
        }
    }

    /// Whether a word that is made of several weakens the command whatever its variables hold: `-e "ssh -o .. -i $KEY"`.
    fn is_weak_as_written(&self, weakness: &WeaknessUse, words: &Words, argv: &[&str]) -> bool {
        let arg = weakness.place.arg;
        let Some(value) = words.values.get(arg).filter(|v| v.places.is_none() && !v.origins.is_empty()) else { return false };
        let written = words.literally(arg, |span| self.world.sources.text(span));
        if value.single().is_none() || written.len() <= UNKNOWN.len_utf8() {
            return false;
        }
        let mut variant = argv.to_vec();
        variant[arg] = &written;
        let found = self.world.toolbox.recognise(&variant);
        found.is_some_and(|found| found.weaknesses(&variant).iter().any(|w| w.kind == weakness.kind && w.place.arg == arg))
    }

    /// `name: value` in a call, of which the value is at hand.
    fn named_argument(&self, value: Span) -> Option<Span> {
        let text = &self.world.sources.get(value.file).text;
        let named = text.get(..value.range().start)?.trim_end().strip_suffix(':')?.trim_end();
        let name = named.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let start = u32::try_from(name.len()).ok()?;
        (name.len() < named.len()).then_some(Span { start, ..value })
    }

    /// Weaknesses that some alternative of a value has: `--tls-verify=$VERIFY` where `VERIFY` may be `false`.
    /// Before it the word with that alternative, behind it where that one was made, if that is told.
    fn weak_alternatives(&self, words: &Words, argv: &[&str]) -> Vec<(String, WeaknessUse, Option<value::Origin>)> {
        let mut found = Vec::new();
        self.alternatives(words, argv, |arg, variant, own, masked| {
            let Some(other) = self.world.toolbox.recognise(variant) else { return };
            let weaknesses = other.weaknesses(variant).into_iter().filter(|w| own.contains(&w.place.arg));
            let placed = weaknesses.map(|w| WeaknessUse { place: Slice { arg, range: 0..words.masked[arg].len() }, ..w });
            found.extend(placed.map(|w| (masked.to_owned(), w, self.made_at(&words.values[arg], masked))));
        });
        found.dedup();
        found
    }

    /// Switches that take away from a verification and that some alternative of a value is: `$OPTS`, which may be
    /// `--insecure-ignore-tlog`. Their roles, with where they stand.
    pub(super) fn weakening_switches(&self, words: &Words, argv: &[&str]) -> Vec<(String, Span)> {
        let mut found = Vec::new();
        self.alternatives(words, argv, |arg, variant, own, masked| {
            let Some(other) = self.world.toolbox.recognise(variant) else { return };
            for option in other.options(variant) {
                let is_here = option.place.as_ref().is_none_or(|place| own.contains(&place.arg));
                if is_here && WEAKENING.iter().any(|start| option.role.starts_with(start)) {
                    let made = self.made_at(&words.values[arg], masked).map(|origin| origin.span);
                    found.push((
                        option.role.to_owned(),
                        made.unwrap_or_else(|| words.span(&Slice::whole(arg, &words.masked[arg]))),
                    ));
                }
            }
        });
        found.dedup();
        found
    }

    /// Calls with each alternative of each argument that has a few: the argument, the words with the alternative in its place, where its
    /// words are, and its text.
    fn alternatives(&self, words: &Words, argv: &[&str], mut tell: impl FnMut(usize, &[&str], Range<usize>, &str)) {
        for (arg, value) in words.values.iter().enumerate().filter(|(_, v)| (2..=6).contains(&v.alternatives().len())) {
            for text in value.alternatives() {
                let masked = text.masked();
                // In no quotes it may be several words.
                let several: Vec<&str> =
                    if words.elastic[arg] { masked.split_ascii_whitespace().collect() } else { vec![&masked] };
                let own = arg..arg + several.len();
                let mut variant = argv.to_vec();
                variant.splice(arg..=arg, several);
                tell(arg, &variant, own, &masked);
            }
        }
    }

    /// Where a value got this text, as far as that is written there.
    fn made_at(&self, value: &Value, text: &str) -> Option<value::Origin> {
        value.origins.iter().find(|o| self.world.sources.text(o.span).contains(text)).cloned()
    }

    /// The host that a flag is about: `--dest-tls-verify` is about the destination.
    fn host_of(&self, event: usize, flag: &str) -> Option<String> {
        let event = &self.records.events[event];
        let far = event.destination.as_ref().filter(|_| flag.contains("dest"));
        let subject = far.or(event.reference.as_ref()).or(event.source.as_ref()).or(event.destination.as_ref())?;
        let text = subject.value.alternatives().first()?;
        match subject.artifact {
            Artifact::Image => super::refer::registry(text, &self.symbols),
            _ => host(&text.masked()),
        }
    }

    /// The registry of a folder that images are pushed to. One without a folder is a registry all the same: `kind.local`.
    fn registry_of(&self, folder: &Value) -> Option<String> {
        super::refer::registry(&folder.single()?.clone().then(&Text::literal("/")), &self.symbols)
    }

    /// Settings made in front of a command.
    pub(super) fn environment_of(&mut self, call: &Call) {
        for (name, value, span) in &call.environment {
            self.weak_environment(name, &Variable::Scalar(value.clone()), *span, true);
        }
    }

    /// Records a setting that weakens something.
    pub(super) fn weak_environment(&mut self, name: &str, value: &Variable, span: Span, applies: bool) {
        let Variable::Scalar(value) = value else { return };
        let Some(text) = value.single().map(Text::masked).filter(|_| applies) else { return };
        for spec in self.world.toolbox.environment(name, &text) {
            let Some(kind) = spec.weakness.clone() else { continue };
            let tool = spec.tool.as_deref().unwrap_or("").into();
            let written = self.world.sources.text(span).to_owned();
            let place = self.place.clone();
            self.records.weaknesses.push(RawWeakness {
                origins: value.origins.clone(),
                is_asked_for: self.is_asked_for,
                kind,
                text: written,
                tool,
                host: None,
                event: None,
                span,
                place,
            });
        }
    }
}

/// The flag whose value a word is, if that stands apart from it.
fn flag_before<'w>(arg: usize, argv: &[&'w str]) -> Option<&'w str> {
    let word = argv.get(arg).filter(|word| !word.starts_with('-'))?;
    argv.get(arg.checked_sub(1)?)
        .copied()
        .filter(|flag| flag.starts_with('-') && flag.len() > 1 && !flag.contains('=') && !word.is_empty())
}

/// Whether a text is the value of a switch, and says nothing by itself.
fn is_switch(text: &str) -> bool {
    matches!(text, "false" | "true" | "no" | "off")
}

/// Whether all addresses among the words are of plain HTTP, as far as is known.
fn is_plain_http(argv: &[&str]) -> bool {
    let mut addresses = argv.iter().filter(|word| word.contains("://") || word.starts_with(UNKNOWN)).peekable();
    addresses.peek().is_some() && addresses.all(|word| word.starts_with("http://"))
}

/// The host of `user@host`, if it is known.
fn account_host(account: &Value) -> Option<String> {
    let host = account.known()?.rsplit('@').next()?;
    Some(host.to_owned()).filter(|h| !h.is_empty())
}
