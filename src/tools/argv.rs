//! Words into flags and positionals, and a binary's path into its name.

use super::schema::{Arity, CommandSpec, FlagSpec, FlagTable};
use super::{Slice, UNKNOWN};

/// One use of a flag.
#[derive(Debug, Clone, PartialEq)]
pub struct FlagUse<'t> {
    /// The flag, if the tool's data knows it.
    pub spec: Option<&'t FlagSpec>,
    /// Where its name stands (`-k` inside `-fsSk`: the `k`).
    pub name: Slice,
    /// Its value.
    pub value: Option<Slice>,
}

/// How a tool reads its words.
pub(super) struct Grammar<'t> {
    /// The command's flags, then the tool's.
    pub(super) tables: [Option<&'t FlagTable>; 2],
    pub(super) single_dash: bool,
    pub(super) bundle_first: bool,
    pub(super) unknown_takes_value: bool,
    pub(super) rest_after: Option<usize>,
    /// While the verb is looked for: all commands, and verb words that the binary's name stands for.
    pub(super) commands: Option<(&'t [CommandSpec], &'t [String])>,
}

/// Flags and positionals.
#[derive(Debug, Default)]
pub(super) struct Parsed<'t> {
    pub(super) flags: Vec<FlagUse<'t>>,
    pub(super) positionals: Vec<Slice>,
}

/// Reads `argv[start..]`, leaving out the words in `skip` (verbs).
pub(super) fn parse<'t>(argv: &[&str], start: usize, skip: &[usize], grammar: &Grammar<'t>) -> Parsed<'t> {
    let mut reader = Reader { argv, skip, grammar, at: start, out: Parsed::default() };
    let mut only_positionals = false;
    if grammar.bundle_first {
        reader.bundle();
    }
    while let Some(word) = reader.current() {
        let at = reader.at;
        reader.at += 1;
        if skip.contains(&at) {
            continue;
        }
        if grammar.rest_after.is_some_and(|n| reader.out.positionals.len() >= n) {
            only_positionals = true;
        }
        if only_positionals || word.len() < 2 || !word.starts_with('-') {
            reader.out.positionals.push(Slice::whole(at, word));
        } else if word == "--" {
            only_positionals = true;
        } else if word.starts_with("--") || grammar.single_dash {
            reader.long(at, word);
        } else {
            reader.short(at, word);
        }
    }
    reader.out
}

struct Reader<'a, 't> {
    argv: &'a [&'a str],
    skip: &'a [usize],
    grammar: &'a Grammar<'t>,
    at: usize,
    out: Parsed<'t>,
}

impl<'a, 't> Reader<'a, 't> {
    fn current(&self) -> Option<&'a str> {
        self.argv.get(self.at).copied()
    }

    fn flag(&self, name: &str) -> Option<&'t FlagSpec> {
        self.grammar.tables.iter().flatten().find_map(|t| t.get(name)).or_else(|| self.flag_within_verb(name))
    }

    /// `docker compose -f x up`: a flag between the words of a verb belongs to a command that starts with the words so far.
    fn flag_within_verb(&self, name: &str) -> Option<&'t FlagSpec> {
        let (commands, prefix) = self.grammar.commands?;
        let written = self.out.positionals.iter().map(|p| p.text(self.argv));
        let so_far: Vec<&str> = prefix.iter().map(String::as_str).chain(written).collect();
        let within = |c: &&CommandSpec| {
            c.verb
                .0
                .iter()
                .any(|v| v.words.len() > so_far.len() && so_far.iter().enumerate().all(|(i, w)| v.name_of(i, w).is_some()))
        };
        let commands = commands.iter().filter(|_| !so_far.is_empty()).filter(within);
        commands.filter_map(|c| c.flags.get(name)).next()
    }

    fn push(&mut self, spec: Option<&'t FlagSpec>, name: Slice, value: Option<Slice>) {
        self.out.flags.push(FlagUse { spec, name, value });
    }

    /// The next word as a value.
    fn next_value(&mut self) -> Option<Slice> {
        while self.skip.contains(&self.at) {
            self.at += 1;
        }
        let word = self.current()?;
        let slice = Slice::whole(self.at, word);
        self.at += 1;
        Some(slice)
    }

    /// Of a tool whose flags mostly have values; `--no-x` never has one.
    fn unknown_takes_value(&self, name: &Slice) -> bool {
        let is_negation = name.text(self.argv).starts_with("--no-");
        self.grammar.unknown_takes_value && !is_negation && self.current().is_some_and(|w| !w.starts_with('-'))
    }

    fn follow(&mut self, spec: Option<&'t FlagSpec>, name: Slice) {
        match spec.map(|s| s.arity) {
            Some(Arity::Value) => {
                let value = self.next_value();
                self.push(spec, name, value);
            }
            Some(Arity::Multi) => {
                let mut any = false;
                while self.current().is_some_and(|w| !w.starts_with('-') || w == "-") {
                    let value = self.next_value();
                    self.push(spec, name.clone(), value);
                    any = true;
                }
                if !any {
                    self.push(spec, name, None);
                }
            }
            None if self.unknown_takes_value(&name) => {
                let value = self.next_value();
                self.push(None, name, value);
            }
            Some(Arity::Switch) | None => self.push(spec, name, None),
        }
    }

    /// `tar xzfC archive folder`: letters without a dash, whose values stand behind them in the same order.
    fn bundle(&mut self) {
        let Some(word) = self.current().filter(|word| word.chars().all(|c| c.is_ascii_alphanumeric())) else { return };
        let at = self.at;
        self.at += 1;
        for (i, letter) in word.char_indices() {
            let spec = self.flag(&format!("-{letter}"));
            let value = if spec.is_some_and(|s| s.arity == Arity::Value) { self.next_value() } else { None };
            self.push(spec, Slice { arg: at, range: i..i + 1 }, value);
        }
    }

    fn long(&mut self, at: usize, word: &str) {
        let end = word.find('=').unwrap_or(word.len());
        let name = &word[..end];
        let spec = self.flag(name).or_else(|| {
            // Go's `flag` takes `-x` and `--x` alike.
            if !self.grammar.single_dash {
                return None;
            }
            match name.strip_prefix('-').filter(|n| n.starts_with('-')) {
                Some(single) => self.flag(single),
                None => self.flag(&format!("-{name}")),
            }
        });
        let slice = Slice { arg: at, range: 0..end };
        if end < word.len() {
            self.push(spec, slice, Some(Slice { arg: at, range: end + 1..word.len() }));
        } else {
            self.follow(spec, slice);
        }
    }

    /// `-f v`, `-fv`, `-f=v`, `-abf v`, or a long flag with one dash that the data lists.
    fn short(&mut self, at: usize, word: &str) {
        let end = word.find('=').unwrap_or(word.len());
        if end > 2 && self.flag(&word[..end]).is_some() {
            return self.long(at, word);
        }
        let mut name = String::from("-");
        for (i, c) in word.char_indices().skip(1) {
            name.truncate(1);
            name.push(c);
            let spec = self.flag(&name);
            let rest = i + c.len_utf8();
            let slice = Slice { arg: at, range: i..rest };
            let inline = word[rest..].strip_prefix('=').map_or(rest, |_| rest + 1);
            match spec.map(|s| s.arity) {
                Some(Arity::Switch) if inline == rest => self.push(spec, slice, None),
                None if c.is_ascii_alphanumeric() && inline == rest && !word.contains(UNKNOWN) => self.push(None, slice, None),
                _ if inline < word.len() || inline > rest => {
                    return self.push(spec, slice, Some(Slice { arg: at, range: inline..word.len() }));
                }
                _ => return self.follow(spec, slice),
            }
        }
    }
}

