//! The images that a Dockerfile builds on.
//!
//! Grammar: moby/buildkit `frontend/dockerfile/parser` (directives, continuation, here-documents), `instructions/parse.go` (`FROM`,
//! `COPY --from`) and `docs/reference.md` ("Understand how ARG and FROM interact"): only `ARG`s before the first `FROM` count in one.

use super::reference::UNKNOWN;
use std::collections::BTreeMap;
use std::ops::Range;

/// How deep defaults are followed (`${A:-${B:-c}}`), and how long a value may grow by `ARG`s that repeat each other.
const MAX_DEPTH: usize = 8;
const MAX_VALUE: usize = 4096;

/// An image that a Dockerfile takes in from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The image as written, as bytes of the file.
    pub range: Range<usize>,
    /// The image, defaults of `ARG` put in; what is not known stands as [`UNKNOWN`].
    pub image: String,
    /// Name of the stage that it starts (`FROM .. AS name`), or that copies from it.
    pub stage: Option<String>,
}

/// Base images in order. Earlier stages, their numbers and `scratch` are no images and are left out.
#[must_use]
pub fn base_images(text: &str) -> Vec<Base> {
    let mut reader = Reader::default();
    for line in instructions(text) {
        reader.read(text, &line);
    }
    reader.found
}

#[derive(Default)]
struct Reader {
    arguments: BTreeMap<String, Option<String>>,
    /// Names of the stages so far, lower-case as docker compares them; a stage without a name is empty.
    stages: Vec<String>,
    current: Option<String>,
    found: Vec<Base>,
}

impl Reader {
    fn read(&mut self, text: &str, line: &Instruction) {
        let words = &line.words;
        let keyword = words.first().map(|word| word.text.to_ascii_uppercase()).unwrap_or_default();
        match keyword.as_str() {
            "ARG" if self.stages.is_empty() => {
                for word in words.iter().skip(1) {
                    let (name, value) = match word.text.split_once('=') {
                        Some((name, value)) => (name, Some(self.expand(unquote(value), 0))),
                        None => (word.text.as_str(), None),
                    };
                    self.arguments.insert(name.to_owned(), value);
                }
            }
            "FROM" => self.from(text, words),
            "COPY" | "ADD" => self.flagged(text, words, "--from="),
            "RUN" => self.mounts(text, words),
            _ => {}
        }
    }

    fn from(&mut self, text: &str, words: &[Word]) {
        let rest: Vec<&Word> = words.iter().skip(1).skip_while(|word| word.text.starts_with("--")).collect();
        let alias = rest.get(1).is_some_and(|word| word.text.eq_ignore_ascii_case("as"));
        let stage = rest.get(2).filter(|_| alias).map(|word| word.text.clone());
        if let Some(word) = rest.first() {
            self.add(text, &word.text, word.range.clone(), stage.clone(), true);
        }
        self.stages.push(stage.as_deref().unwrap_or_default().to_lowercase());
        self.current = stage;
    }

    /// `COPY --from=image`
    fn flagged(&mut self, text: &str, words: &[Word], flag: &str) {
        for word in words.iter().skip(1).take_while(|word| word.text.starts_with("--")) {
            if let Some(value) = word.text.strip_prefix(flag) {
                let range = word.range.start + flag.len()..word.range.end;
                self.add(text, value, range, self.current.clone(), false);
            }
        }
    }

    /// `RUN --mount=type=bind,from=image,target=..`
    fn mounts(&mut self, text: &str, words: &[Word]) {
        for word in words.iter().skip(1).take_while(|word| word.text.starts_with("--")) {
            let Some(options) = word.text.strip_prefix("--mount=") else { continue };
            let mut start = word.range.start + "--mount=".len();
            for option in options.split(',') {
                if let Some(value) = option.strip_prefix("from=") {
                    self.add(text, value, start + "from=".len()..start + option.len(), self.current.clone(), false);
                }
                start += option.len() + 1;
            }
        }
    }

