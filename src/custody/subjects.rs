//! The artifacts that a command or action names.

use super::env::{Env, PROCESS};
use super::interpret::Walk;
use super::model::{List, OptionValue, Subject, UnreadList};
use super::refer::is_argument;
use super::symbol::{Kind, Symbols};
use super::text::{Atom, Text};
use super::value::{LOOPED, Value};
use super::words::{Words, narrow};
use super::{address, dockerfile, manifest};
use crate::facts::Artifact;
use crate::source::Span;
use crate::tools::{self, Slice, SubjectForm};
use std::collections::BTreeMap;
use std::ops::Range;

/// What stands in a command for things that it is given one by one.
const ITEMS: &[&str] = &["xargs", "gxargs", "parallel", "{}", "%"];

/// Letters of a pattern of names that no name of an image has.
const PATTERN: [char; 2] = ['*', '?'];

impl Walk<'_> {
    /// The artifacts that a subject of the data names.
    pub(super) fn subjects(&mut self, subject: &tools::Subject, words: &Words, at: Span, env: &Env) -> Vec<Subject> {
        let mut named = self.named_subjects(subject, words, at, env);
        let has_pattern =
            |text: &Text| text.atoms().iter().any(|atom| matches!(atom, Atom::Literal(part) if part.contains(PATTERN)));
        for image in named.iter_mut().filter(|named| named.artifact == Artifact::Image && named.value.any(has_pattern)) {
            let parts: Vec<Text> = image.value.alternatives().iter().map(|text| self.without_patterns(text)).collect();
            let mut value = Value::one_of(parts.into_iter().map(Value::text)).unwrap_or_default();
            value.origins.clone_from(&image.value.origins);
            image.value = value;
        }
        named
    }

    /// The name of an image in which a pattern of names of files (`for c in *; do docker pull acme/$c:1`) stands for one that is not known:
    /// no name has such a letter.
    fn without_patterns(&mut self, name: &Text) -> Text {
        let mut plain = Text::default();
        for atom in name.atoms() {
            let Atom::Literal(literal) = atom else {
                plain.push(atom.clone());
                continue;
            };
            for part in literal.split_inclusive(['/', ':', '@']) {
                let word = part.trim_end_matches(['/', ':', '@']);
                let known = if word.contains(PATTERN) {
                    plain.push(Atom::Symbol(self.symbols.named(word, Kind::Unknown)));
                    &part[word.len()..]
                } else {
                    part
                };
                if !known.is_empty() {
                    plain.push(Atom::Literal(known.into()));
                }
            }
        }
        plain
    }

    fn named_subjects(&mut self, subject: &tools::Subject, words: &Words, at: Span, env: &Env) -> Vec<Subject> {
        let plain = |value: Value, span: Span, text: String| Subject {
            artifact: subject.artifact,
            value,
            text,
            span,
            is_local: subject.local,
            is_default: false,
        };
        let written = |slice: &Slice| {
            let (span, value) = (words.span(slice), words.value(slice));
            let text = self.world.sources.text(span);
            // `echo a:1 | xargs docker pull`: the name stands nowhere in the command.
            let has_others = value.alternatives().len() > 1 && !super::refer::is_argument(text);
            let is_item = words.is_given(slice) && (ITEMS.contains(&text) || has_others);
            let is_part = || is_variable(text) && words.is_one_of_several(slice);
            let held = value.alternatives().first().filter(|held| is_item || is_part() && held.literal_len() > 0);
            let text = held.map_or_else(|| self.whole_name(text, &value), |held| held.display(&self.symbols));
            plain(value, span, text)
        };
        match &subject.form {
            SubjectForm::Written(slice) => self.one_by_one(written(slice), words.is_given(slice)),
            SubjectForm::Guessed(slice, guess) => {
                let mut named = written(slice);
                let without = |text: &Text| address::without_scheme(&text.masked()).is_some();
                if named.value.any(without) {
                    named.value = named.value.map(|text| address::guessed(text, guess));
                }
                self.one_by_one(named, words.is_given(slice))
            }
            SubjectForm::Basename(slice) => {
                let mut named = written(slice);
                named.value = named.value.map(|t| t.split(|c| c == '/').pop().unwrap_or_default());
                named.text = address::last_part(&named.text).to_owned();
                vec![named]
            }
            // With the slash it is one wherever it is looked at.
            SubjectForm::Folder(slice) => {
                let mut named = written(slice);
                named.value = named.value.then(&Value::literal("/"));
                vec![named]
            }
            SubjectForm::Fixed(text) => {
                vec![Subject { is_default: true, ..plain(Value::literal(text), at, (*text).to_owned()) }]
            }
            SubjectForm::Assembled(parts) => self.assembled(parts, words, subject),
            SubjectForm::ManifestStdin => {
                let manifest = env.stdin.as_ref();
                let fetched = manifest.and_then(|v| self.fetched(v));
                fetched.map_or_else(|| manifest.map(|v| self.manifest_images(v)).unwrap_or_default(), |from| vec![from])
            }
            SubjectForm::Manifest(slice) => {
                let path = words.value(slice);
                let Some(manifest) = env.held_by_any(&path, &self.symbols) else { return Vec::new() };
                match self.fetched(&manifest) {
                    // `kubectl apply -f <(curl ..)`
                    Some(from) if path.known().is_some_and(|path| path.starts_with(PROCESS)) => vec![from],
                    Some(_) => vec![Subject { artifact: Artifact::File, ..written(slice) }],
                    None => self.manifest_images(&manifest),
                }
            }
            SubjectForm::FixedManifest(path) => {
                env.held(&Text::literal(path), &self.symbols).map(|v| self.manifest_images(v)).unwrap_or_default()
            }
            SubjectForm::Listed(slice) => match self.list_of_checksums(subject, words, env) {
                Some(List { lines: Some(lines), unread: None }) => listed(&lines, subject.artifact, &self.symbols),
                _ => vec![written(slice)],
            },
            SubjectForm::ListedStdin => {
                env.stdin.as_ref().map(|v| listed(v, subject.artifact, &self.symbols)).unwrap_or_default()
            }
            SubjectForm::Stdin => env.stdin.as_ref().and_then(|v| self.streamed(v, at)).into_iter().collect(),
            SubjectForm::Stdout => Vec::new(),
        }
    }

    /// The text that stands for a name; of one that its last part stands for (`image.push('tag')` of Jenkins) the whole.
    fn whole_name(&self, text: &str, value: &Value) -> String {
        let whole = value.single().filter(|_| !text.contains('$')).map(|name| name.display(&self.symbols));
        whole.filter(|name| !text.is_empty() && name.ends_with(text)).unwrap_or_else(|| text.to_owned())
    }

    /// Things that a command is given one by one (`echo a b | xargs -n1 docker pull`): each of them is an artifact, and stands in the list.
    fn one_by_one(&self, items: Subject, is_given: bool) -> Vec<Subject> {
        let several = items.value.alternatives();
        let list = items.value.origins.last().filter(|o| &*o.what == LOOPED && is_given && several.len() > 1);
        let (Some(list), true) = (list, items.value.all(|item| item.known().is_some())) else { return vec![items] };
        let written = self.world.sources.text(list.span);
        let one = |item: &Text| {
            let text = item.display(&self.symbols);
            let stands = written.match_indices(text.as_str()).map(|(at, _)| at..at + text.len());
            let start = list.span.range().start;
            let is_word = |at: &Range<usize>| {
                let ends = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '\\'));
                ends(written[..at.start].chars().next_back()) && ends(written[at.end..].chars().next())
            };
            let span = stands.into_iter().find(is_word).map(|at| Span::new(list.span.file, start + at.start..start + at.end));
            let mut value = Value::text(item.clone());
            value.origins.clone_from(&items.value.origins);
            Subject { value, text, span: span.unwrap_or(items.span), ..items.clone() }
        };
        several.iter().map(one).collect()
    }

    /// The list of checksums that a command reads.
    pub(super) fn list_of_checksums(&self, subject: &tools::Subject, words: &Words, env: &Env) -> Option<List> {
        let (content, path) = match &subject.form {
            SubjectForm::ListedStdin => (env.stdin.clone(), None),
            SubjectForm::Listed(slice) => {
                let path = words.value(slice);
                (env.held_by_any(&path, &self.symbols), Some(path))
            }
            _ => return None,
        };
        let names_files = content.as_ref().is_some_and(|lines| lines.all(|text| !names_in(text).is_empty()));
        let tells = |lines: &&Value| names_files || path.is_none() || self.is_computed_here(lines);
        let says_more = |lines: &&Value| path.is_none() || lines.any(|text| self.symbols.picked(text).is_some());
        let ways = content.as_ref().filter(says_more).or(path.as_ref()).map(Value::alternatives).unwrap_or_default();
        let unread = (!names_files).then(|| ways.iter().map(|text| self.unread_list(text)).collect());
        Some(List { lines: content.as_ref().filter(tells).cloned(), unread })
    }

    /// What is known of a list by its path, or by what it was made of.
    fn unread_list(&self, text: &Text) -> UnreadList {
        let picked = self.symbols.picked(text);
        let list = picked.map_or(text, |picked| &picked.from);
        let file = self.content_of(list);
        UnreadList { path: file.unwrap_or(list).display(&self.symbols), sought: picked.and_then(|picked| picked.sought.clone()) }
    }

    /// Whether this execution has itself computed every checksum of a text: what is compared with them always fits.
    pub(super) fn is_computed_here(&self, lines: &Value) -> bool {
        let Some(execution) = self.records.executions.get(self.place.execution) else { return false };
        let is_own = |line: &Text| match line.trim().atoms().first() {
            Some(Atom::Symbol(id)) => {
                let symbol = self.symbols.get(*id);
                symbol.kind == Kind::Checksum && symbol.node.is_some_and(|node| node >= execution.entry)
            }
            _ => false,
        };
        lines.all(|text| {
            text.split(|c| c == '\n').iter().filter(|line| line.known() != Some("")).all(is_own) && text.known() != Some("")
        })
    }

    /// `--set image.repository=..,image.tag=..` as one reference.
    pub(super) fn assembled(&mut self, parts: &tools::Assembled, words: &Words, subject: &tools::Subject) -> Vec<Subject> {
        let value = |slice: &Option<Slice>| slice.as_ref().map(|s| words.value(s));
        let mut all = match (value(&parts.registry), value(&parts.repository)) {
            (Some(registry), Some(repository)) => registry.then(&Value::literal("/")).then(&repository),
            (_, Some(repository)) => repository,
            _ => self.unknown(format!("{} of the chart", parts.prefix)),
        };
        if let Some(tag) = value(&parts.tag).filter(|t| t.known() != Some("")) {
            all = all.then(&Value::literal(":")).then(&tag);
        }
        if parts.tag.is_none() && parts.digest.is_none() {
            // Where the chart's own tag stands, the template knows.
            all = all.then(&self.unknown("the chart's tag"));
        }
        if let Some(digest) = value(&parts.digest).filter(|d| d.known() != Some("")) {
            all = all.then(&Value::literal("@")).then(&digest);
        }
        let slices = [&parts.registry, &parts.repository, &parts.tag, &parts.digest];
        let Some(span) = slices.iter().filter_map(|s| s.as_ref()).map(|s| words.span(s)).reduce(Span::to) else {
            return Vec::new();
        };
        // People are told one of several values; the others are in the facts.
        let shown = |value: &Value| value.alternatives().first().map(|one| one.display(&self.symbols)).unwrap_or_default();
        let set = parts.tag.as_ref().or(parts.digest.as_ref()).filter(|_| parts.repository.is_none());
        let text = set.map_or_else(|| shown(&all), |slice| format!("{}{}", key_of(slice, words), shown(&words.value(slice))));
        vec![Subject { artifact: subject.artifact, value: all, text, span, is_local: subject.local, is_default: false }]
    }

    /// The images of a manifest that was written in the pipeline.
    pub(super) fn manifest_images(&self, manifest: &Value) -> Vec<Subject> {
        let (Some(text), Some(places)) = (manifest.written(), &manifest.places) else { return Vec::new() };
        let masked = text.masked();
        let mut found = Vec::new();
        for range in manifest::images(&masked) {
            let Some(span) = narrow(places, &range) else { continue };
            let mut value = self.symbols.unfolded(Value::text(text.slice_masked(range)));
            value.origins.clone_from(&manifest.origins);
            let text = self.world.sources.text(span).to_owned();
            found.push(Subject { artifact: Artifact::Image, value, text, span, is_local: false, is_default: false });
        }
        found
    }

    /// The `FROM` images of the Dockerfile that a build names, or of the one in its context: as the pipeline wrote it, else as it
    /// lies in the repository.
    pub(super) fn base_images(&mut self, options: &BTreeMap<String, Vec<OptionValue>>, at: Span, env: &Env) {
        let option = |role: &str| options.get(role).and_then(|v| v.first()).and_then(|v| v.value.known()).map(str::to_owned);
        let context = option("context").filter(|c| !c.contains("://")).unwrap_or_default();
        let context = context.trim_start_matches("./").trim_end_matches('/').trim_start_matches('.').to_owned();
        let within = if context.is_empty() { "Dockerfile".to_owned() } else { format!("{context}/Dockerfile") };
        let paths = option("file").map_or_else(|| vec![within], |f| vec![f.clone(), format!("{context}/{f}")]);
        let mut paths = paths.iter().map(|p| p.trim_start_matches("./"));
        if let Some(written) = paths.clone().find_map(|p| env.held(&Text::literal(p), &self.symbols)).cloned() {
            self.written_bases(&written, at);
            return;
        }
        paths.any(|path| self.bases_in(path));
    }

    /// The images of a Dockerfile of the repository; false if it is not there.
    pub(super) fn bases_in(&mut self, path: &str) -> bool {
        let Some((file, text)) = self.world.files.read(path) else { return false };
        if self.records.base_images.iter().any(|i| i.subject.span.file == file) {
            return true;
        }
        for base in dockerfile::base_images(&text) {
            let value = self.base_value(&base.image);
            let span = Span::new(file, base.range.clone());
            self.base(value, text.get(base.range).unwrap_or("").to_owned(), span);
        }
        true
    }

    /// The images of a Dockerfile that was written in the pipeline.
    fn written_bases(&mut self, content: &Value, at: Span) {
        for text in content.alternatives() {
            let masked = text.masked();
            for base in dockerfile::base_images(&masked) {
                let plain = masked.get(base.range.clone()) == Some(&*base.image);
                let mut value =
                    if plain { Value::text(text.slice_masked(base.range.clone())) } else { self.base_value(&base.image) };
                value.origins.clone_from(&content.origins);
                let span = self.written_at(content, &base).unwrap_or(at);
                let shown = value.display(&self.symbols);
                self.base(value, shown, span);
            }
        }
    }

    /// Where a base image of a written Dockerfile stands. Behind a value that can be several, offsets say nothing: there its text
    /// is looked for in what is written.
    fn written_at(&self, content: &Value, base: &dockerfile::Base) -> Option<Span> {
        let places = content.places.as_ref()?;
        let literal = |(_, span): &(Range<usize>, Span)| {
            let start = span.range().start + self.world.sources.text(*span).find(&*base.image)?;
            Some(Span::new(span.file, start..start + base.image.len()))
        };
        let found = content.single().is_none().then(|| places.iter().find_map(literal)).flatten();
        found.or_else(|| narrow(places, &base.range))
    }

    /// A base image in which what is not known stands as [`super::reference::UNKNOWN`].
    fn base_value(&mut self, image: &str) -> Value {
        let mut value = Text::default();
        for (i, part) in image.split(super::reference::UNKNOWN).enumerate() {
            if i > 0 {
                value.push(super::text::Atom::Symbol(self.symbols.named("build argument", Kind::Unknown)));
            }
            value.extend(&Text::literal(part));
        }
        Value::text(value)
    }

    fn base(&mut self, value: Value, text: String, span: Span) {
        let known = |i: &super::model::RawImage| i.subject.span == span && i.subject.value == value;
        if self.records.base_images.iter().any(known) {
            return;
        }
        let subject = Subject { artifact: Artifact::Image, value, text, span, is_local: false, is_default: false };
        self.records.base_images.push(super::model::RawImage { role: "base", subject, place: self.place.clone() });
    }
}

