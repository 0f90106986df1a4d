//! What a parsed script is: commands, words and the control flow around them, for every dialect alike.

use std::ops::Range;

/// Bytes of the script text.
pub type At = Range<usize>;

/// A parsed script.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    /// What runs, in order.
    pub body: Vec<Node>,
    /// Places that did not parse; what stands there is not analysed.
    pub errors: Vec<At>,
    /// Comments, in order; POSIX shells and bash only.
    pub comments: Vec<At>,
    /// Set where a bound cut the analysis short.
    pub limit: Option<Limit>,
}

/// A bound that was hit, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What was not analysed.
    pub at: At,
    /// Which bound, as a clause: "a script may have 1 MiB".
    pub what: String,
}

/// A piece of control flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its place.
    pub at: At,
    /// What it is.
    pub kind: NodeKind,
    /// Redirections of a compound command (`{ ..; } > f`, `done < list`); a simple command has its own.
    pub redirects: Vec<Redirect>,
}

/// Kinds of control flow.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A simple command, an assignment, or a declaration (`export`, `local` ..).
    Command(Command),
    /// `a | b | c`
    Pipe(Vec<Node>),
    /// `! a`
    Not(Box<Node>),
    /// `a && b`
    And(Box<Node>, Box<Node>),
    /// `a || b`
    Or(Box<Node>, Box<Node>),
    /// `a &`
    Background(Box<Node>),
    /// `if a; then b; elif c; then d; else e; fi`
    If {
        /// Condition and body of `if` and each `elif`.
        arms: Vec<(Vec<Node>, Vec<Node>)>,
        /// `else`
        otherwise: Option<Vec<Node>>,
    },
    /// `while a; do b; done`
    While {
        /// `until` instead of `while`
        until: bool,
        /// The condition.
        condition: Vec<Node>,
        /// The body.
        body: Vec<Node>,
    },
    /// `for x in words; do ..; done`, `select`
    For {
        /// The variable.
        variable: String,
        /// `None`: the positional parameters.
        words: Option<Vec<Word>>,
        /// The body.
        body: Vec<Node>,
    },
    /// `for ((..)); do ..; done`
    Count {
        /// The body.
        body: Vec<Node>,
    },
    /// `case word in pattern) ..;; esac`
    Case {
        /// The subject.
        word: Word,
        /// The arms.
        arms: Vec<CaseArm>,
    },
    /// `( .. )`
    Subshell(Vec<Node>),
    /// `{ ..; }`
    Group(Vec<Node>),
    /// `name() { .. }`
    Function {
        /// The name.
        name: String,
        /// The body.
        body: Box<Node>,
    },
    /// `[[ .. ]]`, `(( .. ))`; `[ .. ]` and `test` are simple commands
    Test(Test),
    /// PowerShell `try { } catch { } finally { }`
    Try {
        /// Body.
        body: Vec<Node>,
        /// `catch`; `None`: not caught.
        handler: Option<Vec<Node>>,
        /// `finally`
        last: Vec<Node>,
    },
}

/// One arm of a `case`.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseArm {
    /// Patterns.
    pub patterns: Vec<Word>,
    /// Body.
    pub body: Vec<Node>,
    /// `;&` or `;;&`: the next arm may run as well.
    pub falls_through: bool,
}

/// A test that is no command.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `[[ left op right ]]`, unary operators with an empty `left`
    Binary {
        /// The operator as written: `==`, `=`, `!=`, `=~`, `-eq`, `<` ..
        operator: String,
        /// Left operand.
        left: Word,
        /// Right operand.
        right: Word,
    },
    /// `[[ -n word ]]`, `[[ word ]]` (an empty operator)
    Unary {
        /// `-n`, `-z`, `-f` ..
        operator: String,
        /// Operand.
        operand: Word,
    },
    /// `!`
    Not(Box<Test>),
    /// `&&`
    And(Box<Test>, Box<Test>),
    /// `||`
    Or(Box<Test>, Box<Test>),
    /// `(( .. ))`: the words that occur in it
    Arithmetic(Vec<Word>),
}

/// A simple command.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Command {
    /// `A=b` in front of the command, or alone; with a declaration, what it declares.
    pub assignments: Vec<Assignment>,
    /// `export`, `local`, `declare`, `readonly`, `typeset`: then `assignments` are its arguments and `words` hold its name and options.
    pub declares: bool,
    /// Name and arguments; empty for a bare assignment.
    pub words: Vec<Word>,
    /// Redirections.
    pub redirects: Vec<Redirect>,
}