    /// Adds an image, unless it is a stage. Only `FROM` sees arguments: `COPY --from` takes no variables.
    fn add(&mut self, text: &str, written: &str, range: Range<usize>, stage: Option<String>, expands: bool) {
        let bare = unquote(written);
        let image = if expands { self.expand(bare, 0) } else { bare.to_owned() };
        let name = image.to_lowercase();
        let number = !expands && image.parse::<usize>().is_ok();
        if name.is_empty() || name == "scratch" || number || self.stages.contains(&name) {
            return;
        }
        // A word that is cut by a continuation has other bytes in the file than in itself; the place is still its own.
        let skipped = if text.get(range.clone()) == Some(written) { written.find(bare).unwrap_or(0) } else { 0 };
        let end = if skipped > 0 { range.start + skipped + bare.len() } else { range.end };
        self.found.push(Base { range: range.start + skipped..end, image, stage });
    }

    /// Puts in what is known of `$X`, `${X}`, `${X:-d}`, `${X-d}` and `${X:+d}`.
    fn expand(&self, text: &str, depth: usize) -> String {
        if depth > MAX_DEPTH {
            return UNKNOWN.to_string();
        }
        let mut image = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            image.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(inner) = rest.strip_prefix('{') {
                let end = closing(inner);
                image.push_str(&self.value(&inner[..end], depth));
                rest = inner.get(end + 1..).unwrap_or_default();
            } else {
                let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
                if end == 0 {
                    image.push('$')
                } else {
                    image.push_str(&self.value(&rest[..end], depth))
                }
                rest = &rest[end..];
            }
        }
        image.push_str(rest);
        if image.len() > MAX_VALUE { UNKNOWN.to_string() } else { image }
    }

    pub(super) fn value(&self, inner: &str, depth: usize) -> String {
        let end = inner.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(inner.len());
        let (name, operation) = inner.split_at(end);
        let known = self.arguments.get(name).and_then(Clone::clone);
        let unknown = || UNKNOWN.to_string();
        let default = |at: usize| self.expand(operation.get(at..).unwrap_or_default(), depth + 1);
        match operation.as_bytes() {
            [] => known.unwrap_or_else(unknown),
            [b':', b'-', ..] => known.filter(|value| !value.is_empty()).unwrap_or_else(|| default(2)),
            [b'-', ..] => known.unwrap_or_else(|| default(1)),
            [b':', b'+', ..] if known.is_some_and(|value| !value.is_empty()) => default(2),
            _ => unknown(),
        }
    }
}

/// Where the brace closes that was opened before `inner`.
fn closing(inner: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    inner.len()
}

fn unquote(text: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}

struct Word {
    text: String,
    range: Range<usize>,
}

/// One instruction, its continuation lines joined.
#[derive(Default)]
struct Instruction {
    words: Vec<Word>,
}

impl Instruction {
    /// Adds the words of one line. A word goes on if the line before broke inside of it.
    fn add(&mut self, line: &str, offset: usize, mut joined: bool) {
        let mut start = None;
        let letters = line.char_indices().chain([(line.len(), ' ')]);
        for (at, letter) in letters {
            match (letter.is_whitespace(), start) {
                (false, None) => start = Some(at),
                (true, Some(from)) => {
                    let (text, range) = (&line[from..at], offset + from..offset + at);
                    match self.words.last_mut().filter(|_| joined && from == 0) {
                        Some(word) => {
                            word.text.push_str(text);
                            word.range.end = range.end;
                        }
                        None => self.words.push(Word { text: text.to_owned(), range }),
                    }
                    joined = false;
                    start = None;
                }
                _ => {}
            }
        }
    }
}

fn instructions(text: &str) -> Vec<Instruction> {
    let mut all = Vec::new();
    let escape = escape(text);
    let mut current = Instruction::default();
    let mut joined = false;
    let mut here: Vec<String> = Vec::new();
    let mut offset = 0;
    for whole in text.split_inclusive('\n') {
        let start = offset;
        offset += whole.len();
        let line = whole.trim_end();
        if let Some(end) = here.first() {
            if line.trim_start_matches('\t') == end {
                here.remove(0);
            }
            continue;
        }
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') || (trimmed.is_empty() && !current.words.is_empty()) {
            continue;
        }
        let (body, goes_on) = line.strip_suffix(escape).map_or((line, false), |body| (body, true));
        current.add(body, start, joined);
        joined = goes_on && !body.ends_with(char::is_whitespace);
        if !goes_on {
            let done = std::mem::take(&mut current);
            here = here_documents(&done);
            all.push(done);
        }
    }
    all.push(current);
    all
}