/// What stands before a value in its list of pairs: `image.tag=`.
fn key_of<'w>(value: &Slice, words: &'w Words) -> &'w str {
    let before = words.masked.get(value.arg).and_then(|word| word.get(..value.range.start)).unwrap_or_default();
    before.rsplit([',', '\n']).next().unwrap_or_default()
}

/// Whether a word is a variable and nothing else, and no argument of a function or script.
fn is_variable(word: &str) -> bool {
    let Some(name) = word.trim_matches('"').strip_prefix('$').filter(|_| !is_argument(word)) else { return false };
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    !name.is_empty() && !name.contains(['$', '{', '(', '/', ':', ' '])
}

/// The files that a list of checksums names, in the forms that `sha256sum -c` takes: `<sum>  <name>` and `SHA256 (<name>) = <sum>`; other
/// lines are passed over. None if some line is not known.
fn names_in(text: &Text) -> Vec<Text> {
    let is_sum = |word: &Text| word.known().is_none_or(|sum| sum.len() >= 32 && sum.bytes().all(|b| b.is_ascii_hexdigit()));
    let mut names = Vec::new();
    for line in text.split(|c| c == '\n') {
        match line.split(|c| c.is_ascii_whitespace()).as_slice() {
            [sum, name] if is_sum(sum) => names.extend(name.split(|c| c == '*').pop()),
            [_, name, sign, sum] if sign.known() == Some("=") && is_sum(sum) => {
                names.extend(name.split(|c| matches!(c, '(' | ')')).pop());
            }
            _ if line.symbols().next().is_some() => return Vec::new(),
            _ => {}
        }
    }
    names
}

