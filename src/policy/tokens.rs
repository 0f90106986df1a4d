//! Rego into tokens with their places; as much of the language as is needed to see which names are read.

/// Kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Name,
    /// A text; its own text is without the quotes.
    Text,
    /// Numbers and punctuation.
    Other,
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// The text as it stands in the file.
    pub(super) written: &'t str,
    /// 1-based.
    pub(super) line: usize,
    /// 1-based, in characters.
    pub(super) column: usize,
    /// Brackets that are open around it; an opening one and its closing one do not count themselves.
    pub(super) depth: usize,
    /// Whether nothing stands before it in its line.
    pub(super) first: bool,
    /// Whether it follows the one before it without a space.
    pub(super) adjacent: bool,
}

impl Token<'_> {
    /// Whether it is this very name or sign.
    pub(super) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }
}

/// Signs of two characters that are not two signs.
const PAIRS: &[&str] = &[":=", "==", "!=", "<=", ">="];

/// The tokens of a file; comments are left out.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token<'_>> = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    let (mut line, mut line_start, mut first) = (1, 0, true);
    let mut last_end = None;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = match c {
            '\n' => {
                (line, line_start, first) = (line + 1, at + 1, true);
                at += 1;
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            _ if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' => (Kind::Text, quoted(rest)),
            '`' => (Kind::Text, rest[1..].find('`').map_or(rest.len(), |end| end + 2)),
            _ if is_word(c) && !c.is_ascii_digit() => (Kind::Name, rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            _ if PAIRS.iter().any(|pair| rest.starts_with(pair)) => (Kind::Other, 2),
            _ if c.is_ascii_digit() => (Kind::Other, rest.find(|c| !is_word(c) && c != '.').unwrap_or(rest.len())),
            _ => (Kind::Other, c.len_utf8()),
        };
        let written = &rest[..length];
        depth -= usize::from(matches!(c, ']' | '}' | ')') && depth > 0);
        let inner = if kind == Kind::Text { written.get(1..length.max(2) - 1).unwrap_or_default() } else { written };
        let column = text[line_start..at].chars().count() + 1;
        let adjacent = last_end == Some(at);
        found.push(Token { kind, text: inner, written, line, column, depth, first, adjacent });
        depth += usize::from(kind == Kind::Other && matches!(c, '[' | '{' | '('));
        if let Some(last) = written.rfind('\n') {
            line += written.matches('\n').count();
            line_start = at + last + 1;
        }
        at += length;
        (first, last_end) = (false, Some(at));
    }
    found
}

/// The token that closes the bracket at `at`; the number of tokens where none does.
pub(super) fn closing(tokens: &[Token<'_>], at: usize) -> usize {
    let depth = tokens[at].depth;
    let closes = |t: &Token<'_>| t.depth <= depth && ["]", "}", ")"].iter().any(|c| t.is(c));
    tokens[at + 1..].iter().position(closes).map_or(tokens.len(), |found| at + 1 + found)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Length of the quoted text at the beginning.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = (*c == '"' && !escaped) || *c == '\n';
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, c)| at + usize::from(c == '"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_where_they_stand() {
        let found = tokens("a.b[\"c\\\"d\"] := `x\ny` # e\n f != 1.5e3");
        let texts: Vec<_> = found.iter().map(|t| (t.text, t.line, t.column, t.depth)).collect();
        let expected = [
            ("a", 1, 1, 0),
            (".", 1, 2, 0),
            ("b", 1, 3, 0),
            ("[", 1, 4, 0),
            ("c\\\"d", 1, 5, 1),
            ("]", 1, 11, 0),
            (":=", 1, 13, 0),
            ("x\ny", 1, 16, 0),
            ("f", 3, 2, 0),
            ("!=", 3, 4, 0),
            ("1.5e3", 3, 7, 0),
        ];
        assert_eq!(texts, expected);
        assert_eq!(closing(&found, 3), 5);
        assert!(found[8].first && found[1].adjacent && !found[6].adjacent);
    }

    #[test]
    fn broken_text_is_no_panic() {
        for text in ["\"", "`", "\"a\\", "x[", "]]", "é.\"", "\"\n\"", "a.b["] {
            let _ = tokens(text);
        }
    }
}
