//! The parser's state and the ways to move in it. [`super::statement`] and [`super::expression`] hold the grammar.
//!
//! Nothing is ever tried twice: what a statement is, is decided by looking at tokens, and a group ends where the bracket
//! matching says, whatever is inside.

use super::ast::{Id, List, Node, Tree};
use super::brackets::{Brackets, NONE, matched};
use super::lexer::lex;
use super::token::{Fault, Kind, Literal, Piece, Token};
use std::ops::Range;

/// How deep statements and expressions nest.
const MAX_DEPTH: u32 = 120;

/// The state of parsing.
pub(super) struct Parser<'s> {
    pub(super) text: &'s str,
    nodes: Vec<(Node, Range<u32>)>,
    lists: Vec<Id>,
    literals: Vec<Literal>,
    pieces: Vec<Piece>,
    streams: Vec<Vec<Token>>,
    holes: Vec<Option<Id>>,
    faults: Vec<Fault>,
    /// The stream that is read.
    tokens: Vec<Token>,
    brackets: Brackets,
    pub(super) at: usize,
    /// One past the last token of the group that is read.
    pub(super) end: usize,
    depth: u32,
    too_deep: Option<Id>,
}

/// Parses a file.
pub(super) fn parse(text: &str) -> Tree<'_> {
    let mut lexed = lex(text);
    let mut faults = std::mem::take(&mut lexed.faults);
    let mut tokens = lexed.streams.first_mut().map(std::mem::take).unwrap_or_default();
    let brackets = matched(text, &mut tokens, &mut faults);
    let end = tokens.len();
    let holes = vec![None; lexed.streams.len()];
    let mut parser = Parser {
        text,
        nodes: Vec::with_capacity(end),
        lists: Vec::with_capacity(end),
        literals: lexed.literals,
        pieces: lexed.pieces,
        streams: lexed.streams,
        holes,
        faults,
        tokens,
        brackets,
        at: 0,
        end,
        depth: 0,
        too_deep: None,
    };
    let root = parser.statements(false);
    let Parser { nodes, lists, literals, pieces, holes, mut faults, too_deep, .. } = parser;
    faults.sort_by_key(|f| f.at.start);
    Tree { text, nodes, lists, literals, pieces, holes, root, faults, too_deep }
}

impl<'s> Parser<'s> {
    pub(super) fn peek(&self) -> Option<Token> {
        self.token(self.at)
    }

    /// The token at an index, within the group.
    pub(super) fn token(&self, index: usize) -> Option<Token> {
        if index < self.end { self.tokens.get(index).copied() } else { None }
    }