/// Whether a list of checksums holds one of SHA-1, as its length tells.
pub(super) fn holds_sha1(text: &Text) -> bool {
    let is_sha1 = |sum: &str| sum.len() == 40 && sum.bytes().all(|b| b.is_ascii_hexdigit());
    text.masked().lines().any(|line| line.split_whitespace().next().is_some_and(is_sha1))
}

/// The files of checksum lines.
fn listed(lines: &Value, artifact: Artifact, symbols: &Symbols) -> Vec<Subject> {
    let places = lines.places.as_ref().and_then(|p| p.first().map(|(_, s)| *s));
    let span = places.or_else(|| lines.origins.last().map(|o| o.span)).unwrap_or_default();
    let subject = |name: Text| {
        let text = name.display(symbols);
        Subject { artifact, value: Value::text(name), text, span, is_local: false, is_default: false }
    };
    let last_words = |text: &Text| -> Vec<Text> {
        let lines = text.split(|c| c == '\n');
        lines.iter().filter_map(|line| line.split(|c| c == ' ' || c == '*').pop()).collect()
    };
    let names = lines.alternatives().iter().flat_map(|text| match names_in(text) {
        names if names.is_empty() => last_words(text),
        names => names,
    });
    names.map(subject).collect()
}

/// What is fetched into a folder (`.`, `bin/`) keeps the last component of its name.
pub(super) fn within_folder(source: &Subject, destination: &mut Subject) {
    let (Some(folder), Some(from)) = (destination.value.single(), source.value.single()) else { return };
    let masked = folder.masked();
    let is_folder = masked.ends_with('/') || matches!(&*masked, "." | "..");
    if !is_folder || destination.artifact != Artifact::File || source.artifact != Artifact::Url {
        return;
    }
    let inside = match masked.trim_end_matches('/') {
        "." => Value::literal(""),
        path => Value::text(folder.slice_masked(0..path.len())).then(&Value::literal("/")),
    };
    let masked = from.masked();
    let path = masked.split(['?', '#']).next().unwrap_or_default();
    let base = path.rfind('/').map_or(0, |slash| slash + 1);
    if base == path.len() || path[base..].contains('*') {
        return;
    }
    let name = Value::text(from.slice_masked(base..path.len()));
    let origins = std::mem::take(&mut destination.value.origins);
    destination.value = inside.then(&name);
    destination.value.origins = origins;
}

/// A copy to a bare word (`crane tag repo@sha256:.. latest`) adds a tag in the source's repository.
pub(super) fn within_repository(source: &Subject, destination: &mut Subject) {
    let bare = |t: &Text| !t.masked().contains(['/', ':', '@']) && t.literal_len() > 0;
    let (Some(from), true) = (source.value.alternatives().first(), destination.value.all(bare)) else { return };
    let masked = from.masked();
    let end = masked.find('@').unwrap_or(masked.len());
    let path = masked[..end].rfind('/').map_or(0, |slash| slash + 1);
    let end = masked[path..end].find(':').map_or(end, |colon| path + colon);
    let repository = Value::text(from.slice_masked(0..end));
    let origins = std::mem::take(&mut destination.value.origins);
    destination.value = repository.then(&Value::literal(":")).then(&destination.value);
    destination.value.origins = origins;
}
