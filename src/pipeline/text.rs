//! Texts with parts that the CI system fills in, and the expressions that it fills them with.

use crate::source::{Embedded, Span};
use std::ops::Range;
use std::sync::Arc;

/// Text of a pipeline in which parts are filled in by the CI system before anything else sees it.
///
/// In `source.text` each filled-in part still stands as written (`${{ github.sha }}`, `$(params.x)`); `holes` says where.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The decoded text and its place.
    pub source: Embedded,
    /// The filled-in parts, in order, not overlapping.
    pub holes: Vec<Hole>,
}

impl Text {
    /// A text without holes.
    #[must_use]
    pub fn plain(source: Embedded) -> Self {
        Text { source, holes: Vec::new() }
    }

    /// The text, if nothing is filled in.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        self.holes.is_empty().then_some(&*self.source.text)
    }

    /// The text as written.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.source.text
    }

    /// Its place in the file.
    #[must_use]
    pub fn span(&self) -> Span {
        self.source.whole()
    }

    /// The text as an expression: a call of `format` where it has several parts.
    #[must_use]
    pub fn expression(&self) -> Expr {
        match &self.holes[..] {
            [] => Expr::Literal(self.raw().to_owned()),
            [hole] if hole.range == (0..self.raw().len()) => Expr::clone(&hole.expr),
            holes => {
                let (mut template, mut at) = (String::new(), 0);
                let braces = |part: &str| part.replace('{', "{{").replace('}', "}}");
                for (i, hole) in holes.iter().enumerate() {
                    template.push_str(&braces(&self.raw()[at..hole.range.start]));
                    template.push_str(&format!("{{{i}}}"));
                    at = hole.range.end;
                }
                template.push_str(&braces(&self.raw()[at..]));
                let args = std::iter::once(Expr::Literal(template)).chain(holes.iter().map(|h| Expr::clone(&h.expr)));
                Expr::Call { function: "format".to_owned(), args: args.collect() }
            }
        }
    }

    /// The part at decoded bytes `range`, with the holes that lie wholly in it.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Text {
        let holes = self
            .holes
            .iter()
            .filter(|h| range.start <= h.range.start && h.range.end <= range.end)
            .map(|h| Hole { range: h.range.start - range.start..h.range.end - range.start, expr: Arc::clone(&h.expr) })
            .collect();
        Text { source: self.source.slice(range), holes }
    }
}

/// A part of a [`Text`] that the CI system fills in.
#[derive(Debug, Clone, PartialEq)]
pub struct Hole {
    /// Decoded bytes of the whole construct, delimiters included.
    pub range: Range<usize>,
    /// What is filled in.
    pub expr: Arc<Expr>,
}

/// An expression of a CI system, format-neutral.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A string, or a number or boolean as text.
    Literal(String),
    /// A boolean.
    Bool(bool),
    /// The null value; an empty string where text is needed.
    Null,
    /// A value that another part of the pipeline provides.
    Port(Port),
    /// A value of the run's surroundings known only by name (`github.sha`). Two uses of one name are the same value.
    Ambient(String),
    /// A call by its lower-case neutral name (`format`, `join`, `always`, `success`, `failure`, `cancelled`, `contains`, `greater` ..).
    /// `content` is what the file of the repository holds that its argument names.
    Call {
        /// Lower-case function name.
        function: String,
        /// Arguments.
        args: Vec<Expr>,
    },
    /// `!x`
    Not(Box<Expr>),
    /// `left op right`
    Binary {
        /// The operator.
        op: Op,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// One of these: every value of a loop, both outcomes of a choice.
    Any(Vec<Expr>),
    /// A value that the format fills in itself, of which the kind is known (GoReleaser's `${digest}`).
    Known {
        /// What it is.
        kind: KnownKind,
        /// Its name. Two uses of one name in an execution are the same value.
        name: String,
    },
    /// A value whose producer declares what kind it is of; that counts where nothing else is known of it.
    Declared {
        /// What it is.
        kind: KnownKind,
        /// The value.
        value: Box<Expr>,
    },
    /// Words joined by blanks: as an argument of a program, each of them is one of its own.
    Words(Box<Expr>),
    /// An expression that is understood only as text; equal texts are the same value.
    Opaque(String),
}

impl Expr {
    /// Whether it stands for several words.
    #[must_use]
    pub fn is_words(&self) -> bool {
        match self {
            Expr::Words(_) => true,
            Expr::Port(Port::Input(name) | Port::Execution { output: name, .. }) => name.ends_with("[*]"),
            _ => false,
        }
    }
}

/// What an [`Expr::Known`] value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KnownKind {
    /// An image by its tag.
    Tag,
    /// The digest of an image that was just pushed.
    Digest,
    /// An image by its digest, `name@digest`.
    Reference,
    /// The path of a file that this run made.
    File,
}

/// Binary operators of [`Expr`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`, `<=`, `>`, `>=`
    Order,
}

/// A named place that a value comes out of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    /// An output of an earlier step of the same execution. Output `status` of a step whose failure is tolerated: `0`, or not.
    Step {
        /// Step id.
        step: String,
        /// Output or result name.
        output: String,
    },
    /// `outcome` or `conclusion` of a step.
    StepStatus {
        /// Step id.
        step: String,
        /// Whether a failure that the step tolerates counts as success (`conclusion`, not `outcome`).
        tolerated: bool,
    },
    /// An output of another execution.
    Execution {
        /// Execution id.
        execution: String,
        /// Output or result name.
        output: String,
    },
    /// The status of another execution (`needs.x.result`, `$(tasks.x.status)`).
    ExecutionStatus {
        /// Execution id.
        execution: String,
    },
    /// A parameter of the pipeline, action or task.
    Input(String),
    /// An environment variable, as the CI system (not the shell) sees it.
    Env(String),
    /// A key of the execution's matrix.
    Matrix(String),
    /// A secret.
    Secret(String),
    /// A configuration variable that lives outside of the repository.
    Variable(String),
    /// The path of a file that becomes output `name` of this execution or step (Tekton `$(results.x.path)`).
    OutputPath(String),
    /// What this execution wrote to the output (Tekton result) or file (GitLab dotenv report) of this name.
    Written(String),
}