    pub(super) fn str_of(&self, token: Token) -> &'s str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    /// The word at an index.
    pub(super) fn word_at(&self, index: usize) -> Option<&'s str> {
        self.token(index).filter(|t| t.kind == Kind::Word).map(|t| self.str_of(t))
    }

    /// The sign at an index.
    pub(super) fn sign_at(&self, index: usize) -> Option<&'s str> {
        self.token(index).filter(|t| t.kind == Kind::Sign).map(|t| self.str_of(t))
    }

    pub(super) fn opens(&self, index: usize, sign: u8) -> bool {
        self.token(index).is_some_and(|t| t.kind == Kind::Open(sign))
    }

    /// Whether the token at an index stands on the line of the one before it.
    pub(super) fn same_line(&self, index: usize) -> bool {
        self.token(index).is_some_and(|t| !t.fresh)
    }

    /// Moves over a sign, if it is there.
    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let there = self.sign_at(self.at) == Some(sign);
        self.at += usize::from(there);
        there
    }

    /// Moves over a word, if it is there.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let there = self.word_at(self.at) == Some(word);
        self.at += usize::from(there);
        there
    }

    /// The index of the closing partner of the bracket at an index, within the group.
    pub(super) fn partner(&self, index: usize) -> Option<usize> {
        let partner = *self.brackets.partner.get(index)?;
        (partner != NONE && (partner as usize) < self.end && partner as usize > index).then_some(partner as usize)
    }

    /// The `->` that ends the parameters of the closure whose `{` stands at an index.
    pub(super) fn arrow(&self, index: usize) -> Option<usize> {
        let arrow = *self.brackets.arrow.get(index)?;
        (arrow != NONE).then_some(arrow as usize)
    }

    /// One past what stands at an index: a whole group, or one token.
    pub(super) fn beyond(&self, index: usize) -> usize {
        self.partner(index).unwrap_or(index) + 1
    }

    /// Where the line ends on which the token at `index` stands; groups count as one thing.
    fn line_end(&self, index: usize) -> usize {
        let mut at = index + 1;
        while self.same_line(at) {
            at = self.beyond(at);
        }
        at.min(self.end)
    }

    /// Reads the group that opens here. An unclosed `{` reaches to the end of what it stands in, any other bracket to the end
    /// of the line.
    pub(super) fn group<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let open = self.at;
        let partner = self.partner(open);
        let block = self.opens(open, b'{');
        let close = partner.unwrap_or_else(|| if block { self.end } else { self.line_end(open) });
        let outer = std::mem::replace(&mut self.end, close);
        self.at = open + 1;
        let result = inner(self);
        self.end = outer;
        self.at = (close + usize::from(partner.is_some())).min(outer);
        result
    }

    /// Runs `read` one level deeper; too deep, what stands here is passed over, so that whoever reads on until something ends does end.
    pub(super) fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Id) -> Id {
        if self.depth >= MAX_DEPTH {
            let id = self.broken();
            self.too_deep.get_or_insert(id);
            self.at = self.beyond(self.at).min(self.end.max(self.at));
            return id;
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Something that could not be read, at the place of the next token.
    pub(super) fn broken(&mut self) -> Id {
        let place = self.start();
        self.add(Node::Broken, place)
    }

    /// The byte at which the next token starts.
    pub(super) fn start(&self) -> u32 {
        self.peek().map_or_else(|| self.stop(), |t| t.start)
    }

    /// The byte at which the last token ended.
    fn stop(&self) -> u32 {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |t| t.end)
    }

    /// A node from byte `start` to the last token that was read.
    pub(super) fn add(&mut self, node: Node, start: u32) -> Id {
        let end = self.stop().max(start);
        let id = Id(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push((node, start..end));
        id
    }

    pub(super) fn list(&mut self, ids: &[Id]) -> List {
        let first = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
        self.lists.extend_from_slice(ids);
        List { first, len: u32::try_from(ids.len()).unwrap_or(0) }
    }

    pub(super) fn node(&self, id: Id) -> Node {
        self.nodes.get(id.0 as usize).map_or(Node::Broken, |n| n.0)
    }

    /// The last node of a list.
    pub(super) fn last_of(&self, list: List) -> Option<Id> {
        let last = (list.first + list.len).checked_sub(1).filter(|_| list.len > 0)?;
        self.lists.get(last as usize).copied()
    }

    pub(super) fn fault(&mut self, at: Token, message: &'static str) {
        self.faults.push(Fault { at: at.start..at.end, message });
    }

    /// A string literal, with the expressions in it.
    pub(super) fn text_literal(&mut self, index: u32) -> Id {
        let start = self.start();
        self.at += 1;
        let pieces = self.literals.get(index as usize).map_or(0..0, |l| l.pieces.start as usize..l.pieces.end as usize);
        for piece in pieces {
            if let Some(Piece::Hole(_, stream)) = self.pieces.get(piece) {
                let stream = *stream as usize;
                let hole = self.hole(stream);
                if let Some(slot) = self.holes.get_mut(stream) {
                    *slot = Some(hole);
                }
            }
        }
        self.add(Node::Text(index), start)
    }

    fn hole(&mut self, stream: usize) -> Id {
        let mut tokens = self.streams.get_mut(stream).map(std::mem::take).unwrap_or_default();
        let brackets = matched(self.text, &mut tokens, &mut self.faults);
        let end = tokens.len();
        let outer = (
            std::mem::replace(&mut self.tokens, tokens),
            std::mem::replace(&mut self.brackets, brackets),
            std::mem::replace(&mut self.at, 0),
            std::mem::replace(&mut self.end, end),
        );
        let id = if self.take_sign("->") { self.expression() } else { self.command() };
        (self.tokens, self.brackets, self.at, self.end) = outer;
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::jenkins::ast::Operator;

    /// Each literal: its quotes, and its text with `<..>` for what is filled in.
    fn literals(text: &str) -> Vec<String> {
        let tree = parse(text);
        let at = |r: &Range<u32>| &text[r.start as usize..r.end as usize];
        let shown = |literal: &Literal| {
            assert!(
                at(&literal.span).starts_with(literal.quote.opening()) && at(&literal.span).ends_with(literal.quote.closing())
            );
            let pieces = &tree.pieces[literal.pieces.start as usize..literal.pieces.end as usize];
            let piece = |piece: &Piece| match piece {
                Piece::Verbatim(r) => at(r).to_owned(),
                Piece::Escape(_, c) => c.to_string(),
                Piece::Hole(r, _) => format!("<{}>", at(r)),
            };
            format!("{:?} {}", literal.quote, pieces.iter().map(piece).collect::<String>())
        };
        tree.literals.iter().map(shown).collect()
    }

    #[test]
    fn literals_as_groovy_reads_them() {
        for (text, wanted) in [
            (r"'a\'b$c'", "Single a'b$c"),
            (r#""a $b.c.d()\$e ${f["g"]}""#, r#"Double a <$b.c.d>()$e <${f["g"]}>"#),
            ("'''a\\\nb\r\nc'''", "TripleSingle ab\nc"),
            (r#""""a"b" $c""""#, r#"TripleDouble a"b" <$c>"#),
            (r"x =~ /a\/b\d$/", r"Slash a/b\d$"),
            ("x = ~/a\nb/", "LongSlash a\nb"),
            (r"x = $/a/b$$c $d/$", "DollarSlash a/b$c <$d>"),
            (r"'\u00e9\ud83d\ude00\101'", "Single \u{e9}\u{1f600}A"),
        ] {
            assert_eq!(literals(text).last().map(String::as_str), Some(wanted), "{text}");
        }
        assert_eq!(literals("a / b / c"), Vec::<String>::new(), "a division");
        assert_eq!(literals("x = 1 // 'no'\n/* 'no' */ 'yes'"), ["Single yes"]);
    }

    /// Each call with the number of its arguments, in the order in which they end.
    fn calls(text: &str) -> Vec<String> {
        let tree = parse(text);
        let call = |node: &(Node, Range<u32>)| match node.0 {
            Node::Call { callee, args } => Some(format!("{}/{}", tree.source(callee), tree.list(args).len())),
            _ => None,
        };
        tree.nodes.iter().filter_map(call).collect()
    }

    #[test]
    fn calls_with_and_without_brackets() {
        assert_eq!(calls("sh 'a'\nsh('b')\nsh script: 'c',\n  label: 'd'"), ["sh/1", "sh/1", "sh/2"]);
        assert_eq!(calls("def x = sh a: 1, b: 2\nreturn sh('b').trim()"), ["sh/2", "sh/1", "sh('b').trim/0"]);
        assert_eq!(calls("stage('a')\n{\n sh 'b'\n}"), ["sh/1", "stage/2"]);
        assert_eq!(calls("a.b\n  .c('d') { e() }"), ["e/0", "a.b\n  .c/2"]);
        assert_eq!(calls("Foo bar = baz()\nfoo bar"), ["baz/0", "foo/1"]);
        assert_eq!(calls("when { a() } steps { b() }"), ["a/0", "when/1", "b/0", "steps/1"]);
        assert_eq!(calls("\"${sh(script: \"x ${y()}\")}\""), ["y/0", "sh/1"]);
    }

    #[test]
    fn a_plus_on_a_new_line_is_a_statement() {
        let sums = |text: &str| {
            let tree = parse(text);
            tree.nodes.iter().filter(|(n, _)| matches!(n, Node::Binary { op: Operator::Plus, .. })).count()
        };
        assert_eq!((sums("'a' +\n 'b'"), sums("'a'\n + 'b'"), sums("('a'\n + 'b')")), (1, 0, 1));
    }

    #[test]
    fn faults_are_what_groovy_rejects() {
        let faults = |text: &str| parse(text).faults.iter().map(|f| f.message).collect::<Vec<_>>();
        for good in ["a ? b : c", "[a: 1, (b): 2]", "def m(Map<String, List<String>> a = [:]) { }", "a as B\n(c)", "x++"] {
            assert_eq!(faults(good), Vec::<&str>::new(), "{good}");
        }
        assert_eq!(faults("a(b"), ["this bracket is never closed"]);
        assert_eq!(faults("'a\nb"), ["this string has no end"]);
        assert_eq!(faults("\"5 $\""), ["a `$` that is meant as such must be written `\\$` here"]);
        assert_eq!(faults("a\n && b").len(), 1);
    }
}
