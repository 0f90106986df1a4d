//! Tokens of GitHub's expression language.
//!
//! Source: "Evaluate expressions in workflows and actions" in GitHub's documentation, and the runner's own
//! `src/Sdk/DTExpressions2/Expressions2/Tokens/LexicalAnalyzer.cs`.

use std::ops::Range;

/// One token with its place in the expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A name: of a context, a property or a function.
    Name(String),
    /// A decoded string.
    Text(String),
    /// A number, normalised.
    Number(String),
    True,
    False,
    Null,
    Open,
    Close,
    OpenIndex,
    CloseIndex,
    Comma,
    Dot,
    Star,
    Not,
    And,
    Or,
    Equal,
    NotEqual,
    /// `<`, `<=`, `>`, `>=`
    Order,
}

/// All tokens, or what cannot be one and where.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, (Range<usize>, String)> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        }
        let after_dot = matches!(tokens.last(), Some(Token { kind: TokenKind::Dot, .. }));
        let (kind, length) = match next {
            '\'' => string(&text[at..]).ok_or((at..text.len(), "a `'` is never closed".to_owned()))?,
            '0'..='9' | '+' | '-' | '.' if !is_dereference(&tokens, &text[at..]) => {
                let length = word_len(&text[at..]);
                let number = number(&text[at..at + length]);
                (
                    TokenKind::Number(number.ok_or((at..at + length, format!("`{}` is not a number", &text[at..at + length])))?),
                    length,
                )
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let length =
                    text[at..].find(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c))).unwrap_or(text.len() - at);
                (name(&text[at..at + length], after_dot), length)
            }
            other => sign(&text[at..]).ok_or_else(|| {
                let advice = if other == '"' { "; strings are written in single quotes" } else { "" };
                (at..at + other.len_utf8(), format!("`{other}` cannot stand here{advice}"))
            })?,
        };
        tokens.push(Token { kind, range: at..at + length });
        at += length;
    }
    Ok(tokens)
}

/// Whether a `.` follows a value, and so leads to a property.
fn is_dereference(tokens: &[Token], rest: &str) -> bool {
    use TokenKind as T;
    rest.starts_with('.') && matches!(tokens.last(), Some(Token { kind: T::Name(_) | T::Close | T::CloseIndex | T::Star, .. }))
}

fn name(word: &str, after_dot: bool) -> TokenKind {
    match word {
        _ if after_dot => TokenKind::Name(word.to_owned()),
        "true" => TokenKind::True,
        "false" => TokenKind::False,
        "null" => TokenKind::Null,
        "NaN" | "Infinity" => TokenKind::Number(word.to_owned()),
        _ => TokenKind::Name(word.to_owned()),
    }
}

/// `'it''s'`
fn string(rest: &str) -> Option<(TokenKind, usize)> {
    let mut text = String::new();
    let mut at = 1;
    loop {
        let end = at + rest[at..].find('\'')?;
        text.push_str(&rest[at..end]);
        at = end + 1;
        if !rest[at..].starts_with('\'') {
            return Some((TokenKind::Text(text), at));
        }
        text.push('\'');
        at += 1;
    }
}

fn word_len(rest: &str) -> usize {
    rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c))).unwrap_or(rest.len())
}

/// A number as the runner would print it: hexadecimal, octal and exponents become decimal.
fn number(word: &str) -> Option<String> {
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok().map(|n| n.to_string());
    if let Some(hex) = word.strip_prefix("0x") {
        return radix(hex, 16);
    }
    if let Some(octal) = word.strip_prefix("0o") {
        return radix(octal, 8);
    }
    if word.ends_with("Infinity") {
        return Some(word.to_owned());
    }
    let value: f64 = word.parse().ok().filter(|v: &f64| v.is_finite())?;
    Some(format!("{value}"))
}

fn sign(rest: &str) -> Option<(TokenKind, usize)> {
    use TokenKind as T;
    let two = [("&&", T::And), ("||", T::Or), ("==", T::Equal), ("!=", T::NotEqual), ("<=", T::Order), (">=", T::Order)];
    if let Some((_, kind)) = two.into_iter().find(|(text, _)| rest.starts_with(text)) {
        return Some((kind, 2));
    }
    let kind = match rest.as_bytes().first()? {
        b'(' => T::Open,
        b')' => T::Close,
        b'[' => T::OpenIndex,
        b']' => T::CloseIndex,
        b',' => T::Comma,
        b'.' => T::Dot,
        b'*' => T::Star,
        b'!' => T::Not,
        b'<' | b'>' => T::Order,
        _ => return None,
    };
    Some((kind, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        tokens(text).expect(text).into_iter().map(|t| t.kind).collect()
    }

    #[test]
    fn literals_are_decoded() {
        use TokenKind as T;
        assert_eq!(kinds("'it''s'"), [T::Text("it's".into())]);
        assert_eq!(kinds("''"), [T::Text(String::new())]);
        assert_eq!(kinds("0xff -2.50 1e3 .5"), ["255", "-2.5", "1000", "0.5"].map(|n| T::Number(n.into())));
        assert_eq!(kinds("a-b_c.true"), [T::Name("a-b_c".into()), T::Dot, T::Name("true".into())]);
        assert_eq!(kinds("true null"), [T::True, T::Null]);
    }

    #[test]
    fn what_is_no_token_is_told_with_its_place() {
        assert_eq!(tokens("a == \"b\"").expect_err("quotes").0, 5..6);
        assert_eq!(tokens("a 'b").expect_err("open").0, 2..4);
        assert_eq!(tokens("1x").expect_err("number").0, 0..2);
        assert_eq!(tokens("é").expect_err("letter").0, 0..2);
    }
}
