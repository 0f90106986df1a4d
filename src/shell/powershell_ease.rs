//! Spells things differently that the grammar for PowerShell does not get right, without changing a place.

use std::ops::Range;

/// Keywords behind which an expression stands, in which `/` divides.
const BEFORE_EXPRESSIONS: &[&str] = &["return", "throw", "exit", "if", "elseif", "while", "until", "switch", "foreach", "in"];

/// Letters of a variable's name, and of a statement before it, that are looked at: a script is read in time that grows with its length.
const MAX_NAME: usize = 200;
const MAX_STATEMENT: usize = 1_000;

/// Puts other characters where the grammar would stumble.
pub(super) fn ease(bytes: &mut [u8]) {
    plain_at_signs(bytes);
    plain_folders(bytes);
    plain_paths(bytes);
}

/// The grammar does not know that an `@` within a word (`$env:IMAGE@sha256:..`) is only a character; another in its
/// place does not disturb it.
fn plain_at_signs(bytes: &mut [u8]) {
    let within = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    for i in 1..bytes.len().saturating_sub(1) {
        if bytes[i] == b'@' && (within(bytes[i - 1]) || matches!(bytes[i - 1], b'}' | b')')) && within(bytes[i + 1]) {
            bytes[i] = b'-';
        }
    }
}

/// The grammar takes the point of `./tool` for the operator that reads a script in; that of `.\tool` it does not.
fn plain_folders(bytes: &mut [u8]) {
    for i in 1..bytes.len() {
        let starts =
            i == 1 || bytes[i - 2].is_ascii_whitespace() || matches!(bytes[i - 2], b';' | b'|' | b'(' | b'{' | b'&' | b'=');
        if bytes[i - 1] == b'.' && bytes[i] == b'/' && starts {
            bytes[i] = b'\\';
        }
    }
}

/// A path that begins with a variable (`$env:TEMP\tool.exe`, `$HOME/tool`) is one word; the grammar takes what stands behind the
/// variable for something else. With other letters for the variable's signs it is a plain word for the grammar as well.
fn plain_paths(bytes: &mut [u8]) {
    let mut at = 0;
    while at < bytes.len() {
        let Some(variable) = variable_at(bytes, at).filter(|_| at == 0 || !matches!(bytes[at - 1], b'`' | b'$')) else {
            at += 1;
            continue;
        };
        let is_path = match bytes.get(variable.end..) {
            Some([b'\\', ..]) => true,
            // Where it is no argument, it divides.
            Some([b'/', next, ..]) => {
                (next.is_ascii_alphanumeric() || matches!(next, b'.' | b'_' | b'*' | b'$')) && is_argument(bytes, at)
            }
            _ => false,
        };
        at = variable.end;
        if !is_path {
            continue;
        }
        plain(&mut bytes[variable]);
        while at < bytes.len() && !(bytes[at].is_ascii_whitespace() || b"\"'`();|,&".contains(&bytes[at])) {
            match variable_at(bytes, at) {
                Some(inner) => {
                    at = inner.end;
                    plain(&mut bytes[inner]);
                }
                None => at += 1,
            }
        }
    }
}

fn plain(variable: &mut [u8]) {
    variable.iter_mut().filter(|byte| !byte.is_ascii_alphanumeric()).for_each(|byte| *byte = b'_');
}

/// The variable that begins at a place: `$name`, `$env:NAME`, `${any name}`.
fn variable_at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = bytes.get(at..)?.strip_prefix(b"$")?;
    let length = match rest.strip_prefix(b"{") {
        Some(braced) => {
            2 + braced.iter().take(MAX_NAME).position(|byte| matches!(byte, b'}' | b'\n')).filter(|end| braced[*end] == b'}')?
        }
        None => {
            let within = |i: &usize| match rest[*i] {
                b':' => *i > 0 && rest.get(i + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'_'),
                byte => byte.is_ascii_alphanumeric() || byte == b'_',
            };
            (0..rest.len().min(MAX_NAME)).take_while(within).count()
        }
    };
    (length > 0).then_some(at..at + 1 + length)
}

/// Whether a place is among the words of a command, and not in an expression: by what the statement begins with.
fn is_argument(bytes: &[u8], at: usize) -> bool {
    let (mut start, first) = (at, at.saturating_sub(MAX_STATEMENT));
    while start > first {
        match bytes[start - 1] {
            b'\n' if !bytes[first..start - 1].trim_ascii_end().ends_with(b"`") => break,
            b';' | b'{' | b'(' | b'|' | b'=' => break,
            b'&' => return true,
            _ => start -= 1,
        }
    }
    let statement = bytes[start..at].trim_ascii_start();
    let name = statement.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    let is_keyword = BEFORE_EXPRESSIONS.iter().any(|keyword| name.eq_ignore_ascii_case(keyword.as_bytes()));
    !is_keyword && name.first().is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, b'.' | b'\\' | b'/'))
}
