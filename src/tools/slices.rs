//! Places and narrowing words of a pick, applied to the words of a command.

use super::glob::Truth;
use super::select::{Place, Route, Step, Test, Wanted};
use super::{Match, Slice};

impl Match<'_> {
    /// The texts that a route leads to. Standard streams and fixed texts have none.
    pub(super) fn slices(&self, route: &Route, argv: &[&str]) -> Vec<Slice> {
        let mut found = self.place(&route.place);
        for step in &route.steps {
            found = found.into_iter().flat_map(|s| narrow(s, step, argv)).collect();
        }
        found
    }

    pub(super) fn place(&self, place: &Place) -> Vec<Slice> {
        match place {
            Place::Positionals { from, to, one } => {
                let count = self.positionals.len();
                let absolute = |i: i32| {
                    let i = i as isize;
                    if i < 0 { count.checked_sub(i.unsigned_abs()) } else { Some(i.unsigned_abs()) }
                };
                let Some(from) = absolute(*from) else { return Vec::new() };
                let to = match to {
                    _ if *one => from + 1,
                    Some(to) => absolute(*to).unwrap_or(0),
                    None => count,
                };
                self.positionals.get(from..to.min(count)).unwrap_or_default().to_vec()
            }
            Place::Flag(name) => {
                let uses = self.flags.iter().enumerate().filter(|(i, _)| self.goes_by(*i, name));
                uses.filter_map(|(_, f)| f.value.clone()).collect()
            }
            Place::Stdin | Place::Stdout | Place::Fixed(_) | Place::Count => Vec::new(),
        }
    }

    /// Whether a test holds.
    pub(super) fn test(&self, test: &Test, argv: &[&str]) -> Truth {
        let truth = match (&test.wanted, &test.route.place) {
            (Wanted::MoreThan(n), _) => Truth::of(self.positionals.len() > *n),
            (Wanted::Matches(glob), Place::Count) => glob.matches(&self.positionals.len().to_string()),
            (Wanted::Matches(glob), place) => {
                let values = self.slices(&test.route, argv).into_iter().map(|s| glob.matches(s.text(argv))).max();
                let switch = self.is_bare_switch(place).then(|| glob.matches("true"));
                values.max(switch).unwrap_or(Truth::No)
            }
            (Wanted::Present, place) => {
                let values = self.slices(&test.route, argv).into_iter().map(|s| self.is_set(place, s.text(argv))).max();
                let switch = self.is_bare_switch(place).then_some(Truth::Yes);
                values.max(switch).unwrap_or(Truth::No)
            }
        };
        let truth = if test.surely && truth == Truth::Maybe { Truth::No } else { truth };
        if test.negated { truth.negate() } else { truth }
    }

    /// An input or a switch may be given as `false`; a flag's value and a positional just are.
    fn is_set(&self, place: &Place, text: &str) -> Truth {
        let Place::Flag(name) = place else { return Truth::Yes };
        let is_value = self.inputs.is_empty() && self.flags.iter().any(|f| f.is(name) && f.takes_value());
        if is_value {
            return Truth::Yes;
        }
        match text.trim() {
            "" => Truth::of(!self.is_action()),
            t if ["false", "no", "0"].iter().any(|f| t.eq_ignore_ascii_case(f)) => Truth::No,
            t if t.contains(super::UNKNOWN) && !self.is_action() => Truth::Maybe,
            _ => Truth::Yes,
        }
    }

    pub(super) fn is_action(&self) -> bool {
        self.spec.is_none()
    }

    /// A switch that stands there without a value.
    fn is_bare_switch(&self, place: &Place) -> bool {
        let Place::Flag(name) = place else { return false };
        self.flags.iter().enumerate().any(|(i, f)| f.value.is_none() && self.goes_by(i, name))
    }
}

impl super::FlagUse<'_> {
    pub(super) fn takes_value(&self) -> bool {
        self.spec.is_some_and(|s| s.arity != super::schema::Arity::Switch)
    }
}

fn narrow(slice: Slice, step: &Step, argv: &[&str]) -> Vec<Slice> {
    let text = slice.text(argv);
    let part = |from: usize, to: usize| Slice { arg: slice.arg, range: slice.range.start + from..slice.range.start + to };
    match step {
        Step::After(sep) => text.find(sep.as_str()).map(|i| part(i + sep.len(), text.len())).into_iter().collect(),
        Step::Past(sep) => vec![text.find(sep.as_str()).map_or_else(|| slice.clone(), |i| part(i + sep.len(), text.len()))],
        Step::Before(sep) => vec![text.find(sep.as_str()).map_or_else(|| slice.clone(), |i| part(0, i))],
        Step::Key(key) => {
            let items = items(text, &[',', '\n']);
            let values = items.filter_map(|(from, item)| {
                let eq = item.find('=')?;
                let value = item[eq + 1..].trim_end_matches('"');
                let name = item[..eq].trim().trim_start_matches('"');
                (name == key).then(|| part(from + eq + 1, from + eq + 1 + value.len()))
            });
            values.collect()
        }
        Step::Json(key) => json_strings(text, key).into_iter().map(|(a, b)| part(a, b)).collect(),
        Step::Without(endings) => {
            endings.iter().find(|e| text.ends_with(e.as_str())).map(|e| part(0, text.len() - e.len())).into_iter().collect()
        }
        Step::Only(glob, wanted) => {
            let drop = if *wanted { Truth::No } else { Truth::Yes };
            if glob.matches(text) == drop { Vec::new() } else { vec![slice] }
        }
        Step::Literal if text.contains(['*', '?', '[']) => Vec::new(),
        Step::Literal => vec![slice],
        Step::List => items(text, &[',', '\n']).map(|(from, item)| part(from, from + item.len())).collect(),
    }
}

/// Items with their places, blanks around them and empty ones left out.
pub(super) fn items<'a>(text: &'a str, separators: &'static [char]) -> impl Iterator<Item = (usize, &'a str)> {
    let mut at = 0;
    text.split(separators).filter_map(move |raw| {
        let from = at;
        at += raw.len() + 1;
        let item = raw.trim();
        let lead = raw.len() - raw.trim_start().len();
        (!item.is_empty()).then_some((from + lead, item))
    })
}

/// Where the string values of `"key": "value"` stand.
fn json_strings(text: &str, key: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(i) = text[at..].find(key) {
        let from = at + i;
        at = from + key.len();
        let quote = text[..from].chars().next_back();
        let Some(rest) = quote.filter(|q| matches!(q, '"' | '\'')).and_then(|q| text[at..].strip_prefix(q)) else { continue };
        let Some(value) = rest.trim_start().strip_prefix(':').map(str::trim_start) else { continue };
        let Some(open) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let start = text.len() - value.len() + 1;
        if let Some(len) = text[start..].find(open) {
            found.push((start, start + len));
            at = start + len;
        }
    }
    found
}