/// `NAME=value`
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Place of the whole assignment.
    pub at: At,
    /// The variable.
    pub name: String,
    /// `A[x]=..`: the subscript.
    pub index: Option<Word>,
    /// `+=`
    pub appends: bool,
    /// The value; `None` for a bare name in a declaration.
    pub value: Option<AssignedValue>,
}

/// What is assigned.
#[derive(Debug, Clone, PartialEq)]
pub enum AssignedValue {
    /// One word.
    Word(Word),
    /// `( .. )`
    Array(Vec<Word>),
}

/// A word: parts that are joined without a space.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Word {
    /// Its place, quotes included.
    pub at: At,
    /// Its parts. Adjacent literals of the same quoting are merged; an empty quoted string is one empty quoted literal.
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its place, without the quotes around it.
    pub at: At,
    /// Whether it stands in quotes (so that it is not split into words).
    pub quoted: bool,
    /// What it is.
    pub kind: PartKind,
}

/// Kinds of word parts.
#[derive(Debug, Clone, PartialEq)]
pub enum PartKind {
    /// Text after removal of quotes and escapes.
    Literal(String),
    /// `$name`, `${name..}`, `$1`, `$@`, `$?`
    Variable {
        /// The name, without `$` and braces; `${!x}` has [`Modifier::Indirect`].
        name: String,
        /// What is done to its value.
        modifier: Modifier,
    },
    /// `$( .. )`, `` `..` ``
    Command(Vec<Node>),
    /// `<( .. )` or `>( .. )`
    Process {
        /// `<`: its output is read.
        reads: bool,
        /// What runs.
        body: Vec<Node>,
    },
    /// `$(( .. ))`, `$[ .. ]`
    Arithmetic,
    /// A part that the CI system fills in: the index into the holes given to [`crate::shell::parse`].
    Hole(usize),
}

/// What `${name..}` does to the value.
#[derive(Debug, Clone, PartialEq)]
pub enum Modifier {
    /// Nothing.
    None,
    /// `${#name}`
    Length,
    /// `${!name}`
    Indirect,
    /// `${name[x]}`; `@` and `*` give all elements
    Index(Box<Word>),
    /// `${name:-word}`, `${name-word}`
    Default {
        /// The default.
        word: Box<Word>,
        /// With the colon an empty value counts as unset.
        colon: bool,
        /// `=`: also assigned.
        assigns: bool,
    },
    /// `${name:+word}`
    Alternative(Box<Word>),
    /// `${name:?word}`: fails if unset
    Required,
    /// `${name#pattern}`, `${name##pattern}`
    RemovePrefix {
        /// The pattern.
        pattern: Box<Word>,
        /// `##`
        longest: bool,
    },
    /// `${name%pattern}`, `${name%%pattern}`
    RemoveSuffix {
        /// The pattern.
        pattern: Box<Word>,
        /// `%%`
        longest: bool,
    },
    /// `${name/pattern/replacement}`
    Replace {
        /// The pattern.
        pattern: Box<Word>,
        /// The replacement.
        replacement: Box<Word>,
        /// `//`
        all: bool,
    },
    /// `${name:offset:length}`
    Substring {
        /// The expression as written.
        text: String,
    },
    /// `${name,,}`, `${name^^}`, `${name@Q}` and others, as written
    Other(String),
}

/// A redirection.
#[derive(Debug, Clone, PartialEq)]
pub struct Redirect {
    /// Its place.
    pub at: At,
    /// File descriptor, if written; `&>` has -1 (both 1 and 2).
    pub descriptor: Option<i32>,
    /// What it does.
    pub kind: RedirectKind,
}

/// Kinds of redirections.
#[derive(Debug, Clone, PartialEq)]
pub enum RedirectKind {
    /// `< file`
    Read(Word),
    /// `> file`, `>| file`
    Write(Word),
    /// `>> file`
    Append(Word),
    /// `2>&1`, `<&3`
    Duplicate(Word),
    /// `<< EOF`
    HereDocument {
        /// The text, as one word with `quoted` parts; literal only where the delimiter was quoted.
        body: Word,
    },
    /// `<<< word`
    HereString(Word),
}

impl Word {
    /// The text, if the word is nothing but literals.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            let PartKind::Literal(literal) = &part.kind else { return None };
            text.push_str(literal);
        }
        Some(text)
    }

    /// The literal text in front of the first part that is none.
    #[must_use]
    pub fn literal_prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part { kind: PartKind::Literal(text), .. }) => text,
            _ => "",
        }
    }
}
