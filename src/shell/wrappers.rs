//! Commands as people write them: what runs once `sudo -E`, `env A=b`, `timeout 5m` and their kin are taken off.

use super::ir::{Assignment, Command, Word};
use super::simple::as_assignment;

/// A command without its wrappers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Invocation {
    /// Index into [`Command::words`] of what really runs; past the end if only wrappers stand there.
    pub start: usize,
    /// `A=b` given to `env` or `sudo`, in order. Assignments in front of the whole command are in [`Command::assignments`].
    pub environment: Vec<Assignment>,
    /// What was taken off, outermost first.
    pub wrappers: Vec<Wrapper>,
}

impl Invocation {
    /// The words that are left.
    #[must_use]
    pub fn words<'c>(&self, command: &'c Command) -> &'c [Word] {
        command.words.get(self.start..).unwrap_or_default()
    }

    /// Whether arguments are appended, or filled in, from standard input.
    #[must_use]
    pub fn takes_arguments_from_input(&self) -> bool {
        self.wrappers.iter().any(|wrapper| matches!(wrapper, Wrapper::Xargs { .. }))
    }
}

/// What a command is wrapped in. All of them fail if the command does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrapper {
    /// `sudo`, `doas`
    Sudo,
    /// `env`
    Env {
        /// `-i`: the environment starts empty.
        clears: bool,
    },
    /// `time`
    Time,
    /// `timeout`
    Timeout,
    /// `xargs`: arguments come from standard input.
    Xargs {
        /// `-I {}`: the text that is replaced by each of them; `None`: appended.
        replaces: Option<String>,
    },
    /// `retry` and kin: a failure counts only after the last try.
    Retry,
    /// `exec`: the shell ends with the command.
    Exec,
    /// `command`, `builtin`, `nohup` and others that change nothing here, by name.
    Other(String),
}

/// How a wrapper takes its arguments.
struct Shape {
    /// Short options that take the next word.
    short: &'static str,
    /// Long options that take the next word.
    long: &'static [&'static str],
    /// Words in front of the command.
    positional: usize,
    /// `A=b` words may stand in front of the command.
    assigns: bool,
}

const fn shape(short: &'static str, long: &'static [&'static str]) -> Shape {
    Shape { short, long, positional: 0, assigns: false }
}

fn shape_of(name: &str) -> Option<Shape> {
    Some(match name {
        "sudo" => Shape { assigns: true, ..shape("ughpCrtTUDR", &["user", "group", "host", "prompt", "chdir", "chroot"]) },
        "doas" => shape("uC", &[]),
        "env" => Shape { assigns: true, ..shape("uC", &["unset", "chdir"]) },
        "time" => shape("fo", &["format", "output"]),
        "nice" => shape("n", &["adjustment"]),
        "ionice" => shape("cnpPu", &["class", "classdata"]),
        "stdbuf" => shape("ioe", &["input", "output", "error"]),
        "exec" => shape("a", &[]),
        "timeout" | "gtimeout" => Shape { positional: 1, ..shape("ks", &["kill-after", "signal"]) },
        "xargs" | "gxargs" => {
            shape("ILnPsdEa", &["max-args", "max-procs", "delimiter", "arg-file", "max-chars", "max-lines", "eof"])
        }
        "retry" => shape("ntdms", &["tries", "times", "delay", "max", "min", "until", "attempts", "sleep"]),
        "watch" => shape("n", &["interval"]),
        "command" | "builtin" | "nohup" | "chronic" | "unbuffer" | "setsid" | "noglob" => shape("", &[]),
        _ => return None,
    })
}

/// The last component of a word's literal text, as tools are called by path.
#[must_use]
pub fn base_name(word: &Word) -> Option<String> {
    let text = word.literal()?;
    Some(text.rsplit(['/', '\\']).next().unwrap_or(&text).to_owned())
}

/// Takes the wrappers off a command.
#[must_use]
pub fn normalise(command: &Command) -> Invocation {
    let mut invocation = Invocation::default();
    while let Some(name) = command.words.get(invocation.start).and_then(base_name) {
        let Some(shape) = shape_of(&name) else { break };
        let Some(wrapper) = unwrap_one(command, &name, &shape, &mut invocation) else { break };
        invocation.wrappers.push(wrapper);
    }
    invocation
}

/// Takes off the wrapper at `start`; `None` if it runs nothing (`command -v x`, `sudo -l`, `exec > log`).
fn unwrap_one(command: &Command, name: &str, shape: &Shape, invocation: &mut Invocation) -> Option<Wrapper> {
    let mut at = invocation.start + 1;
    let (mut clears, mut replaces) = (false, None);
    while let Some(text) = command.words.get(at).and_then(Word::literal).filter(|text| text.starts_with('-')) {
        at += 1;
        if text == "--" {
            break;
        }
        if name == "command" && matches!(&*text, "-v" | "-V") {
            return None;
        }
        clears |= name == "env" && matches!(&*text, "-" | "-i" | "--ignore-environment");
        let takes_next = takes_next(&text, shape);
        if name.ends_with("xargs") {
            let next = command.words.get(at).and_then(Word::literal);
            replaces = replacement(&text, next).or(replaces);
        }
        at += usize::from(takes_next);
    }
    at += shape.positional;
    if name == "retry" {
        at = behind_count(command, at);
    }
    let mut environment = Vec::new();
    while let Some(assignment) = command.words.get(at).filter(|_| shape.assigns).and_then(as_assignment) {
        if assignment.value.is_none() {
            break;
        }
        environment.push(assignment);
        at += 1;
    }
    command.words.get(at)?;
    invocation.start = at;
    invocation.environment.append(&mut environment);
    Some(match name {
        "sudo" | "doas" => Wrapper::Sudo,
        "env" => Wrapper::Env { clears },
        "time" => Wrapper::Time,
        "timeout" | "gtimeout" => Wrapper::Timeout,
        "xargs" | "gxargs" => Wrapper::Xargs { replaces },
        "retry" => Wrapper::Retry,
        "exec" => Wrapper::Exec,
        _ => Wrapper::Other(name.to_owned()),
    })
}

/// Whether an option's value is the next word: not if it is attached (`-n5`, `--signal=KILL`).
fn takes_next(option: &str, shape: &Shape) -> bool {
    if let Some(long) = option.strip_prefix("--") {
        return shape.long.contains(&long);
    }
    let letters = option.trim_start_matches('-');
    letters
        .char_indices()
        .find(|(_, letter)| shape.short.contains(*letter))
        .is_some_and(|(index, letter)| index + letter.len_utf8() == letters.len())
}

fn replacement(option: &str, next: Option<String>) -> Option<String> {
    match option {
        "-I" => next,
        "-i" | "--replace" => Some(String::from("{}")),
        _ => option.strip_prefix("-I").or_else(|| option.strip_prefix("--replace=")).map(str::to_owned),
    }
}

/// `retry 3 cmd`, `retry 3 10 cmd`, `retry 3 -- cmd`: numbers and the `--` behind them are no command.
fn behind_count(command: &Command, mut at: usize) -> usize {
    let is_count = |text: &str| {
        text == "--"
            || (text.starts_with(|c: char| c.is_ascii_digit()) && text.trim_end_matches(['s', 'm', 'h']).parse::<f64>().is_ok())
    };
    while command.words.get(at).and_then(Word::literal).is_some_and(|text| is_count(&text)) {
        at += 1;
    }
    at
}