/// Ends of the here-documents that a `RUN`, `COPY` or `ADD` opens.
fn here_documents(line: &Instruction) -> Vec<String> {
    let takes =
        line.words.first().is_some_and(|word| ["RUN", "COPY", "ADD"].iter().any(|name| word.text.eq_ignore_ascii_case(name)));
    let open = |word: &Word| {
        let at = word.text.find("<<").filter(|at| word.text[..*at].bytes().all(|byte| byte.is_ascii_digit()))?;
        let name = word.text[at + 2..].trim_start_matches('-').trim_matches(['"', '\'']);
        let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(name.len());
        (end > 0).then(|| name[..end].to_owned())
    };
    if takes { line.words.iter().filter_map(open).collect() } else { Vec::new() }
}

/// The escape letter that the `# escape=` directive at the file's head sets.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some((name, value)) = line.trim().strip_prefix('#').and_then(|directive| directive.split_once('=')) else { break };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |base: Base| {
            let stage = base.stage.map(|stage| format!(" as {stage}")).unwrap_or_default();
            format!("{} [{}]{stage}", base.image.replace(UNKNOWN, "?"), &text[base.range])
        };
        base_images(text).into_iter().map(show).collect()
    }

    #[test]
    fn from_lines() {
        for (text, expected) in [
            ("FROM alpine:3.18", &["alpine:3.18 [alpine:3.18]"][..]),
            ("from --platform=$BUILDPLATFORM golang:1 as Build\r\n", &["golang:1 [golang:1] as Build"]),
            ("FROM a AS b\nFROM b\nFROM B AS c\nFROM scratch\nFROM c", &["a [a] as b"]),
            ("# FROM x\n  FROM \\\n  # no\n\n  y:1 \\\n AS z", &["y:1 [y:1] as z"]),
            ("# escape=`\nFROM `\n  win:1\nRUN c:\\\nFROM two", &["win:1 [win:1]", "two [two]"]),
            ("FROM al\\\npine:3", &["alpine:3 [al\\\npine:3]"]),
            ("RUN <<EOF cat\nFROM x\nEOF\nFROM y", &["y [y]"]),
            ("COPY <<-'A' <<B /\nFROM x\n\tA\nFROM y\nB\nFROM z", &["z [z]"]),
            ("FROM \"quoted:1\"", &["quoted:1 [quoted:1]"]),
            ("FROM ü:1\nFROM ", &["ü:1 [ü:1]"]),
            ("", &[]),
            ("FROM", &[]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn arguments() {
        for (text, expected) in [
            ("ARG V=1 W\nFROM a:${V}\nFROM b:$W", &["a:1 [a:${V}]", "b:? [b:$W]"][..]),
            ("ARG B=x\nARG I=$B/y:2\nFROM $I", &["x/y:2 [$I]"]),
            (
                "FROM a:${V:-3}\nFROM b:${V-${W:-4}}\nFROM c:${V:+5}",
                &["a:3 [a:${V:-3}]", "b:4 [b:${V-${W:-4}}]", "c:? [c:${V:+5}]"],
            ),
            ("FROM a\nARG V=1\nFROM b:$V", &["a [a]", "b:? [b:$V]"]),
            ("ARG V=\"1.2\"\nFROM a:$V@${D}", &["a:1.2@? [a:$V@${D}]"]),
            ("ARG B=base\nFROM x AS base\nFROM ${B}", &["x [x] as base"]),
            ("ARG A=$A\nARG A=$A$A$A\nFROM x:$A", &["x:??? [x:$A]"]),
            ("FROM a${", &["a? [a${]"]),
            ("FROM a$", &["a$ [a$]"]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn copies() {
        let text = "FROM a AS one\nCOPY --from=one x y\nCOPY --chown=1 --from=nginx:1 x y\nCOPY --from=0 x y\n\
                    RUN --mount=type=bind,from=tool:2,target=/t --mount=type=cache,from=one x\nADD --from=x=1 y";
        assert_eq!(shown(text), ["a [a] as one", "nginx:1 [nginx:1] as one", "tool:2 [tool:2] as one", "x=1 [x=1] as one"]);
    }
}
