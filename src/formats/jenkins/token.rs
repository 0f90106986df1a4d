//! What the lexer hands to the parser: tokens, string literals and their pieces, all in flat lists.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// A number.
    Number,
    /// A string, by its index in [`Tokens::literals`].
    Text(u32),
    /// `(`, `[` or `{`
    Open(u8),
    /// `)`, `]` or `}`
    Close(u8),
    /// Any other sign, by [`OPERATORS`].
    Sign,
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Whether a line break that counts stands before it.
    pub(super) fresh: bool,
}

/// The quotes of a string literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    /// `'`
    Single,
    /// `"`
    Double,
    /// `'''`
    TripleSingle,
    /// `"""`
    TripleDouble,
    /// `/`
    Slash,
    /// `/` over several lines
    LongSlash,
    /// `$/`
    DollarSlash,
}

impl Quote {
    /// What opens it.
    pub(super) fn opening(self) -> &'static str {
        match self {
            Quote::Single => "'",
            Quote::Double => "\"",
            Quote::TripleSingle => "'''",
            Quote::TripleDouble => "\"\"\"",
            Quote::Slash | Quote::LongSlash => "/",
            Quote::DollarSlash => "$/",
        }
    }

    /// What closes it.
    pub(super) fn closing(self) -> &'static str {
        if self == Quote::DollarSlash { "/$" } else { self.opening() }
    }

    /// Whether `$` starts an interpolation of Groovy's.
    pub(super) fn interpolates(self) -> bool {
        !matches!(self, Quote::Single | Quote::TripleSingle)
    }

    /// Whether a backslash escapes nothing but the closing quote in it.
    pub(super) fn slashy(self) -> bool {
        matches!(self, Quote::Slash | Quote::LongSlash | Quote::DollarSlash)
    }

    /// Whether it ends on the line on which it starts. Groovy lets any slashy string go on, but a stray `/` would
    /// swallow the rest of the file.
    pub(super) fn one_line(self) -> bool {
        matches!(self, Quote::Single | Quote::Double | Quote::Slash)
    }
}

/// A part of a string literal. What is not in any piece (a continued line) is no part of the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Stands for itself.
    Verbatim(Range<u32>),
    /// Stands for one character.
    Escape(Range<u32>, char),
    /// `${..}` or `$name`: the whole construct, and the stream of its tokens.
    Hole(Range<u32>, u32),
}

/// A string literal.
#[derive(Debug, Clone)]
#[cfg_attr(not(test), allow(dead_code, reason = "quotes and places are what is compared with Groovy's own parser"))]
pub(super) struct Literal {
    pub(super) quote: Quote,
    /// With its quotes.
    pub(super) span: Range<u32>,
    /// Its pieces in [`Tokens::pieces`].
    pub(super) pieces: Range<u32>,
}

/// What is wrong with a text for Groovy as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: Range<u32>,
    pub(super) message: &'static str,
}

/// All tokens of a file: stream 0 is the file, every other one an interpolation.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) streams: Vec<Vec<Token>>,
    pub(super) literals: Vec<Literal>,
    pub(super) pieces: Vec<Piece>,
    pub(super) faults: Vec<Fault>,
}

/// The signs of more than one character, longest first.
pub(super) const OPERATORS: &[&str] = &[
    ">>>=", "<=>", "==~", "<<=", ">>=", "**=", "..<", "===", "!==", "->", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=",
    "^=", "==", "!=", "<=", ">=", "&&", "||", "<<", "**", "..", "?.", "*.", ".&", ".@", "?:", "=~", "::",
];

/// Words after which no operand has ended, so that `/` starts a string and not a division.
const OPERATOR_WORDS: &[&str] =
    &["return", "in", "case", "assert", "throw", "else", "as", "instanceof", "new", "do", "if", "while", "import", "def"];

/// Whether a `/` after this word starts a string.
pub(super) fn expects_operand(word: &str) -> bool {
    OPERATOR_WORDS.contains(&word)
}