/// Names by which a binary may be known, most exact first: path, `.exe`, versions and platforms taken off.
pub(super) fn names(word: &str) -> impl Iterator<Item = &str> {
    let base = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let base = base.strip_suffix(".exe").unwrap_or(base);
    std::iter::successors(Some(base), |name| {
        let cut = name.rfind(['-', '_', '.', '@'])?;
        is_qualifier(&name[cut + 1..]).then(|| &name[..cut])
    })
    .chain(Some(base.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')))
    .filter(|n| !n.is_empty())
}

fn is_qualifier(part: &str) -> bool {
    const PLATFORMS: &[&str] = &[
        "linux", "darwin", "macos", "windows", "win", "amd64", "arm64", "x86", "x64", "i386", "armv7", "arm", "aarch64", "musl",
        "gnu", "unknown", "static", "bin", "latest", "Linux", "Darwin", "Windows", "LINUX", "apple", "pc", "64bit", "nightly",
        "rc",
    ];
    let version = part.strip_prefix('v').unwrap_or(part);
    PLATFORMS.contains(&part) || part.contains(UNKNOWN) || version.starts_with(|c: char| c.is_ascii_digit())
}

/// The name inside a package path: `github.com/x/cmd/crane@v1` is `crane`, `@scope/tool@1` is `tool`.
pub(super) fn package_name(package: &str) -> (&str, &str) {
    let end = package.get(1..).and_then(|rest| rest.find('@')).map_or(package.len(), |i| i + 1);
    let path = &package[..end];
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let is_major = last.len() > 1 && last.starts_with('v') && last[1..].bytes().all(|b| b.is_ascii_digit());
    (path, if is_major { parts.next().unwrap_or(last) } else { last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_have_names() {
        for (word, want) in [
            ("/usr/local/bin/crane", "crane"),
            ("./cosign-linux-amd64", "cosign"),
            ("cosign-v2.2.0", "cosign"),
            ("regctl-linux-amd64", "regctl"),
            ("bin\\cosign.exe", "cosign"),
            ("trivy_0.50.1_linux_x86_64", "trivy"),
            ("pip3.11", "pip"),
            ("slsa-verifier-linux-amd64", "slsa-verifier"),
            ("sha256sum", "sha256sum"),
        ] {
            assert!(names(word).any(|n| n == want), "{word}");
        }
        assert!(names("./install.sh").all(|n| n == "install.sh"), "a script is not the program that it is named after");
        assert_eq!(package_name("github.com/google/ko/v2@latest").1, "ko");
        assert_eq!(package_name("@scope/tool@1.2"), ("@scope/tool", "tool"));
    }
}
